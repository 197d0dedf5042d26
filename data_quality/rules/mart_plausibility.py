"""Gate 2, last: would a statistician believe it? These warn; a person decides."""

from data_quality.rule import Rule, failing_rows, with_role

SEX_COUNTS = f"""(
    select
        coalesce(sum(children) filter (where {with_role("sex", "male")}), 0) as boys,
        coalesce(sum(children) filter (where {with_role("sex", "male", "female")}), 0) as known
    from marts.registrations
)"""

REGISTRATIONS_BY_COUNTY = """(
    select a.area, coalesce(sum(r.children), 0) as children
    from marts.dim_area as a
    left join marts.registrations as r
        on a.area = r.county
    where a.area in (select leaf from marts.dim_level_code where classification = 'area' and leaf <> '_U')
    group by a.area
)"""

RULES = (
    Rule(
        "MRT-50",
        "children were registered in the last month",
        "warning",
        "registrations",
        "The month of the reference day has no registration at all. Ask whether the counties have entered their "
        "records, or whether the copy of the case store is old.",
        """
        select (coalesce(sum(r.children), 0) = 0)::int as failing, 1 as total
        from snapshot.ref_run as run
        left join marts.registrations as r
            on r.month = strftime(run.as_of, '%Y-%m')
        """,
    ),
    Rule(
        "MRT-51",
        "boys and girls are about as many",
        "warning",
        "registrations",
        "Boys are fewer than 45% or more than 55% of the children of known sex (judged from 100 children on). "
        "Look at the crosswalk of sex, then say so in the notes.",
        # Whole numbers: a share in floating point would put 45% itself on the wrong side.
        f"""
        select (known >= 100 and (100 * boys < 45 * known or 100 * boys > 55 * known))::int as failing, 1 as total
        from {SEX_COUNTS}
        """,
    ),
    Rule(
        "MRT-52",
        "every county has registered a child",
        "warning",
        "registrations",
        "A county without any registration since the launch is likely one that could not be mapped. Look at the "
        "profile's locations, then ask the county.",
        failing_rows(REGISTRATIONS_BY_COUNTY, "children = 0"),
    ),
)
