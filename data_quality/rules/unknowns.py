"""Both gates: how much is unknown. `_U` is shown and never dropped, so these warn and do not block.

A rule that names its column is not judged where a deployment does not ask it: what nobody was asked is not unknown.
"""

from data_quality.rule import Rule, failing_rows


def _seldom_unknown(rule_id: str, table: str, what: str, counted: str, allowed_share: float, column: str = "") -> Rule:
    return Rule(
        rule_id,
        f"{what} is seldom unknown in {table.replace('_', ' ')}",
        "warning",
        table,
        f"{what.capitalize()} is unknown for more than {allowed_share:.0%} of the children, and shown as _U. "
        "Say so in the notes of the release, and ask the counties to complete their records.",
        counted,
        allowed_share=allowed_share,
        about=f"{table}.{column}" if column else "",
    )


def _coded(column: str) -> str:
    """Of the cases; of a column that the profile calls dated there is none here."""
    return f"""
        select coalesce(sum(records) filter (where code = '_U'), 0)::bigint as failing,
            coalesce(sum(records), 0)::bigint as total
        from snapshot.case_codes where column_name = '{column}'
    """


def _weighted(source: str, failing: str) -> str:
    return f"""
        select coalesce(sum(children) filter (where {failing}), 0) as failing, coalesce(sum(children), 0) as total
        from {source}
    """


SNAPSHOT_RULES = (
    _seldom_unknown("SNP-50", "cases", "sex", _coded("sex"), 0.05),
    _seldom_unknown(
        "SNP-51", "cases", "age at registration", failing_rows("snapshot.cases", "age_at_registration is null"), 0.05
    ),
    _seldom_unknown(
        "SNP-52",
        "cases",
        "nationality",
        failing_rows("snapshot.cases", "coalesce(len(list_filter(nationality, lambda code: code <> '_U')), 0) = 0"),
        0.10,
        "nationality",
    ),
    _seldom_unknown("SNP-53", "cases", "entry point", _coded("entry_point"), 0.25, "entry_point"),
)

MART_RULES = (
    _seldom_unknown(
        "MRT-60", "open_cases", "county of residence", _weighted("marts.open_cases", "county = '_U'"), 0.10
    ),
    _seldom_unknown(
        "MRT-61", "open_cases", "owning county", _weighted("marts.open_cases", "owner_county = '_U'"), 0.05
    ),
    _seldom_unknown(
        "MRT-62", "open_cases", "care status", _weighted("marts.open_cases", "care_status = '_U'"), 0.10, "care_status"
    ),
    _seldom_unknown("MRT-63", "open_cases", "risk level", _weighted("marts.open_cases", "risk = '_U'"), 0.50, "risk"),
    _seldom_unknown(
        "MRT-64",
        "open_cases",
        "intention of travel",
        _weighted("marts.open_cases", "intention = '_U'"),
        0.50,
        "intention",
    ),
)
