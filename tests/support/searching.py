"""Searches everything a run leaves behind for what must have stayed in the case store.

Every sentinel text bears one mark, so a search for it finds them all, in plain, base64, UTF-16 and hexadecimal; numbers
and digests are searched for one by one. Files that compress or encode what they hold are opened too.
"""

import base64
import gzip
import hashlib
import io
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq

MARK = "qzvxkjw"  # no word of any language here holds it


def base64_forms(text: bytes) -> set[bytes]:
    """How base64 shows `text` wherever it begins in what is encoded, without the letters that its neighbours change."""
    forms = set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + text)
        first = -(-before * 8 // 6)
        forms.add(encoded[first : (before + len(text)) * 8 // 6])
    return forms | {form.translate(bytes.maketrans(b"+/", b"-_")) for form in forms}


def encoded_forms(text: str) -> set[bytes]:
    """The text in plain, UTF-16, hexadecimal and base64."""
    forms: set[bytes] = set()
    for plain in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
        forms |= {plain, plain.hex().encode(), plain.hex().upper().encode()} | base64_forms(plain)
    return forms


@dataclass(frozen=True)
class Sought:
    """What is searched for: everything that bears the mark, these identifiers, and unkeyed digests of these values."""

    values: frozenset[str]
    identifiers: frozenset[str]

    @cached_property
    def needles(self) -> dict[bytes, list[tuple[bytes, str]]]:
        """Every form that is searched for and what it is, by its first three bytes."""
        spellings = {MARK, MARK.upper(), MARK.title(), *self.identifiers}
        named = {form: f"{spelling}, encoded" for spelling in spellings for form in encoded_forms(spelling)}
        for digest, what in self._digests():
            named |= {digest: what, digest.hex().encode(): what, digest.hex().upper().encode(): what}
        grouped: dict[bytes, list[tuple[bytes, str]]] = defaultdict(list)
        for needle, what in named.items():
            grouped[needle[:3]].append((needle, what))
        return grouped

    def _digests(self) -> Iterator[tuple[bytes, str]]:
        """Digests of the values as they are, and as a careful programmer would tidy them first."""
        for value in self.values | self.identifiers:
            for spelling in {value, value.strip(), value.lower(), " ".join(value.lower().split())}:
                for algorithm in ("md5", "sha1", "sha256"):
                    yield hashlib.new(algorithm, spelling.encode()).digest(), f"{algorithm} of {value}"

    @cached_property
    def _is_start(self) -> np.ndarray:
        starts = np.zeros(1 << 24, bool)
        starts[[int.from_bytes(three, "big") for three in self.needles]] = True
        return starts

    def found_in(self, content: bytes) -> set[str]:
        """What of it stands in these bytes: one look at each byte, however many forms are searched for."""
        letters = np.frombuffer(content, np.uint8).astype(np.uint32)
        threes = (letters[:-2] << 16) | (letters[1:-1] << 8) | letters[2:]
        return {
            what
            for place in np.flatnonzero(self._is_start[threes]).tolist()
            for needle, what in self.needles[content[place : place + 3]]
            if content.startswith(needle, place)
        }


def search(folder: Path, sought: Sought, seen: dict[Path, tuple[int, int]]) -> dict[str, set[str]]:
    """File (and what in it) -> what was found, in every file below `folder` that changed since it was `seen`."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        if hits := sought.found_in(path.name.encode()):
            found[f"the name of {path}"] = hits
        if path.is_symlink() or not path.is_file():
            continue
        state = path.stat()
        if seen.get(path) != (state.st_size, state.st_mtime_ns):
            seen[path] = (state.st_size, state.st_mtime_ns)
            for part, content in contents(path):
                if hits := sought.found_in(content):
                    found[f"{path} {part}"] = hits
    return found


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """The file as it is, and what it holds once opened: (which part, its bytes)."""
    raw = path.read_bytes()
    yield "", raw
    yield from _opened(path, raw)


def _opened(path: Path, raw: bytes) -> Iterator[tuple[str, bytes]]:
    for is_kind, read in _KINDS.items():
        if is_kind(path, raw):
            yield from read(path)


def _parquet(path: Path) -> Iterator[tuple[str, bytes]]:
    table = pq.read_table(path)
    for name in table.column_names:
        yield f"column {name}", _joined(table[name].to_pylist())
    yield "metadata", str(pq.read_metadata(path).metadata).encode()


def _duckdb(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every cell of every table, the log of changes not yet in the file included; on a copy, since opening writes."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name.removesuffix(".wal")
        main = path.with_name(copy.name)
        for file in (main, main.with_name(f"{main.name}.wal")):
            if file.exists():
                shutil.copy(file, folder)
        if copy.exists():
            yield from _duckdb_tables(copy)


def _duckdb_tables(file: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(file), config={"temp_directory": ""}) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            rows = connection.execute(f'from "{schema}"."{table}"').fetchall()
            yield f"table {schema}.{table}", _joined(rows)
        yield "definitions", _joined(connection.execute("select sql, comment from duckdb_views()").fetchall())


def _sqlite(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every cell of every table; what is compressed in a cell is decompressed."""
    with tempfile.TemporaryDirectory() as folder:
        for file in path.parent.glob(f"{path.name}*"):
            shutil.copy(file, folder)
        connection = sqlite3.connect(Path(folder) / path.name)
        for (table,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                yield f"table {table}", _joined(row)
                yield from ((f"table {table}", inside) for cell in row for inside in _decompressed(cell))
        connection.close()


def _decompressed(cell: object) -> Iterator[bytes]:
    if isinstance(cell, bytes):
        for decompress in (zlib.decompress, gzip.decompress):
            try:
                yield decompress(cell)
            except (zlib.error, OSError, EOFError):
                continue


def _zip(path: Path) -> Iterator[tuple[str, bytes]]:
    yield from _zip_members(path.read_bytes())


def _zip_members(raw: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        for name in archive.namelist():
            member = archive.read(name)
            yield f"member {name}", member
            if zipfile.is_zipfile(io.BytesIO(member)):
                yield from _zip_members(member)


def _gzip(path: Path) -> Iterator[tuple[str, bytes]]:
    yield "unpacked", gzip.decompress(path.read_bytes())


def _joined(values: object) -> bytes:
    """All values of a nest of lists, one after the other, bytes as they are and text in UTF-8."""
    if isinstance(values, bytes):
        return values
    if isinstance(values, Mapping):
        values = [*values.keys(), *values.values()]
    if isinstance(values, list | tuple):
        return b"\n".join(map(_joined, values))
    return str(values).encode("utf-8", "surrogatepass")


_KINDS: dict[Callable[[Path, bytes], bool], Callable[[Path], Iterator[tuple[str, bytes]]]] = {
    lambda _, raw: raw[:4] == b"PAR1" and raw[-4:] == b"PAR1": _parquet,
    lambda path, raw: raw[8:12] == b"DUCK" or path.suffix == ".wal": _duckdb,
    lambda _, raw: raw[:16] == b"SQLite format 3\0": _sqlite,
    lambda _, raw: raw[:4] == b"PK\3\4": _zip,
    lambda _, raw: raw[:2] == b"\x1f\x8b": _gzip,
}
