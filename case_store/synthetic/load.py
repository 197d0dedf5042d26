"""Synthetic children into a case store's empty tables: the configuration first, then the records, chunk by chunk."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from case_store.profile import Profile
from case_store.synthetic.configuration import Row, configuration_rows
from case_store.synthetic.documents import make_rows
from case_store.synthetic.identities import make_names
from case_store.synthetic.record_histories import make_population

_PIECE = 1 << 18  # bytes handed over at a time: libpq would copy the whole of a larger piece into a buffer of its own
Progress = Callable[[int, int], None]
_IDENTITY_TABLES = ("agencies", "roles", "user_groups", "users", "locations", "lookups", "form_sections", "fields")


def generator_of(profile: Profile) -> str:
    """What the store is made by, in 16 digits: another generator or profile makes another store from the same seed."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    tables = sorted((file for file in profile.folder.iterdir() if file.is_file()), key=lambda file: file.name)
    return hashlib.sha256(b"".join(file.read_bytes() for file in (*sources, *tables))).hexdigest()[:16]


def seed_store(
    connection: psycopg.Connection[Any],
    profile: Profile,
    children: int,
    seed: int,
    progress: Progress | None = None,
) -> None:
    """Load the synthetic deployment of `make_population(profile, children, seed)` into empty tables, without commit.

    Memory holds one chunk. `progress(done, total)` is told after each chunk, in records of `cases`.
    """
    _prefer_quick_compression(connection)
    population = make_population(profile, children, seed)
    names = make_names(population.shape.keys.invented, seed)
    _load_configuration(connection, configuration_rows(population))
    done = 0
    for histories in population.histories():
        rows = make_rows(population, names, histories)
        for table in ("cases", "transitions", "record_histories"):
            _copy(connection, table, getattr(rows, table))
        done += len(histories.plan)
        if progress is not None:
            progress(done, len(population.plan))


def _prefer_quick_compression(connection: psycopg.Connection[Any]) -> None:
    """Long documents compressed with lz4 where the server can: a third less of its time than with its default."""
    query = "select 'lz4' = any (enumvals) from pg_settings where name = 'default_toast_compression'"
    if (connection.execute(query).fetchone() or (False,))[0]:
        connection.execute("set local default_toast_compression = 'lz4'")


def _load_configuration(connection: psycopg.Connection[Any], tables: dict[str, list[Row]]) -> None:
    with connection.cursor() as cursor:
        for table, rows in tables.items():
            with cursor.copy(_copy_statement(table, list(rows[0]))) as copy:
                for row in rows:
                    copy.write_row(list(row.values()))
        for table in _IDENTITY_TABLES:
            highest = "select setval(pg_get_serial_sequence({0}, 'id'), (select max(id) from {1}))"
            cursor.execute(sql.SQL(highest).format(sql.Literal(table), sql.Identifier(table)))


def _copy(connection: psycopg.Connection[Any], table: str, rows: pa.Table) -> None:
    """One COPY in PostgreSQL's text format; its lines are the columns joined, for nothing in them needs escaping."""
    with connection.cursor() as cursor, cursor.copy(_copy_statement(table, rows.column_names)) as copy:
        for batch in rows.to_batches():
            cells = [part for column in batch.columns for part in (pc.fill_null(column, "\\N"), "\t")]
            content = _content(pc.binary_join_element_wise(*cells[:-1], "\n", ""))
            for start in range(0, len(content), _PIECE):
                copy.write(content[start : start + _PIECE])


def _content(lines: pa.StringArray) -> memoryview:
    """The texts of an array one after another, as they lie in memory."""
    offsets = memoryview(lines.buffers()[1]).cast("i")
    first, last = offsets[lines.offset], offsets[lines.offset + len(lines)]
    return memoryview(lines.buffers()[2])[first:last]


def _copy_statement(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("copy {0} ({1}) from stdin").format(sql.Identifier(table), names)
