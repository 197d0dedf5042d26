"""The schema on a real server; what may be seeded; labels against the review; what a run says of its source."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from case_store import server
from case_store.database import TABLES, connect, create_schema, describe_source, is_empty, make_read_only
from case_store.errors import CaseStoreError
from case_store.lookups import changed_labels, check_labels, lookup_labels
from case_store.seeding import Seeding, check_seedable, fill_store, has_synthetic_marker, read_marker

CLUSTER = "tests"
SEEDING = Seeding(seed=1, children=1, generator="test")
SYNTHETIC = '{"caselight_synthetic": true}'
REAL = '{"name": "not ours"}'


def fill_one(connection: psycopg.Connection[Any]) -> None:
    connection.execute("insert into cases (data) values (%s)", [SYNTHETIC])
    connection.execute("insert into record_histories (datetime) values ('2024-03-31T20:59:00')")


def count_cases(dsn: str) -> int:
    with connect(dsn) as connection:
        return connection.execute("select count(*) from cases").fetchone()[0]


def test_every_table_has_a_comment_and_they_are_the_ones_listed(new_database: Callable[[], str]) -> None:
    with connect(new_database()) as connection:
        create_schema(connection)
        query = (
            "select relname, obj_description(oid) is not null from pg_class where relnamespace = 'public'::regnamespace"
        )
        assert dict(connection.execute(query + " and relkind = 'r'").fetchall()) == dict.fromkeys(TABLES, True)


def test_an_extensions_own_tables_do_not_make_a_database_full(new_database: Callable[[], str]) -> None:
    with connect(new_database()) as connection:
        connection.execute("create extension ltree")
        assert is_empty(connection)
        connection.execute("create schema other; create table other.one (x integer)")
        assert not is_empty(connection)


def test_the_same_seeding_again_is_nothing_to_do_and_another_replaces_it(new_database: Callable[[], str]) -> None:
    dsn = new_database()
    assert fill_store(dsn, SEEDING, fill_one)
    assert not fill_store(dsn, SEEDING, fill_one)
    assert fill_store(dsn, Seeding(2, 1, "test"), fill_one)
    assert count_cases(dsn) == 1
    with connect(dsn) as connection:
        assert read_marker(connection) == (Seeding(2, 1, "test"), True)
        comment = "select obj_description('caselight_synthetic'::regclass)"
        assert "synthetic" in connection.execute(comment).fetchone()[0]


def test_a_seeding_cut_short_starts_over(new_database: Callable[[], str]) -> None:
    dsn = new_database()

    def cut_short(connection: psycopg.Connection[Any]) -> None:
        fill_one(connection)
        connection.commit()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_store(dsn, SEEDING, cut_short)
    with connect(dsn) as connection:
        assert read_marker(connection) == (SEEDING, False)
    assert fill_store(dsn, SEEDING, fill_one)
    assert count_cases(dsn) == 1


def test_a_database_of_somebody_else_is_not_written_to(new_database: Callable[[], str]) -> None:
    dsn = new_database()
    with connect(dsn) as connection:
        create_schema(connection)
        connection.execute("insert into cases (data) values (%s)", [REAL])
    with pytest.raises(CaseStoreError, match="not empty and does not carry our synthetic mark"):
        fill_store(dsn, SEEDING, fill_one)
    assert count_cases(dsn) == 1
    with connect(dsn) as connection:
        assert not has_synthetic_marker(connection)


def test_a_marked_database_with_an_unmarked_record_is_not_emptied(new_database: Callable[[], str]) -> None:
    dsn = new_database()
    fill_store(dsn, SEEDING, fill_one)
    with connect(dsn) as connection:
        check_seedable(connection)
        connection.execute("insert into cases (data) values (%s), (null)", [REAL])
    with pytest.raises(CaseStoreError, match="holds 2 cases that are not synthetic"):
        fill_store(dsn, Seeding(2, 1, "test"), fill_one)
    assert count_cases(dsn) == 3


def test_two_seeders_do_not_meet(new_database: Callable[[], str]) -> None:
    dsn = new_database()

    def fill_while_another_tries(connection: psycopg.Connection[Any]) -> None:
        with pytest.raises(CaseStoreError, match="Another process is filling"):
            fill_store(dsn, SEEDING, fill_one)
        fill_one(connection)

    assert fill_store(dsn, SEEDING, fill_while_another_tries)


def test_a_read_only_session_cannot_write(new_database: Callable[[], str]) -> None:
    dsn = new_database()
    fill_store(dsn, SEEDING, fill_one)
    with connect(dsn) as connection:
        make_read_only(connection)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("delete from cases")


def test_the_source_is_described(new_database: Callable[[], str]) -> None:
    dsn = new_database()
    with connect(dsn) as connection, pytest.raises(CaseStoreError, match="no tables of a case store"):
        describe_source(connection)
    fill_store(dsn, SEEDING, fill_one)
    with connect(dsn) as connection:
        found = describe_source(connection)
    assert (found.cases, found.transitions, found.record_histories) == (1, 0, 1)
    assert found.last_change == datetime(2024, 3, 31, 20, 59)
    assert found.wal_position and found.snapshot.count(":") == 2


def test_a_standby_is_described_and_cannot_be_seeded(state: Path) -> None:
    dsn = server.start(state, CLUSTER)
    fill_store(dsn, SEEDING, fill_one)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("alter system set wal_level = 'replica'")
    for _ in range(2):  # the first start writes the new level down, the second comes up as a standby
        server.stop(state, CLUSTER)
        server.start(state, CLUSTER)
        (server.store_folder(state, CLUSTER) / "data" / "standby.signal").touch()
    server.stop(state, CLUSTER)
    server.start(state, CLUSTER)
    with connect(dsn) as connection:
        assert connection.execute("select pg_is_in_recovery()").fetchone() == (True,)
        assert describe_source(connection).wal_position
    with pytest.raises(CaseStoreError, match="a standby"):
        fill_store(dsn, Seeding(2, 1, "test"), fill_one)


DAY = date(2023, 12, 31)
CONCERNS = """[
    {"id": "refugee", "display_text": {"en": "Refugee", "ro": "Refugiat"}},
    {"id": "caafag", "display_text": {"en": " Associated with armed groups "}, "disabled": true},
    {"id": "other", "display_text": {"ro": "Altele"}}
]"""


def crosswalk(*rows: tuple[str | None, str, str, date | None]) -> pa.Table:
    return pa.table(
        dict(zip(("lookup", "code", "label_en", "valid_to"), map(list, zip(*rows, strict=True)), strict=True))
    )


@pytest.fixture
def labelled(new_database: Callable[[], str]) -> Any:
    with connect(new_database()) as connection:
        create_schema(connection)
        connection.execute("insert into lookups (unique_id, lookup_values_i18n) values ('concerns', %s)", [CONCERNS])
        connection.execute("insert into lookups (unique_id, lookup_values_i18n) values ('none', null), ('odd', '1')")
        yield connection


def test_labels_are_read_from_the_lookups(labelled: psycopg.Connection[Any]) -> None:
    assert lookup_labels(labelled) == {
        ("concerns", "refugee"): {"en": "Refugee", "ro": "Refugiat"},
        ("concerns", "caafag"): {"en": "Associated with armed groups"},
        ("concerns", "other"): {"ro": "Altele"},
    }


def test_a_changed_label_is_found_and_named(labelled: psycopg.Connection[Any]) -> None:
    codes = crosswalk(
        ("concerns", "refugee", "Refugee", None),
        ("concerns", "caafag", "Associated with armed groups", None),
        ("concerns", "caafag", "Orphaned", date(2022, 12, 31)),
        ("concerns", "no_longer_listed", "Anything", None),
        (None, "free", "Anything", None),
    )
    check_labels(labelled, codes, DAY)
    query = (
        "update lookups set lookup_values_i18n = jsonb_set(lookup_values_i18n, '{0,display_text,en}', '\"Separated\"')"
    )
    labelled.execute(query + " where unique_id = 'concerns'")
    assert changed_labels(labelled, codes, DAY) == [("concerns", "refugee")]
    with pytest.raises(CaseStoreError, match="`refugee` of concerns has changed"):
        check_labels(labelled, codes, DAY)


def test_a_label_that_vanished_cannot_be_confirmed(labelled: psycopg.Connection[Any]) -> None:
    codes = crosswalk(("concerns", "other", "Other", None))
    assert changed_labels(labelled, codes, DAY) == [("concerns", "other")]
