"""Both gates: what the snapshot kept but could not read. The figures stand without it, so these warn and do not block.

`snapshot.findings` has one row for each kind of finding, table, field and reason, with the number of records.
"""

from data_quality.rule import Rule

FIELDS, CODES = "rule_id = 'SNP-FIELD'", "rule_id = 'SNP-CODE'"
OTHERS = "rule_id not in ('SNP-FIELD', 'SNP-CODE')"


def _nothing_found(rule_id: str, title: str, sentence: str, which: str) -> Rule:
    return Rule(
        rule_id,
        title,
        "warning",
        "findings",
        sentence,
        f"""
        select
            coalesce((select sum(records) from snapshot.findings where {which}), 0)::bigint as failing,
            coalesce((select sum(records) from snapshot.coverage where outcome = 'extracted'), 0)::bigint as total
        """,
        by_field=f"""
        select table_name, field, reason, sum(records)::bigint as records
        from snapshot.findings where {which} and records > 0
        group by all order by records desc, table_name, field, reason
        """,
    )


SNAPSHOT_RULES = (
    _nothing_found(
        "SNP-60",
        "every field of the records is known",
        "The records have fields that the profile does not know: they were dropped, and nothing is counted by them. "
        "Map them in the profile, or list them in its form.csv.",
        FIELDS,
    ),
    _nothing_found(
        "SNP-61",
        "every code is known",
        "Some codes are in no list of the profile, or were not valid on their day, so they count as unknown (_U). Add "
        "them to the profile's codes.csv, locations.csv or groups.csv with a reviewed label, or mend valid_from and "
        "valid_to.",
        CODES,
    ),
    _nothing_found(
        "SNP-62",
        "every value can be read",
        "Some values were kept out because they cannot be read or contradict others; the records count without them. "
        "Ask the counties to correct these fields.",
        OTHERS,
    ),
)

MART_RULES = (
    _nothing_found(
        "MRT-70",
        "nothing behind the marts was left out",
        "The marts rest on a snapshot that kept records without some of their values, by the fields and reasons named "
        "here. Say so in the notes of the release where a table uses such a field.",
        "true",
    ),
)
