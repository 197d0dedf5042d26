"""Gate 1: everything told of a child belongs to a child in the snapshot."""

from data_quality.rule import Rule, failing_rows


def _belongs_to_a_child(rule_id: str, table: str) -> Rule:
    return Rule(
        rule_id,
        f"{table.replace('_', ' ')} belong to children in the snapshot",
        "error",
        table,
        "A row whose child is not in cases would be counted for nobody, or for somebody who was left out on purpose. "
        "Report it as a defect of the extraction.",
        failing_rows(
            f"snapshot.{table}", "(case_pseudonym in (select case_pseudonym from snapshot.cases)) is not true"
        ),
    )


RULES = (
    _belongs_to_a_child("SNP-40", "case_states"),
    _belongs_to_a_child("SNP-41", "status_events"),
    _belongs_to_a_child("SNP-42", "case_concerns"),
    _belongs_to_a_child("SNP-43", "follow_ups"),
    _belongs_to_a_child("SNP-44", "care_arrangements"),
    _belongs_to_a_child("SNP-45", "caregivers"),
    _belongs_to_a_child("SNP-46", "referrals"),
)
