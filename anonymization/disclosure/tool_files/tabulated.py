"""From a file of tabulated counts to the counts of every finest combination.

Three kinds are read. Rows of finest codes only: a combination without a row is zero. Such rows and margins (`Total`,
or codes of coarser levels): the margins must be the sums. Margins only, as of linked tables: whole counts of the finest
combinations are then found that give all of them (`linked_counts.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Dimension
from anonymization.disclosure.tool_files.csv_rows import CsvText, code_in, count_in
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE, Spec
from anonymization.disclosure.tool_files.spelling import Codes
from anonymization.errors import DisclosureError

Key = tuple[str, ...]


@dataclass(frozen=True)
class CountedRow:
    """One row of the file: its number, a code of any level for each dimension, its count."""

    number: int
    key: Key
    count: int


def read_counts(
    rows: CsvText, names: Sequence[str], column: str, spec: Spec, dimensions: Mapping[str, Dimension]
) -> list[CountedRow]:
    """All rows; column: the one that holds the counts.

    Raises DisclosureError for an unknown code, an odd count, a combination that is listed twice.
    """
    known = [_known(spec, dimensions[name]) for name in names]
    found: dict[Key, CountedRow] = {}
    for number, (*values, text) in rows.rows([*names, column]):
        triples = zip(values, known, names, strict=True)
        key = tuple(code_in(code, codes, rows.file, number, name) for code, codes, name in triples)
        if key in found:
            raise DisclosureError(f"{rows.file}, row {number}: this combination stands in an earlier row: keep one.")
        found[key] = CountedRow(number, key, count_in(text, rows.file, number, column))
    return list(found.values())


def finest_rows(rows: Sequence[CountedRow], dimensions: Sequence[Dimension]) -> list[CountedRow]:
    """The rows all of whose codes are finest ones."""
    leaves = [set(dimension.leaves) for dimension in dimensions]
    return [row for row in rows if all(code in codes for code, codes in zip(row.key, leaves, strict=True))]


def check_margins(rows: Sequence[CountedRow], finest: pd.DataFrame, dimensions: Sequence[Dimension], file: str) -> None:
    """Raises DisclosureError with the first row that is not the sum of the finest counts it holds.

    finest: a column of finest codes for each dimension, and `count`.
    """
    by_levels: dict[Key, list[CountedRow]] = {}
    for row in rows:
        levels = tuple(_level(code, dimension) for code, dimension in zip(row.key, dimensions, strict=True))
        by_levels.setdefault(levels, []).append(row)
    sums = {levels: _sums(finest, levels, dimensions) for levels in by_levels}
    wrong = [
        row.number for levels, some in by_levels.items() for row in some if sums[levels].get(row.key, 0) != row.count
    ]
    if wrong:
        raise DisclosureError(
            f"{file}, row {min(wrong)}: the count is not the sum of its finest counts: correct one of them."
        )


def _sums(finest: pd.DataFrame, levels: Key, dimensions: Sequence[Dimension]) -> dict[Key, int]:
    """The counts at these levels, by key."""
    raised = [
        finest[dimension.name].map({leaf: _code(dimension, leaf, level) for leaf in dimension.leaves})
        for dimension, level in zip(dimensions, levels, strict=True)
    ]
    sums = finest.groupby(raised)["count"].sum()
    return {key if isinstance(key, tuple) else (key,): int(count) for key, count in sums.items()}


def _known(spec: Spec, dimension: Dimension) -> Codes:
    """What a row may hold for a code of any level -> the code."""
    codes = {code: code for level in dimension.levels for code in dimension.codes(level)}
    totals = dict.fromkeys((TOTAL_CODE, spec.total_of[dimension.name]), TOTAL_CODE)
    return Codes(totals | codes | spec.dimensions[dimension.name].code_of)


def _level(code: str, dimension: Dimension) -> str:
    return next((level for level in dimension.levels if code in dimension.codes(level)), TOTAL_LEVEL)


def _code(dimension: Dimension, leaf: str, level: str) -> str:
    return TOTAL_CODE if level == TOTAL_LEVEL else dimension.code(leaf, level)
