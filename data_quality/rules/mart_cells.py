"""Gate 2: the shape of the marts. Every cell has known codes, a count that can be, and stands once."""

from data_quality.rule import Rule, failing_rows

# mart -> its dimensions and its counts; a contract test holds it against the models.
DIMENSIONS: dict[str, tuple[str, ...]] = {
    "registrations": ("month", "quarter", "county", "owner_county", "sex", "age", "citizenship", "care_status"),
    "open_cases": ("county", "owner_county", "sex", "age", "citizenship", "care_status", "risk", "intention"),
    "closures": ("month", "quarter", "county", "sex", "age", "care_status", "closure_reason"),
    "children_with_concern": ("county", "sex", "age"),
    "child_concern_pairs": ("concern", "county", "sex", "age"),
    "unaccompanied_separated": ("county", "sex", "age", "care_status", "care_type"),
    "referred_children": ("county", "sex", "age"),
    "placed_children": ("county", "sex", "age"),
    "travel_intention": ("county", "entry_point", "intention", "sex", "age"),
    "children_by_risk": ("county", "sex", "age", "risk", "is_open", "is_closed"),
    "follow_ups_on_time": ("month", "quarter", "county", "risk"),
    "caregivers": ("county", "relation"),
}
MEASURES: dict[str, tuple[str, ...]] = {
    "registrations": ("children",),
    "open_cases": ("children",),
    "closures": ("closures",),
    "children_with_concern": ("children",),
    "child_concern_pairs": ("pairs",),
    "unaccompanied_separated": ("children",),
    "referred_children": ("children",),
    "placed_children": ("children",),
    "travel_intention": ("children",),
    "children_by_risk": ("children",),
    "follow_ups_on_time": ("due", "on_time"),
    "caregivers": ("caregivers",),
}
CONCEPTS = (
    "sex",
    "citizenship",
    "care_status",
    "care_type",
    "concern",
    "intention",
    "risk",
    "entry_point",
    "closure_reason",
    "relation",
)


def _union(selects: list[str]) -> str:
    return f"({' union all '.join(selects)})"


def _values(*columns: str) -> str:
    """Every value of the columns, over all marts that have them; totals of caregivers aside."""
    return _union(
        [
            f"select {column} as value from marts.{mart} where {column} is distinct from '_T'"
            for mart, dimensions in DIMENSIONS.items()
            for column in dimensions
            if column in columns
        ]
    )


def _any_null(mart: str) -> str:
    return " or ".join(f"{column} is null" for column in DIMENSIONS[mart])


def _repeated(mart: str) -> str:
    cells = ", ".join(DIMENSIONS[mart])
    return f"select cells - 1 as repeats from (select count(*) as cells from marts.{mart} group by {cells})"


MEASURED = [f"select {measure} as n from marts.{mart}" for mart, measures in MEASURES.items() for measure in measures]
MONTHS = _union([f"select month, quarter from marts.{mart}" for mart, d in DIMENSIONS.items() if "month" in d])
REPORT = "If not, a model of the warehouse is at fault: report the defect, publish nothing."


def _known_concept(rule_id: str, dimension: str) -> Rule:
    return Rule(
        rule_id,
        f"every {dimension.replace('_', ' ')} of the marts has a label",
        "error",
        "dim_concept",
        "A code without a row in dim_concept has no label and no place in a table. Add the concept to the profile, "
        "and map the source code to it.",
        failing_rows(
            _values(dimension),
            f"(value in (select code from marts.dim_concept where dimension = '{dimension}')) is not true",
        ),
    )


RULES = (
    Rule(
        "MRT-20",
        "no count is negative or missing",
        "error",
        "all marts",
        "A count is a whole number of at least 0. " + REPORT,
        failing_rows(_union(MEASURED), "(n >= 0) is not true"),
    ),
    Rule(
        "MRT-22",
        "no dimension is missing",
        "error",
        "all marts",
        "What is not known is _U, never null. " + REPORT,
        failing_rows(_union([f"select ({_any_null(m)}) as has_null from marts.{m}" for m in DIMENSIONS]), "has_null"),
    ),
    Rule(
        "MRT-23",
        "a cell stands once",
        "error",
        "all marts",
        "One row for each combination of a mart's dimensions; a doubled one is counted twice. " + REPORT,
        f"""
        select coalesce(sum(repeats), 0) as failing, coalesce(sum(repeats + 1), 0) as total
        from {_union([_repeated(m) for m in DIMENSIONS])}
        """,
    ),
    Rule(
        "MRT-24",
        "every county of the marts is a county",
        "error",
        "dim_area",
        "Areas are counties of dim_area, or _U. Add the missing county to the area classification, or correct the "
        "profile's locations and groups.",
        failing_rows(
            _values("county", "owner_county"),
            "(value in (select area from marts.dim_area where area_level in ('COUNTY', 'UNKNOWN'))) is not true",
        ),
    ),
    Rule(
        "MRT-25",
        "every age of the marts is known",
        "error",
        "dim_age",
        "Ages are single years up to Y17, Y_GE18 or _U. " + REPORT,
        failing_rows(_values("age"), "(value in (select age from marts.dim_age)) is not true"),
    ),
    *(_known_concept(f"MRT-{number}", dimension) for number, dimension in enumerate(CONCEPTS, start=30)),
    Rule(
        "MRT-40",
        "every month is in the calendar, in its quarter",
        "error",
        "dim_month",
        "Months of the marts stand in dim_month with the same quarter. Lengthen the calendar, or report the defect.",
        failing_rows(
            f"{MONTHS} as m left join marts.dim_month as d using (month)",
            "(d.month is not null and m.quarter = d.quarter) is not true",
        ),
    ),
    Rule(
        "MRT-41",
        "registrations lie between the launch and the reference day",
        "error",
        "registrations",
        "A registration outside those months belongs to no period of these statistics. " + REPORT,
        failing_rows(
            "marts.registrations cross join snapshot.ref_run",
            "(month between strftime(launch_date, '%Y-%m') and strftime(as_of, '%Y-%m')) is not true",
        ),
    ),
    Rule(
        "MRT-42",
        "nothing is counted after the reference day",
        "error",
        "closures, follow_ups_on_time",
        "Closures, and follow-ups due, lie no later than the month of the reference day. " + REPORT,
        failing_rows(
            """(
                select month from marts.closures
                union all
                select month from marts.follow_ups_on_time
            ) cross join snapshot.ref_run""",
            "(month <= strftime(as_of, '%Y-%m')) is not true",
        ),
    ),
)
