"""Gate 1: every code is one that the profile's crosswalk knows, or `_U`.

`snapshot.case_codes` is a view over the cases, one row a coded column and code (column_name, code, records), and
`snapshot.ref_fields` the profile's list of columns: a column that a profile adds is judged by the same rules.
"""

from data_quality.rule import Rule, failing_rows


def _codes_of(column: str) -> str:
    return f"(select code from ({KNOWN}) where column_name = '{column}')"


KNOWN = """select column_name, code from snapshot.ref_codes inner join snapshot.ref_fields using (dimension)
    where code is not null"""
# of each state held by day: its codes, or the areas of a place
KNOWN_STATES = f"""(
    select state, code from snapshot.ref_fields inner join ({KNOWN}) using (column_name) where state is not null
    union
    select state, county from snapshot.ref_fields cross join snapshot.ref_locations
    where type in ('location', 'groups') and county is not null
)"""
UNKNOWN_CODE = (
    "A code that the crosswalk does not hold becomes _U on the way in; one that is still here would fall out of the "
    "statistics. Report it as a defect of the extraction, or add the code to the profile's crosswalk."
)


def _known_codes(rule_id: str, table: str, column: str, dimension: str, rows: str | None = None) -> Rule:
    return Rule(
        rule_id,
        f"{column.replace('_', ' ')} in {table.replace('_', ' ')} is a known code or _U",
        "error",
        table,
        UNKNOWN_CODE,
        failing_rows(
            rows or f"snapshot.{table}", f"({column} = '_U' or {column} in {_codes_of(dimension)}) is not true"
        ),
    )


RULES = (
    Rule(
        "SNP-20",
        "each code of a case is a known code or _U",
        "error",
        "cases",
        UNKNOWN_CODE,
        f"""
        select
            coalesce(sum(records) filter (where is_unknown), 0)::bigint as failing,
            coalesce(sum(records), 0)::bigint as total,
            coalesce('cases.' || arg_max(column_name, records) filter (where is_unknown), '') as place
        from (
            select found.*, (found.code = '_U' or known.code is not null) is not true as is_unknown
            from snapshot.case_codes as found
            left join (select distinct column_name, code from ({KNOWN})) as known using (column_name, code)
        )
        """,
    ),
    _known_codes("SNP-23", "case_concerns", "concern", "concerns"),
    _known_codes("SNP-24", "care_arrangements", "care_type", "care_type"),
    _known_codes("SNP-25", "caregivers", "relation", "relation"),
    _known_codes("SNP-26", "referrals", "service", "service"),
    _known_codes(
        "SNP-27",
        "status_events",
        "closure_reason",
        "closure_reason",
        rows="(select closure_reason from snapshot.status_events where status = 'closed')",
    ),
    Rule(
        "SNP-28",
        "states are of a known kind and hold a known code or _U",
        "error",
        "case_states",
        "The states held over time are the places of a child and the fields that the profile calls dated. "
        + UNKNOWN_CODE,
        failing_rows(
            f"""(
                select states.value, known.code, fields.state
                from snapshot.case_states as states
                left join {KNOWN_STATES} as known on states.field = known.state and states.value = known.code
                left join snapshot.ref_fields as fields on states.field = fields.state
            )""",
            "(state is not null and (value = '_U' or code is not null)) is not true",
        ),
    ),
    Rule(
        "SNP-29",
        "a referral's status is one that Primero has",
        "error",
        "referrals",
        "A referral is in_progress, accepted, rejected or _U. Another value is a defect of the extraction: report it.",
        failing_rows("snapshot.referrals", "(status in ('in_progress', 'accepted', 'rejected', '_U')) is not true"),
    ),
)
