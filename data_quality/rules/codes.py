"""Gate 1: every code is one that the profile's crosswalk knows, or `_U`."""

from data_quality.rule import Rule, failing_rows


def _codes_of(dimension: str) -> str:
    return f"(select code from snapshot.ref_codes where dimension = '{dimension}' and code is not null)"


COUNTIES = "(select county from snapshot.ref_locations where county is not null)"
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
    _known_codes("SNP-20", "cases", "sex", "sex"),
    _known_codes(
        "SNP-21",
        "cases",
        "nationality",
        "citizenship",
        rows="(select unnest(nationality) as nationality from snapshot.cases)",
    ),
    _known_codes("SNP-22", "cases", "entry_point", "entry_point"),
    _known_codes("SNP-23", "case_concerns", "concern", "concern"),
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
        "The states held over time are residence, owner_county, care_status, risk and intention. " + UNKNOWN_CODE,
        failing_rows(
            "snapshot.case_states",
            f"""(
                case
                    when field in ('residence', 'owner_county') then value = '_U' or value in {COUNTIES}
                    when field = 'care_status' then value = '_U' or value in {_codes_of("care_status")}
                    when field = 'risk' then value = '_U' or value in {_codes_of("risk")}
                    when field = 'intention' then value = '_U' or value in {_codes_of("intention")}
                end
            ) is not true""",
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
