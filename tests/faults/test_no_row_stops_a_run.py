"""Rows that no reader expects: moments outside every calendar, numbers outside every type, JSON of any shape."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from case_store.case_source import open_source
from case_store.database import connect
from case_store.readers import postgresql
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.line import write_key
from tests.support.small_store import CHILDREN, document, insert_case, insert_history, insert_transition, key

TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")
MOMENTS = ("infinity", "-infinity", "290000-01-01", "0044-03-15 BC", "4713-01-01 BC", "1066-10-14", "2500-01-01")
CLOSED = {key("status"): {"from": "open", "to": "closed"}}
NO_CHANGES: tuple[Any, ...] = (
    [key("status")],
    key("status"),
    {key("status"): "closed"},
    {key("status"): None},
    {key("status"): ["open", "closed"]},
    {key("concerns"): 7},
)
# of these something is said: what is missing of `from` and `to` is nothing
HALF_CHANGES: tuple[Any, ...] = ({key("risk"): {"from": "low"}}, {key("risk"): {}}, {key("risk"): {"to": None}})
HUGE = "1" + "0" * 400
ODD_JSON = (
    f'{{"{key("age_as_entered")}": {HUGE}}}',
    f'{{"{key("age_as_entered")}": 0.{"0" * 400}1, "nobody_asked": {HUGE}}}',
    f'{{"{key("registration_date")}": {"[" * 2000}{"]" * 2000}}}',
    f'{{"{key("concerns")}": {HUGE}, "": {{"": [null, [null, {{}}]]}}}}',
    f'{{"{key("registered_by")}": "{"ă" * 3_000_000}"}}',
    f'{{"{key("concerns")}": [[null], null, {{"a": null}}]}}',
    "[]",
    "null",
    '"text"',
    HUGE,
)


def take(dsn: str, folder: Path) -> dict[str, Any]:
    settings = Settings(folder / "data", folder / "state", write_key(folder / "key"), dsn)
    settings.make_data_folder()
    return read_manifest(take_snapshot(settings, TIME))


def counted(manifest: dict[str, Any], rule: str, table: str) -> dict[tuple[str, str], int]:
    rows = [row for row in manifest["findings"] if (row["rule_id"], row["table_name"]) == (rule, table)]
    return {(row["field"], row["reason"]): row["records"] for row in rows}


def test_a_moment_outside_every_calendar_costs_its_row(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        child = insert_case(connection, document())
        for moment in (*MOMENTS, None):
            insert_history(connection, child, moment, CLOSED)  # type: ignore[arg-type]  # None: a column left empty
            insert_transition(connection, child, created_at=moment)
        for moment in MOMENTS:
            insert_transition(connection, child, responded_at=moment)
    manifest = take(dsn, tmp_path)
    found = counted(manifest, "SNP-TIME", "record_histories")
    assert found == {("datetime", "IMPLAUSIBLE_YEAR"): len(MOMENTS), ("datetime", "BROKEN_TYPE"): 1}
    assert counted(manifest, "SNP-TIME", "referrals") == {("responded_at", "IMPLAUSIBLE_YEAR"): len(MOMENTS)}
    quarantined = [
        row for row in manifest["coverage"] if (row["table_name"], row["outcome"]) == ("referrals", "quarantined")
    ]
    assert sum(row["records"] for row in quarantined) == len(MOMENTS) + 1


def test_the_state_of_the_source_is_described_all_the_same(new_store: Callable[[], str]) -> None:
    dsn = new_store()
    with open_source(dsn) as source:
        before = source.state()
    with connect(dsn) as connection:
        for moment in MOMENTS:
            insert_history(connection, "none", moment, CLOSED)
    with open_source(dsn) as source:
        after = source.state()
    assert after.last_change == before.last_change is not None
    assert after.record_histories == before.record_histories + len(MOMENTS)


def test_a_change_that_is_none_is_set_aside_and_counted(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        child = insert_case(connection, document())
        for changes in (*NO_CHANGES, *HALF_CHANGES):
            for moment in ("2023-06-01T09:00:00", "2024-06-01T09:00:00"):
                insert_history(connection, child, moment, changes)
    manifest = take(dsn, tmp_path)
    assert counted(manifest, "SNP-VALUE", "record_histories") == {
        ("record_changes", "BROKEN_TYPE"): 2 * len(NO_CHANGES)
    }


def test_json_of_any_shape_is_set_aside_or_loaded(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        # a document of no shape cannot carry the synthetic mark, so that here no other may either
        connection.execute("update cases set data = data - %s::text", [key("is_synthetic")])
        for text in ODD_JSON:
            connection.execute("insert into cases (data) values (%s::jsonb)", [text])
            if text.startswith("{"):
                whole = json.dumps(document(is_synthetic=None))
                connection.execute("insert into cases (data) values (%s::jsonb || %s::jsonb)", [whole, text])
                changes = f'{{"{key("concerns")}": {{"from": {text}, "to": {text}}}}}'
                connection.execute(
                    """insert into record_histories (record_id, record_type, datetime, action, record_changes)
                    select id::text, 'Child', '2023-06-01', 'update', %s::jsonb from cases limit 1""",
                    [changes],
                )
    coverage = [row for row in take(dsn, tmp_path)["coverage"] if row["table_name"] == "cases"]
    outcomes = {name: sum(r["records"] for r in coverage if r["outcome"] == name) for name in ("extracted", "loaded")}
    odd = len(ODD_JSON) + sum(text.startswith("{") for text in ODD_JSON)
    assert outcomes["extracted"] == CHILDREN + odd and outcomes["loaded"] >= CHILDREN


@pytest.mark.parametrize("per_range", [100, 1000])
def test_rows_that_name_no_case_are_read_once(new_store: Callable[[], str], per_range: int) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        connection.execute("insert into transitions (record_type, type, record_id) values ('Child', 'Referral', null)")
        total = connection.execute("select count(*) from transitions").fetchone()
    with postgresql.opened(dsn, per_range) as reader:
        read = [reader.read(part, ["status"])["transitions"].num_rows for part in reader.ranges()]
    assert (sum(read),) == total
