"""Connections to the case store, and its schema.

No message of this module repeats the driver's: those may hold a password, or a record's values.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from case_store.errors import CaseStoreError

OLDEST_SERVER = 13
SCHEMA = Path(__file__).with_name("schema.sql")
INDEXES = Path(__file__).with_name("indexes.sql")
TABLES = (
    "agencies",
    "roles",
    "user_groups",
    "users",
    "user_groups_users",
    "locations",
    "lookups",
    "form_sections",
    "fields",
    "cases",
    "incidents",
    "transitions",
    "record_histories",
)

WHY_UNREACHABLE = {
    pq.Ping.OK: "a server answers there but refuses this user, password or database: check them",
    pq.Ping.REJECT: "a server answers there but takes no connections now: wait a moment and try again",
    pq.Ping.NO_RESPONSE: "no server answers there: check host and port, and that the server runs",
    pq.Ping.NO_ATTEMPT: "the DSN cannot be understood: write postgresql://user:password@host:port/database",
}
WHY_REFUSED: dict[type[psycopg.Error], str] = {
    psycopg.errors.DiskFull: "the disk that holds it is full: free some space",
    psycopg.errors.InsufficientPrivilege: "this role may not do that there: ask its owner for the right",
    psycopg.errors.ReadOnlySqlTransaction: "the session is read-only, or the server is a standby: use one that writes",
    psycopg.errors.UndefinedTable: "it has no tables of a case store: seed it, or check CASESTORE_DSN",
    psycopg.errors.UndefinedFile: "the server lacks the extension ltree: install PostgreSQL's contrib modules",
    psycopg.OperationalError: "the server went away or has no room: look at its log and try again",
}
# what stops the reading of one table, by SQLSTATE
WHY_UNREADABLE = {
    "42501": "this role may not read the table '{table}': give it the rights that 'caselight case-store role' prints",
    "42P01": "it has no tables of a case store ('{table}' is missing, or its schema is not in the search_path of this "
    "role): seed it, or check CASESTORE_DSN",
    "42703": "the table '{table}' is missing a column of Primero's: check that CASESTORE_DSN leads to a Primero of "
    "version 2.5 or later",
    "57014": "the server ended the reading of '{table}' for taking too long: raise statement_timeout of this role",
    "40001": "the standby took back rows of '{table}' while they were read: set hot_standby_feedback there, or raise "
    "max_standby_streaming_delay, and run again",
}


def connect(dsn: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Open the case store; the caller closes it (a `with` block does).

    Raises CaseStoreError, which tells why in our own words, when it cannot be opened or its server is too old.
    """
    try:
        connection = psycopg.connect(dsn, connect_timeout=patience(dsn), application_name="caselight")
    except (psycopg.Error, ValueError):
        raise CaseStoreError(f"The case store cannot be opened; {why_unreachable(dsn)}.") from None
    try:
        refuse_old_server(connection.info.server_version)
    except CaseStoreError:
        connection.close()
        raise
    return connection


def refuse_old_server(version: int) -> None:
    """Raise CaseStoreError for a PostgreSQL that is too old; `version` as the server gives it, 120018 for 12.18."""
    if version < OLDEST_SERVER * 10_000:
        raise CaseStoreError(
            f"The case store's server is PostgreSQL {version // 10_000}, but Caselight needs {OLDEST_SERVER} or later: "
            "upgrade the server, or set CASESTORE_DSN to a logical replica on a later version."
        )


def create_schema(connection: psycopg.Connection[Any]) -> None:
    """Make the tables, in the caller's transaction; rows loaded in the same transaction cost the server least."""
    with plain_errors():
        connection.execute(SCHEMA.read_bytes())


def create_indexes(connection: psycopg.Connection[Any]) -> None:
    """Make the secondary indexes and the planner's statistics, once the rows are in."""
    with plain_errors():
        connection.execute(INDEXES.read_bytes())
        connection.execute("analyze")


def is_empty(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database holds no table at all, of ours or of anybody; an extension's own do not count."""
    query = """
        select not exists (
            select from pg_class as relation
            join pg_namespace as namespace on namespace.oid = relation.relnamespace
            where relation.relkind in ('r', 'p', 'm', 'f')
                and namespace.nspname <> 'information_schema'
                and namespace.nspname not like 'pg\\_%'
                and not exists (
                    select from pg_depend as dependency
                    where dependency.classid = 'pg_class'::regclass
                        and dependency.objid = relation.oid
                        and dependency.deptype = 'e'
                )
        )
    """
    return bool(fetch_value(connection, query))


def fetch_value(connection: psycopg.Connection[Any], query: str) -> Any:
    """Give the one value that a query yields."""
    row = connection.execute(query).fetchone()
    return None if row is None else row[0]


@contextmanager
def plain_errors(table: str | None = None) -> Iterator[None]:
    """Put what the database refuses into a sentence without values; the driver's own text may repeat a record.

    `table`: the one that is being read, if it is one, so that the sentence can name it.
    """
    try:
        yield
    except psycopg.Error as error:
        raise CaseStoreError(f"The case store cannot do this: {_why_refused(error, table)}.") from None


def why_unreadable(sqlstate: str | None, table: str) -> str:
    """Why the table cannot be read, and the way out, as the end of a sentence; `sqlstate` None: the driver gave up."""
    if sqlstate in WHY_UNREADABLE:
        return WHY_UNREADABLE[sqlstate].format(table=table)
    met = f"the server answers with SQLSTATE {sqlstate}" if sqlstate else "the driver cannot take over a value"
    return f"{met} at the table '{table}'; run again, and if it happens again please report it as a defect"


def _why_refused(error: psycopg.Error, table: str | None) -> str:
    if table is not None and (error.sqlstate in WHY_UNREADABLE or isinstance(error, psycopg.DataError)):
        return why_unreadable(error.sqlstate, table)
    known = (why for kind, why in WHY_REFUSED.items() if isinstance(error, kind))
    met = f"it answers with SQLSTATE {error.sqlstate}" if error.sqlstate else "the driver cannot take over its answer"
    return next(known, f"{met}; please report it as a defect")


def patience(dsn: str) -> int:
    """How many seconds to wait for a connection: what the address says, else ten.

    Raises psycopg.Error or ValueError for an address that cannot be understood.
    """
    return int(conninfo_to_dict(dsn).get("connect_timeout") or 10)


def why_unreachable(dsn: str) -> str:
    """Why no connection to the address could be had, and the way out, as the end of a sentence."""
    try:
        patience(dsn)
    except (psycopg.Error, ValueError):
        return WHY_UNREACHABLE[pq.Ping.NO_ATTEMPT]
    return WHY_UNREACHABLE[pq.Ping(pq.PGconn.ping(dsn.encode()))]
