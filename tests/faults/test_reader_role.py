"""The role that `caselight case-store role` prints reads Primero's own tables, and needs each of its grants."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from case_store.case_source import open_source
from case_store.database import connect, refuse_old_server
from case_store.errors import CaseStoreError
from case_store.reader_role import role_sql
from pipelines.commands.cli import app
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.line import write_key
from tests.support.primero_tables import VERSIONS, primero_tables
from tests.support.small_store import populate

TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")
CHILDREN = 24
ROLE, SCHEMA = 'odd "reader"', "primero"


class Store:
    """A database in the shape of one version of Primero, as its owner and as the role see it."""

    def __init__(self, owner: str, version: str) -> None:
        self.owner = owner
        self.reader = owner.replace("user=", "application_name=test&user=").rsplit("user=", 1)[0] + (
            "user=odd%20%22reader%22"
        )
        with psycopg.connect(owner) as connection:
            connection.execute(primero_tables(version, SCHEMA))
            connection.execute(f"set search_path = {SCHEMA}")
            populate(connection, CHILDREN)
            connection.execute(f"set search_path = public; {role_sql(ROLE, SCHEMA)}")

    def as_owner(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.owner) as connection:
            connection.execute(statement)

    def grants(self) -> list[tuple[str, str]]:
        """(table, column) of every right that the role was given."""
        query = (
            "select table_name, column_name from information_schema.column_privileges where grantee = %s order by 1, 2"
        )
        with psycopg.connect(self.owner) as connection:
            return connection.execute(query, [ROLE]).fetchall()


@pytest.fixture(scope="module", params=VERSIONS)
def store(request: pytest.FixtureRequest, store_dsn: str) -> Iterator[Store]:
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("create database primero_shape")
    owner = store_dsn.replace("///caselight?", "///primero_shape?")
    yield Store(owner, request.param)
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("drop database primero_shape with (force)")
        server.execute(sql.SQL("drop role {}").format(sql.Identifier(ROLE)))


def take(store: Store, folder: Path) -> Path:
    settings = Settings(folder / "data", folder / "state", write_key(folder / "key"), store.reader)
    settings.make_data_folder()
    return take_snapshot(settings, TIME)


def survey(store: Store) -> None:
    with open_source(store.reader) as source:
        source.survey()


def test_the_role_reads_all_that_a_snapshot_needs(store: Store, tmp_path: Path) -> None:
    coverage = read_manifest(take(store, tmp_path))["coverage"]
    loaded = {row["table_name"]: row["records"] for row in coverage if row["outcome"] == "loaded"}
    assert loaded["cases"] == CHILDREN and loaded["referrals"] == CHILDREN / 4
    survey(store)


def test_a_server_that_keeps_its_place_in_the_log_to_itself_is_read_all_the_same(store: Store) -> None:
    with open_source(store.reader) as source:
        assert source.state().wal_position
    store.as_owner(sql.SQL("revoke execute on function pg_current_wal_lsn() from public").format())
    with open_source(store.reader) as source:
        state = source.state()
        assert (state.wal_position, state.cases) == (None, CHILDREN)


def test_without_any_one_of_its_grants_the_run_names_the_table(store: Store, tmp_path: Path) -> None:
    grants = store.grants()
    assert {table for table, _ in grants} == {
        *("cases", "record_histories", "transitions", "lookups", "fields", "locations"),
        *("form_sections", "user_groups"),
    }
    for number, (table, column) in enumerate(grants):
        names = [sql.Identifier(column), sql.Identifier(SCHEMA, table), sql.Identifier(ROLE)]
        store.as_owner(sql.SQL("revoke select ({}) on {} from {}").format(*names))
        with pytest.raises(CaseStoreError, match=f"may not read the table '{table}'.*caselight case-store role"):
            survey(store)
            take(store, tmp_path / str(number))
        store.as_owner(sql.SQL("grant select ({}) on {} to {}").format(*names))


def test_the_role_may_do_nothing_else(store: Store) -> None:
    with connect(store.reader) as connection:
        for table in ("users", "searchable_identifiers"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(f"select * from {table}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute("select notes from transitions")
        for statement in ("insert into cases default values", "create table mine (x integer)"):
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), connection.transaction():
                connection.execute(statement)
        role = connection.execute(
            "select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls, rolconnlimit from pg_roles"
            " where rolname = current_user"
        ).fetchone()
        assert role == (False,) * 5 + (4,)


def test_a_table_or_column_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    changes = {
        "alter table primero.transitions rename column service to other": "'transitions' is missing a column",
        "alter table primero.transitions rename column other to service": "",
        "alter table primero.lookups rename to somewhere": "'lookups' is missing",
        "alter table primero.somewhere rename to lookups": "",
    }
    for change, words in changes.items():
        store.as_owner(sql.SQL(change).format())
        if words:
            with pytest.raises(CaseStoreError, match=words):
                take(store, tmp_path / "none")


def test_the_command_prints_the_role_for_the_names_given() -> None:
    printed = CliRunner().invoke(app, ["case-store", "role", "--role", "figures", "--schema", "primero"]).output
    assert printed.strip() == role_sql("figures", "primero").strip()
    assert 'create role "figures" login' in printed and 'on "primero".cases to "figures"' in printed
    assert "{" not in printed


@pytest.mark.parametrize("name", ["", "x" * 64, "two\nlines"])
def test_a_name_that_postgresql_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(CaseStoreError, match="The name of the role must have 1 to 63 bytes"):
        role_sql(name)


def test_a_server_that_is_too_old_is_named(store_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_old_server(130_000)
    with pytest.raises(CaseStoreError, match=r"server is PostgreSQL 12, but Caselight needs 13 or later"):
        refuse_old_server(120_018)
    monkeypatch.setattr("case_store.database.OLDEST_SERVER", 99)
    with pytest.raises(CaseStoreError, match="but Caselight needs 99 or later"):
        connect(store_dsn)
    with pytest.raises(CaseStoreError, match="but Caselight needs 99 or later"), open_source(store_dsn):
        pass
