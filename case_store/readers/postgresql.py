"""Reads a Primero database or replica: one connection, one REPEATABLE READ and READ ONLY transaction, Arrow out.

A large store is read in ranges of case ids, so memory is bounded by a range, whatever the number of children.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import adbc_driver_postgresql.dbapi as postgres
import psycopg
import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from psycopg.conninfo import make_conninfo

from case_store.database import patience, refuse_old_server, why_unreachable, why_unreadable
from case_store.errors import CaseStoreError
from case_store.primero_queries import (
    CODES,
    FIELDS,
    FORM_FIELDS,
    GROUPS,
    HISTORIES,
    LABELS,
    LOCATIONS,
    NAMES,
    PLACES,
    WAL_POSITION,
    bounded,
    within,
)
from case_store.seeding import MARKED, UNMARKED_CASES
from case_store.source_contract import VERSION, Reader, SourceState

CASES_PER_RANGE = 40_000
MAY_NOT_SAY = ("42501", "0A000")  # SQLSTATEs of a server that keeps the place in its log to itself


@dataclass(frozen=True)
class CaseRange:
    """Case ids from `first` (included) to `next_first` (excluded); None means open-ended."""

    first: str | None
    next_first: str | None


class PostgresqlReader:
    """A consistent view of the store, for as long as the connection's transaction lasts."""

    def __init__(self, connection: Any, cases_per_range: int = CASES_PER_RANGE) -> None:
        self._connection = connection
        self._cases_per_range = cases_per_range
        refuse_old_server(int(self._value("pg_settings", "select current_setting('server_version_num')")))
        self._wal_position = self._read_wal_position()
        connection.rollback()
        self._execute("set transaction isolation level repeatable read, read only")
        self._execute("set time zone 'UTC'")

    def state(self) -> SourceState:
        """The source as the transaction sees it; works on a standby and for a reader with few rights."""
        (histories,) = self._fetch("record_histories", HISTORIES).to_pylist()
        return SourceState(
            server_version=self._value("pg_settings", "select current_setting('server_version')"),
            snapshot=self._value("pg_catalog", "select pg_current_snapshot()::text"),
            wal_position=self._wal_position,
            cases=self._count("cases"),
            transitions=self._count("transitions"),
            record_histories=histories["changes"],
            last_change=histories["last_change"],
        )

    def configuration(self) -> dict[str, pa.Table]:
        """Labels of lookups and of options, places, and names of fields of the forms."""
        labels = [self._fetch(table, query) for table, query in LABELS.items()]
        return {
            "labels": pa.concat_tables(labels),
            "places": self._fetch("locations", PLACES),
            "form_fields": self._fetch("fields", FIELDS),
        }

    def survey(self) -> dict[str, pa.Table]:
        """Fields and codes of the forms, places, user groups, and what they are called."""
        # read by itself first, so that a refusal names it
        self._fetch("form_sections", "select id, unique_id, is_nested from form_sections")
        return {
            "fields": self._fetch("fields", FORM_FIELDS),
            "codes": pa.concat_tables([self._fetch(table, query) for table, query in CODES.items()]),
            "locations": self._fetch("locations", LOCATIONS),
            "groups": self._fetch("user_groups", GROUPS),
            "names": pa.concat_tables([self._fetch(table, query) for table, query in NAMES.items()]),
        }

    def is_marked_synthetic(self) -> bool:
        """Whether the database carries our mark and every case in it carries its own."""
        return bool(self._value("pg_catalog", MARKED)) and not self._value("cases", UNMARKED_CASES)

    def ranges(self) -> list[CaseRange]:
        """Ranges of about equal size that together hold every case once."""
        parts = -(-self._count("cases") // self._cases_per_range)
        if parts <= 1:
            return [CaseRange(None, None)]
        cuts = ", ".join(str(i / parts) for i in range(1, parts))
        found = self._fetch(
            "cases",
            f"select unnest(percentile_disc(array[{cuts}]) within group (order by id))::text as first from cases",
        )
        firsts = [None, *found["first"].to_pylist(), None]
        return [CaseRange(first, after) for first, after in itertools.pairwise(firsts)]

    def read(self, case_range: CaseRange, listed_keys: Sequence[str]) -> dict[str, pa.Table]:
        """The documents, the updates that touch a listed key, and the transitions of one range.

        Create entries are not read: they repeat the document, and every initial value follows from the updates.
        Raises CaseStoreError that names the table which cannot be read.
        """
        bounds = case_range.first, case_range.next_first
        keys = ", ".join(f"'{key.replace(chr(39), chr(39) * 2)}'" for key in listed_keys)
        return {
            "cases": self._fetch(
                "cases",
                f"""select id::text as id, data::text as data, duplicate_case_id::text as duplicate_case_id
                from cases {within("id", *bounds)}""",
            ),
            "histories": self._fetch(
                "record_histories",
                f"""select record_id::text as record_id, {bounded("datetime")}, id::bigint as id,
                record_changes::text as record_changes
                from record_histories {within("record_id", *bounds)} and record_type in ('Child', 'case')
                and action is distinct from 'create' and record_changes ?| array[{keys}]""",
            ),
            "transitions": self._fetch(
                "transitions",
                f"""select id::text as id, record_id::text as record_id, type, status, service,
                {bounded("created_at")}, {bounded("responded_at")}
                from transitions {within("record_id", *bounds)} and record_type in ('Child', 'case')""",
            ),
        }

    def _read_wal_position(self) -> str | None:
        """The place in the write-ahead log: on a standby what it has replayed; None where the server may not say.

        Read just before the transaction, which a refusal would end.
        """
        try:
            return self._unguarded(WAL_POSITION)[0][0].as_py()
        except AdbcError as error:
            if error.sqlstate in MAY_NOT_SAY:
                return None
            state = error.sqlstate
        raise CaseStoreError(f"The case store cannot be read: {why_unreadable(state, 'pg_catalog')}.")

    def _count(self, table: str) -> int:
        return int(self._value(table, f"select count(*) from {table}"))

    def _value(self, table: str, query: str) -> Any:
        return self._fetch(table, query)[0][0].as_py()

    def _fetch(self, table: str, query: str) -> pa.Table:
        try:
            return self._unguarded(query)
        except AdbcError as error:
            state = error.sqlstate
        # the driver's own words may repeat a value of the store
        raise CaseStoreError(f"The case store cannot be read: {why_unreadable(state, table)}.")

    def _unguarded(self, query: str) -> pa.Table:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetch_arrow_table()

    def _execute(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)


@contextmanager
def opened(address: str, cases_per_range: int = CASES_PER_RANGE) -> Iterator[PostgresqlReader]:
    """Connect, read in one transaction, and close.

    Raises CaseStoreError, which tells why in our own words, when it cannot be opened or its server is too old.
    """
    try:
        conninfo = make_conninfo(address, connect_timeout=patience(address), application_name="caselight")
        connection = postgres.connect(conninfo)
    except (AdbcError, psycopg.Error, ValueError):
        raise CaseStoreError(f"The case store cannot be opened; {why_unreachable(address)}.") from None
    try:
        yield PostgresqlReader(connection, cases_per_range)
    finally:
        connection.close()


def reads(address: str) -> bool:
    """Whether an address is one of PostgreSQL's: a URI of its own, or keywords without a scheme."""
    scheme, separator, _ = address.partition("://")
    return not separator or scheme in ("postgresql", "postgres")


READER = Reader("postgresql", VERSION, reads, opened, "postgresql://user:password@host:port/database")
