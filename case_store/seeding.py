"""Where synthetic children may be written: an empty database, or one that carries our mark and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Any

import psycopg

from case_store.database import TABLES, connect, create_indexes, create_schema, fetch_value, is_empty, plain_errors
from case_store.errors import CaseStoreError

MARKER = "caselight_synthetic"
MARKED = f"select to_regclass('{MARKER}') is not null"
UNMARKED_CASES = f"select count(*) from cases where (data ->> '{MARKER}') is distinct from 'true'"
SEEDERS_LOCK = 0x5EED_CA5E  # one seeder at a time in a database


@dataclass(frozen=True)
class Seeding:
    """What decides every byte of a seeding; the same again is nothing to do."""

    seed: int
    children: int
    generator: str


def fill_store(dsn: str, seeding: Seeding, fill: Callable[[psycopg.Connection[Any]], object]) -> bool:
    """Fill the database with synthetic children unless it holds just these; give whether anything was done.

    `fill` loads its rows into empty tables through the connection it is given, in one transaction with the making of
    the tables. A seeding cut short leaves the mark of an unfinished one, and the next starts over.
    Raises CaseStoreError for a database that is neither empty nor marked as ours.
    """
    with connect(dsn) as connection, plain_errors(), _only_seeder(connection):
        if read_marker(connection) == (seeding, True):
            return False
        check_seedable(connection)
        connection.execute(f"drop table if exists {', '.join(TABLES)} cascade")
        mark_synthetic(connection, seeding, is_complete=False)
        connection.commit()
        create_schema(connection)
        fill(connection)
        create_indexes(connection)
        mark_synthetic(connection, seeding, is_complete=True)
        connection.commit()
    return True


def check_seedable(connection: psycopg.Connection[Any]) -> None:
    """Raise CaseStoreError unless the database is empty, or is marked synthetic and holds no unmarked record."""
    if not has_synthetic_marker(connection):
        if not is_empty(connection):
            raise CaseStoreError(
                "This database is not empty and does not carry our synthetic mark, so nothing is written into it: "
                "give an empty database."
            )
    elif unmarked := count_unmarked_cases(connection):
        raise CaseStoreError(
            f"This database carries our synthetic mark but holds {unmarked} cases that are not synthetic, so it is not "
            "emptied: give an empty database."
        )


def count_unmarked_cases(connection: psycopg.Connection[Any]) -> int:
    """Count the cases whose document does not say that it is synthetic; 0 when there are no cases at all."""
    if fetch_value(connection, "select to_regclass('cases')") is None:
        return 0
    with plain_errors("cases"):
        return int(fetch_value(connection, UNMARKED_CASES))


def has_synthetic_marker(connection: psycopg.Connection[Any]) -> bool:
    """Whether the database carries our mark, be its seeding finished or not."""
    return bool(fetch_value(connection, MARKED))


def read_marker(connection: psycopg.Connection[Any]) -> tuple[Seeding, bool] | None:
    """Give what the database was seeded with and whether that was finished, or None without our mark."""
    if not has_synthetic_marker(connection):
        return None
    row = connection.execute(f"select seed, children, generator, is_complete from {MARKER}").fetchone()
    return None if row is None else (Seeding(*row[:3]), row[3])


def mark_synthetic(connection: psycopg.Connection[Any], seeding: Seeding, is_complete: bool) -> None:
    """Put our mark on the database, in the caller's transaction; an earlier mark is replaced."""
    connection.execute(f"""
        drop table if exists {MARKER};
        create table {MARKER} (seed bigint, children bigint, generator text, is_complete boolean);
        comment on table {MARKER} is
        'Every record of this database is synthetic: made by Caselight, about no real child.'
    """)
    connection.execute(f"insert into {MARKER} values (%s, %s, %s, %s)", (*astuple(seeding), is_complete))


@contextmanager
def _only_seeder(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Hold the seeders' lock until the connection closes, whatever is committed meanwhile."""
    if not fetch_value(connection, f"select pg_try_advisory_lock({SEEDERS_LOCK})"):
        raise CaseStoreError("Another process is filling this case store: wait until it is done.")
    yield
