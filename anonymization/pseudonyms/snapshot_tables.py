"""Which tables a snapshot holds, in the order in which they are made, and what is left out of each, by reason."""

from dataclasses import dataclass
from pathlib import Path

SQL_FOLDER = Path(__file__).with_name("sql")


@dataclass(frozen=True)
class SnapshotTable:
    """One table at rest.

    `subform`: the source its rows come from, if one, and `row_id` the column that tells them apart; `exclusion`: a SQL
    case naming why a row is left out;
    `key`: what orders and identifies its rows; `counts_records`: whether its rows are records that must add up.
    """

    name: str
    subform: str | None = None
    row_id: str = ""
    exclusion: str = "null"
    key: str = "case_pseudonym"
    counts_records: bool = True


_CASE = "case when not has_loaded_case then 'CASE_NOT_LOADED' when is_repeated then 'REPEATED_ROW' end"

TABLES = (
    SnapshotTable("case_states", key="case_pseudonym, field, entry_no", counts_records=False),
    SnapshotTable("status_events", key="case_pseudonym, event_no", counts_records=False),
    SnapshotTable("case_concerns", key="case_pseudonym, concern", counts_records=False),
    SnapshotTable(
        "follow_ups",
        subform="follow_ups",
        row_id="follow_up_id",
        exclusion=_CASE,
        key="case_pseudonym, follow_up_pseudonym",
    ),
    SnapshotTable(
        "care_arrangements",
        subform="care_arrangements",
        row_id="care_arrangement_id",
        exclusion=_CASE,
        key="case_pseudonym, care_arrangement_pseudonym",
    ),
    SnapshotTable(
        "caregivers",
        subform="family",
        row_id="family_member_id",
        exclusion="case when not has_loaded_case then 'CASE_NOT_LOADED' when is_repeated then 'REPEATED_ROW'"
        " when is_caregiver is distinct from true then 'NOT_A_CAREGIVER' end",
        key="case_pseudonym, caregiver_pseudonym, relation",
    ),
    SnapshotTable(
        "referrals",
        exclusion="case when not is_referral then 'NOT_A_REFERRAL' when not has_loaded_case then 'CASE_NOT_LOADED'"
        " when is_repeated then 'REPEATED_ROW' end",
        key="case_pseudonym, referral_pseudonym",
    ),
)
