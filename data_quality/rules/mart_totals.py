"""Gate 2: the marts agree with each other and with the snapshot, so no join has lost or doubled a child."""

from data_quality.rule import Rule, difference, excess, failing_rows, with_role

ALL_CHILDREN = "select count(*) from snapshot.cases"
OPEN_CHILDREN = "select sum(children) from marts.open_cases"
ADD_UP = "If they do not, a join in the warehouse loses or doubles children: report the defect, publish nothing."


def _compared(left: str, right: str, key: str) -> str:
    """Cells of two queries side by side, 0 where one has no such cell: columns of `key`, part, whole."""
    return f"""(
        select coalesce(l.n, 0) as part, coalesce(r.n, 0) as whole
        from ({left}) as l
        full join ({right}) as r using ({key})
    )"""


CONCERN_CELLS = _compared(
    "select county, sex, age, sum(children) as n from marts.children_with_concern group by county, sex, age",
    "select county, sex, age, sum(pairs) as n from marts.child_concern_pairs group by county, sex, age",
    "county, sex, age",
)

PAIRS_AND_CHILDREN = """(
    select p.pairs as part, coalesce(c.children, 0) as whole
    from marts.child_concern_pairs as p
    left join marts.children_with_concern as c using (county, sex, age)
)"""

CARE_STATUS_CELLS = _compared(
    """
    select county, sex, age, care_status, sum(children) as n
    from marts.unaccompanied_separated
    group by county, sex, age, care_status
    """,
    f"""
    select county, sex, age, care_status, sum(children) as n
    from marts.open_cases
    where {with_role("care_status", "unaccompanied", "separated")}
    group by county, sex, age, care_status
    """,
    "county, sex, age, care_status",
)

REFERRED_AND_PLACED = _compared(
    "select county, sex, age, sum(children) as n from marts.placed_children group by county, sex, age",
    "select county, sex, age, sum(children) as n from marts.referred_children group by county, sex, age",
    "county, sex, age",
)

CAREGIVER_PARTS = """(
    select part.caregivers as part, whole.caregivers as whole
    from marts.caregivers as part
    left join marts.caregivers as whole
        on whole.county = '_T' and whole.relation = '_T'
)"""

RULES = (
    Rule(
        "MRT-01",
        "registrations add up to the children",
        "error",
        "registrations",
        "Every child of the snapshot is registered once. " + ADD_UP,
        difference("select sum(children) from marts.registrations", ALL_CHILDREN),
    ),
    Rule(
        "MRT-02",
        "open, closed and left add up to all",
        "error",
        "children_by_risk",
        "On the reference day the case of every child of the snapshot is open, closed or has left the caseload. "
        + ADD_UP,
        difference("select sum(children) from marts.children_by_risk", ALL_CHILDREN),
    ),
    Rule(
        "MRT-03",
        "open children are as many by risk as by county",
        "error",
        "open_cases",
        "The open children of children_by_risk and of open_cases are the same children. " + ADD_UP,
        difference("select sum(children) from marts.children_by_risk where is_open", OPEN_CHILDREN),
    ),
    Rule(
        "MRT-04",
        "open children are as many by intention as by county",
        "error",
        "travel_intention",
        "The open children of travel_intention and of open_cases are the same children. " + ADD_UP,
        difference("select sum(children) from marts.travel_intention", OPEN_CHILDREN),
    ),
    Rule(
        "MRT-05",
        "no fewer closures than closed children",
        "error",
        "closures",
        "A closed child was closed at least once. " + ADD_UP,
        excess(
            "select sum(children) from marts.children_by_risk where is_closed",
            "select sum(closures) from marts.closures",
        ),
    ),
    Rule(
        "MRT-06",
        "a child with a concern has at least one pair",
        "error",
        "child_concern_pairs",
        "In each county, sex and age there are no fewer pairs of child and concern than children with a concern, and "
        "no pairs without a child. " + ADD_UP,
        failing_rows(CONCERN_CELLS, "part > whole or (part = 0 and whole > 0)"),
    ),
    Rule(
        "MRT-07",
        "a concern has no more children than have any concern",
        "error",
        "child_concern_pairs",
        "A child counts once under a concern. " + ADD_UP,
        failing_rows(PAIRS_AND_CHILDREN, "part > whole"),
    ),
    Rule(
        "MRT-08",
        "children with a concern are children of the snapshot",
        "error",
        "children_with_concern",
        "There are no more of them than there are children. " + ADD_UP,
        excess("select sum(children) from marts.children_with_concern", ALL_CHILDREN),
    ),
    Rule(
        "MRT-09",
        "unaccompanied and separated children are open cases",
        "error",
        "unaccompanied_separated",
        "In each county, sex, age and care status they are as many as in open_cases; the type of care only divides "
        "them. " + ADD_UP,
        failing_rows(CARE_STATUS_CELLS, "part <> whole"),
    ),
    Rule(
        "MRT-10",
        "placed children were referred",
        "error",
        "placed_children",
        "A placement is a referral to a placement service, so no cell has more placed than referred children. "
        + ADD_UP,
        failing_rows(REFERRED_AND_PLACED, "part > whole"),
    ),
    Rule(
        "MRT-11",
        "referred children are children of the snapshot",
        "error",
        "referred_children",
        "There are no more of them than there are children. " + ADD_UP,
        excess("select sum(children) from marts.referred_children", ALL_CHILDREN),
    ),
    Rule(
        "MRT-12",
        "no more follow-ups on time than due",
        "error",
        "follow_ups_on_time",
        "A follow-up on time is one of those due. " + ADD_UP,
        failing_rows("marts.follow_ups_on_time", "on_time > due"),
    ),
    Rule(
        "MRT-13",
        "caregivers of a county or relation are among all caregivers",
        "error",
        "caregivers",
        "No county and no relation has more caregivers than the row of the whole country, which must be there. "
        + ADD_UP,
        failing_rows(CAREGIVER_PARTS, "(part <= whole) is not true"),
    ),
    Rule(
        "MRT-14",
        "no caregiver is in the total but in no county",
        "error",
        "caregivers",
        "A caregiver may care in two counties, so the counties together are no fewer than the total. " + ADD_UP,
        excess(
            "select sum(caregivers) from marts.caregivers where county = '_T' and relation = '_T'",
            "select sum(caregivers) from marts.caregivers where county <> '_T' and relation = '_T'",
        ),
    ),
)
