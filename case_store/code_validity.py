"""When a source code may be entered, and its name at rest where one code meant different things in different times."""

import csv
import datetime as dt
import io
import itertools
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from case_store.errors import CaseStoreError

Row = Mapping[str, Any]


def refuse_overlaps(file: str, codes: pa.Table, text: str) -> None:
    """Raise CaseStoreError, naming file, lines and code, where two rows of one code are valid on the same day.

    `codes`: codes.csv as read (dimension, code, valid_from, valid_to), `text`: what the file holds.
    """
    lines = _lines(text)
    rows_of: dict[tuple[str, str], list[tuple[int, Row]]] = defaultdict(list)
    for line, row in zip(lines, codes.to_pylist(), strict=True):
        if _first(row) > _last(row):
            raise CaseStoreError(f"{file}, line {line}: '{_name(row)}' ends (valid_to) before it begins (valid_from).")
        rows_of[row["dimension"], row["code"]].append((line, row))
    for found in rows_of.values():
        ordered = sorted(found, key=lambda numbered: _first(numbered[1]))
        for (line, row), (next_line, next_row) in itertools.pairwise(ordered):
            if _first(next_row) <= _last(row):
                first, second = sorted((line, next_line))
                raise CaseStoreError(
                    f"{file}, lines {first} and {second}: '{_name(row)}' is listed twice for the same days; let one "
                    "row end (valid_to) before the other begins (valid_from), or remove one."
                )


def named_at_rest(codes: pa.Table) -> pa.Table:
    """`codes` with `source_code`, the code as documents hold it, and a `code` that no other row of its dimension has.

    A code keeps its name. Where it has several rows, those after the first are called by the day they begin, such as
    `other@2023-01-01`, so that a join by code finds one meaning and never two.
    """
    rows = codes.to_pylist()
    begun: dict[tuple[str, str], dt.date] = {}
    for row in sorted(rows, key=_first):
        begun.setdefault(_key(row), _first(row))
    names = [row["code"] if _first(row) == begun[_key(row)] else f"{row['code']}@{_first(row)}" for row in rows]
    place = codes.schema.get_field_index("code")
    sources = codes["code"]
    return codes.set_column(place, "code", pa.array(names, pa.string())).append_column("source_code", sources)


def names_of(ref_codes: pa.Table, dimension: str, source_code: str) -> list[str]:
    """Every name at rest of one source code; itself where the crosswalk does not have it."""
    rows = ref_codes.select(["dimension", "source_code", "code"]).to_pylist()
    return [row["code"] for row in rows if (row["dimension"], row["source_code"]) == (dimension, source_code)] or [
        source_code
    ]


def _first(row: Row) -> dt.date:
    return row["valid_from"] or dt.date.min


def _last(row: Row) -> dt.date:
    return row["valid_to"] or dt.date.max


def _key(row: Row) -> tuple[str, str]:
    return row["dimension"], row["code"]


def _name(row: Row) -> str:
    return "/".join(_key(row))


def _lines(text: str) -> list[int]:
    """The line on which each row of a CSV file ends, its header apart."""
    reader = csv.reader(io.StringIO(text, newline=""))
    return [reader.line_num for row in reader if row][1:]
