"""The contract of readers on a real PostgreSQL: one moment, never a write, labels against the review."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from case_store import case_source
from case_store.case_source import Source, all_readers, open_source, reader_of
from case_store.database import connect, create_schema
from case_store.errors import CaseStoreError
from case_store.lookups import changed_labels, check_labels, labels_of
from case_store.readers import postgresql
from case_store.seeding import Seeding, fill_store
from case_store.source_contract import CONFIGURATION, RECORDS, Reader
from pipelines.run.reference_time import ReferenceTime

TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")
SEEDING = Seeding(seed=1, children=1, generator="test")


def fill_one(connection: psycopg.Connection[Any]) -> None:
    connection.execute("insert into cases (data) values ('{\"caselight_synthetic\": true}')")
    connection.execute("insert into record_histories (datetime) values ('2024-03-31T20:59:00')")


def test_the_source_is_described(new_database: Callable[[], str]) -> None:
    dsn = new_database()
    with open_source(dsn) as opened, pytest.raises(CaseStoreError, match="no tables of a case store"):
        opened.state()
    fill_store(dsn, SEEDING, fill_one)
    with open_source(dsn) as opened:
        found = opened.state()
        assert opened.is_marked_synthetic()
    assert (found.cases, found.transitions, found.record_histories) == (1, 0, 1)
    assert found.last_change == datetime(2024, 3, 31, 20, 59)
    assert found.wal_position and found.snapshot.count(":") == 2


@pytest.mark.parametrize("change", ["drop table caselight_synthetic", "update cases set data = '{}'"])
def test_a_store_is_synthetic_by_its_mark_and_by_every_record(new_database: Callable[[], str], change: str) -> None:
    dsn = new_database()
    fill_store(dsn, SEEDING, fill_one)
    with connect(dsn) as connection:
        connection.execute(change)
    with open_source(dsn) as opened:
        assert not opened.is_marked_synthetic()


def test_a_reader_cannot_write(new_database: Callable[[], str]) -> None:
    dsn = new_database()
    fill_store(dsn, SEEDING, fill_one)
    for statement in ("delete from cases", "create table mine (x integer)"):
        with postgresql.opened(dsn) as reader, pytest.raises(Exception, match="read-only transaction"):
            reader._execute(statement)
    with open_source(dsn) as opened:
        assert opened.state().cases == 1


DAY = date(2023, 12, 31)
CONCERNS = """[
    {"id": "refugee", "display_text": {"en": "Refugee", "ro": "Refugiat"}},
    {"id": "caafag", "display_text": {"en": " Associated with armed groups "}, "disabled": true},
    {"id": "other", "display_text": {"ro": "Altele"}},
    {"id": "plain", "display_text": "A text alone"},
    {"id": "bare"},
    {"id": "null", "display_text": {"en": null}},
    {"id": "list", "display_text": ["en"]},
    "no object"
]"""


def crosswalk(*rows: tuple[str | None, str, str, date | None]) -> pa.Table:
    return pa.table(
        dict(zip(("lookup", "code", "label_en", "valid_to"), map(list, zip(*rows, strict=True)), strict=True))
    )


@pytest.fixture
def labelled(new_database: Callable[[], str]) -> str:
    dsn = new_database()
    with connect(dsn) as connection:
        create_schema(connection)
        connection.execute("insert into lookups (unique_id, lookup_values_i18n) values ('concerns', %s)", [CONCERNS])
        connection.execute("insert into lookups (unique_id, lookup_values_i18n) values ('none', null), ('odd', '1')")
        options = '[{"id": "high", "display_text": {"en": "High"}}]'
        connection.execute("insert into fields (name, option_strings_text_i18n) values ('risk', %s)", [options])
    return dsn


def labels(dsn: str) -> pa.Table:
    with open_source(dsn) as opened:
        return opened.configuration()["labels"]


def test_labels_are_read_from_lookups_and_options(labelled: str) -> None:
    found = labels(labelled)
    assert labels_of(found, "lookup") == {
        ("concerns", "refugee"): {"en": "Refugee", "ro": "Refugiat"},
        ("concerns", "caafag"): {"en": "Associated with armed groups"},
        ("concerns", "other"): {"ro": "Altele"},
        ("concerns", "plain"): {"en": "A text alone"},
        ("concerns", "bare"): {},
        ("concerns", "null"): {"en": ""},
        ("concerns", "list"): {},
        ("concerns", None): {},
    }
    assert labels_of(found, "field") == {("risk", "high"): {"en": "High"}}


def test_a_changed_label_is_found_and_named(labelled: str) -> None:
    codes = crosswalk(
        ("concerns", "refugee", "Refugee", None),
        ("concerns", "caafag", "Associated with armed groups", None),
        ("concerns", "caafag", "Orphaned", date(2022, 12, 31)),
        ("concerns", "no_longer_listed", "Anything", None),
        (None, "free", "Anything", None),
    )
    check_labels(labels(labelled), codes, DAY)
    query = (
        "update lookups set lookup_values_i18n = jsonb_set(lookup_values_i18n, '{0,display_text,en}', '\"Separated\"')"
    )
    with connect(labelled) as connection:
        connection.execute(query + " where unique_id = 'concerns'")
    changed = labels(labelled)
    assert changed_labels(changed, codes, DAY) == [("concerns", "refugee")]
    with pytest.raises(CaseStoreError, match="`refugee` of concerns has changed"):
        check_labels(changed, codes, DAY)


@pytest.mark.parametrize("code", ["other", "bare", "null", "list"])
def test_a_label_that_vanished_cannot_be_confirmed(labelled: str, code: str) -> None:
    codes = crosswalk(("concerns", code, "Other", None))
    assert changed_labels(labels(labelled), codes, DAY) == [("concerns", code)]


class Fixed:
    """A reader that returns whatever tables it was given."""

    def __init__(self, tables: dict[str, pa.Table]) -> None:
        self._tables = tables

    def configuration(self) -> dict[str, pa.Table]:
        return self._tables

    def read(self, *_: Any) -> dict[str, pa.Table]:
        return self._tables


def empty(schemas: Any) -> dict[str, pa.Table]:
    return {name: schema.empty_table() for name, schema in schemas.items()}


def test_what_a_reader_gives_is_held_to_the_contract() -> None:
    Source("fixed", Fixed(empty(CONFIGURATION))).configuration()  # type: ignore[arg-type]
    Source("fixed", Fixed(empty(RECORDS))).read(None, [])  # type: ignore[arg-type]
    wrong = [
        empty(RECORDS) | {"cases": pa.table({"id": pa.array([], pa.int64())})},
        empty(RECORDS) | {"histories": RECORDS["cases"].empty_table()},
        {name: table for name, table in empty(RECORDS).items() if name != "transitions"},
        empty(RECORDS) | {"cases": empty(RECORDS)["cases"].select(["data", "id", "duplicate_case_id"])},
    ]
    for tables in wrong:
        with pytest.raises(CaseStoreError, match=r"The reader 'fixed' gives the table '\w+' as \(.*readers/fixed\.py"):
            Source("fixed", Fixed(tables)).read(None, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "is_known"),
    [
        ("postgresql://u:secret@host/db", True),
        ("postgres://host/db", True),
        ("host=/run dbname=caselight", True),
        ("mysql://u:secret@host/db", False),
        ("https://primero.example/api/v2?token=secret", False),
    ],
)
def test_an_address_belongs_to_one_reader_or_is_refused_unseen(address: str, is_known: bool) -> None:
    if is_known:
        assert reader_of(address).name == "postgresql"
        return
    with pytest.raises(CaseStoreError, match="no reader knows the address in CASESTORE_DSN; write one of: ") as refusal:
        reader_of(address)
    assert "secret" not in str(refusal.value)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Reader], None]]:
    """Lets a folder of one reader stand for ours."""
    (tmp_path / "only.py").touch()
    package = ModuleType("some_readers")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(__import__("sys").modules, "some_readers", package)

    def offer(reader: Reader) -> None:
        module = ModuleType("some_readers.only")
        module.READER = reader  # type: ignore[attr-defined]
        monkeypatch.setitem(__import__("sys").modules, "some_readers.only", module)
        case_source.all_readers(package)

    yield offer


def test_a_reader_of_another_version_or_name_is_refused(folder: Callable[[Reader], None]) -> None:
    (ours,) = (reader for reader in all_readers() if reader.name == "postgresql")
    folder(replace(ours, name="only"))
    with pytest.raises(CaseStoreError, match=r"readers/only\.py fills version 0 of the contract"):
        folder(replace(ours, name="only", version=0))
    with pytest.raises(CaseStoreError, match=r"readers/only\.py offers no READER of the name only"):
        folder(ours)
