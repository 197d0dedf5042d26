"""The schema on a real server; what may be seeded, and what may not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from case_store import server
from case_store.case_source import open_source
from case_store.database import TABLES, connect, create_schema, is_empty
from case_store.errors import CaseStoreError
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
    with open_source(dsn) as source:
        assert source.state().wal_position
    with pytest.raises(CaseStoreError, match="a standby"):
        fill_store(dsn, Seeding(2, 1, "test"), fill_one)
