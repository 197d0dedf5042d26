"""Rows that come twice count once: of every subform, of transitions, and entries of the history."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from case_store.database import connect
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.line import write_key
from tests.support.small_store import document, insert_case, insert_history, insert_transition, key, subform

TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")
ROWS: dict[str, tuple[str, str, dict[str, Any]]] = {  # table at rest -> subform, its id, a row
    "follow_ups": ("follow_ups", "follow_up_id", {"due_date": "2023-04-01"}),
    "care_arrangements": ("care_arrangements", "care_arrangement_id", {"care_type": "parent_s"}),
    "caregivers": ("family", "family_member_id", {"is_caregiver": True, "caregiver_name": "S"}),
}


def take(dsn: str, folder: Path) -> Path:
    settings = Settings(folder / "data", folder / "state", write_key(folder / "key"), dsn)
    settings.make_data_folder()
    return take_snapshot(settings, TIME)


def counts(snapshot: Path, table: str) -> dict[tuple[str, str], int]:
    rows = [row for row in read_manifest(snapshot)["coverage"] if row["table_name"] == table and row["records"]]
    return {(row["outcome"], row["reason"]): row["records"] for row in rows}


def repeated(snapshot: Path) -> dict[str, int]:
    findings = read_manifest(snapshot)["findings"]
    return {row["table_name"]: row["records"] for row in findings if row["rule_id"] == "SNP-ROW"}


@pytest.mark.parametrize("table", ROWS)
def test_a_row_of_a_subform_that_comes_again_counts_once(
    table: str, new_store: Callable[[], str], tmp_path: Path
) -> None:
    name, row_id, row = ROWS[table]
    dsn = new_store()
    before = counts(take(dsn, tmp_path / "before"), table)
    with connect(dsn) as connection:
        twice = [{row_id: "same", **row}, {row_id: "other", **row}, {row_id: "same", **row}, {row_id: " same ", **row}]
        insert_case(connection, document() | subform(name, *twice))
        insert_case(connection, document() | subform(name, {row_id: "same", **row}))  # of another child
        unloaded = document(registration_date="soon") | subform(name, *twice)
        insert_case(connection, unloaded)
    snapshot = take(dsn, tmp_path / "after")
    after = counts(snapshot, table)
    assert after["loaded", ""] == before["loaded", ""] + 3
    assert after["excluded", "REPEATED_ROW"] == 2 == repeated(snapshot)[table]
    assert after["excluded", "CASE_NOT_LOADED"] == len(twice)
    assert after["extracted", ""] == before["extracted", ""] + 9 == sum(after.values()) - after["extracted", ""]
    assert pq.read_metadata(snapshot / f"{table}.parquet").num_rows == after["loaded", ""]


def test_a_transition_that_comes_again_counts_once(new_store: Callable[[], str], tmp_path: Path) -> None:
    """A store that is a copy may lack the constraint which keeps ids apart."""
    dsn = new_store()
    same = "00000000-0000-4000-8000-00000000000a"
    before = counts(take(dsn, tmp_path / "before"), "referrals")
    with connect(dsn) as connection:
        connection.execute("alter table transitions drop constraint transitions_pkey")
        child = insert_case(connection, document())
        for status, answered in (("in_progress", None), ("accepted", "2023-05-01"), ("rejected", "2023-04-15")):
            insert_transition(connection, child, id=same, status=status, responded_at=answered)
    snapshot = take(dsn, tmp_path / "after")
    after = counts(snapshot, "referrals")
    assert after["loaded", ""] == before["loaded", ""] + 1
    assert after["excluded", "REPEATED_ROW"] == 2 == repeated(snapshot)["referrals"]
    assert after["extracted", ""] == before["extracted", ""] + 3 == sum(after.values()) - after["extracted", ""]


def test_an_entry_of_the_history_that_comes_again_changes_nothing(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        child = insert_case(connection, document(status="open", risk="high", concerns=["disabled", "refugee"]))
        steps = (("2023-04-01", "open", "closed"), ("2023-05-01", "closed", "open"))
        for day, old, new in steps:
            insert_history(connection, child, f"{day}T09:00:00", {key("status"): {"from": old, "to": new}})
        insert_history(connection, child, "2023-06-01T09:00:00", {key("risk"): {"from": "low", "to": "high"}})
        grown = {key("concerns"): {"from": ["disabled"], "to": ["disabled", "refugee"]}}
        insert_history(connection, child, "2023-07-01T09:00:00", grown)
    before = take(dsn, tmp_path / "before")
    with connect(dsn) as connection:
        connection.execute("""
            insert into record_histories (record_id, record_type, datetime, user_name, action, record_changes)
            select record_id, record_type, datetime, user_name, action, record_changes from record_histories
        """)
    after = take(dsn, tmp_path / "after")
    for table in ("cases", "status_events", "case_concerns"):
        assert rows(before, table) == rows(after, table)
    held = ("case_pseudonym", "field", "value", "since")
    assert {tuple(row[name] for name in held) for row in rows(before, "case_states")} == {
        tuple(row[name] for name in held) for row in rows(after, "case_states")
    }


def rows(snapshot: Path, table: str) -> list[dict[str, Any]]:
    return list(pq.read_table(snapshot / f"{table}.parquet").to_pylist())
