"""Whether counts add up along every dimension of every table, and if not, where."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from anonymization.disclosure.tables.table_set import TOTAL, TOTAL_LEVEL, Dimension, Grouping, Table, TableSet
from anonymization.disclosure.tool_files.cell_keys import CellKeys
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE
from anonymization.errors import DisclosureError


@dataclass(frozen=True, eq=False)
class _Sum:
    """The cells of a margin (`totals`) as sums over one dimension, by its place, of those of a finer one (`parts`)."""

    table: Table
    grouping: Grouping
    place: int
    parts: np.ndarray
    totals: np.ndarray
    belongs: np.ndarray  # coarse codes x fine codes: 1 where the coarse one holds the fine one

    def over(self, values: np.ndarray) -> np.ndarray:
        """What values of the parts make for each total."""
        return np.moveaxis(np.tensordot(self.belongs, np.moveaxis(values, self.place, 0), axes=1), 0, self.place)


def refuse_contradictions(table_set: TableSet, keys: CellKeys, counts: np.ndarray, file: str) -> None:
    """Raises DisclosureError with a cell that its parts contradict; counts: by distinct cell, nan if unknown."""
    known, sums = counts.copy(), list(_sums(table_set, keys))
    is_open = True
    while is_open:
        is_open = False
        for one in sums:
            parts, totals = known[one.parts], known[one.totals]
            added, is_whole = one.over(np.nan_to_num(parts)), one.over(np.isnan(parts).astype(float)) == 0
            wrong = (added > totals) | (is_whole & (added < totals))
            if wrong.any():
                raise DisclosureError(_sentence(one, int(np.flatnonzero(wrong)[0]), keys, file))
            new = is_whole & np.isnan(totals)
            known[one.totals[new]] = added[new]
            is_open |= bool(new.any())


def _sentence(one: _Sum, wrong: int, keys: CellKeys, file: str) -> str:
    label = _labels(one.table, one.grouping)[wrong]
    code_of = dict(zip((dimension.name for dimension in one.table.dimensions), label, strict=True))
    cell, name = keys.said([code_of.get(name, TOTAL_CODE) for name in keys.names]), one.table.dimensions[one.place].name
    return f"{file}: the cell {cell} is not the sum of its parts by {name}: correct the counts."


def _sums(table_set: TableSet, keys: CellKeys) -> Iterator[_Sum]:
    """Every margin of a table as the sum of a finer one along one dimension."""
    for table in table_set.tables:
        cells = {grouping: _cells(table, grouping, keys) for grouping in table.groupings}
        for fine, (place, dimension) in product(table.groupings, enumerate(table.dimensions)):
            for level in (TOTAL_LEVEL, *dimension.levels):
                coarse = (*fine[:place], level, *fine[place + 1 :])
                if coarse in cells and _nests(dimension, fine[place], level):
                    belongs = _membership(dimension, fine[place], level)
                    yield _Sum(table, coarse, place, cells[fine], cells[coarse], belongs)


def _nests(dimension: Dimension, fine: str, coarse: str) -> bool:
    pairs = {(dimension.code(leaf, fine), dimension.code(leaf, coarse)) for leaf in dimension.leaves}
    return fine != coarse and len(pairs) == len(dimension.codes(fine))


def _membership(dimension: Dimension, fine: str, coarse: str) -> np.ndarray:
    rows, columns = dimension.codes(coarse), dimension.codes(fine)
    pairs = {(dimension.code(leaf, coarse), dimension.code(leaf, fine)) for leaf in dimension.leaves}
    return np.array([[(row, column) in pairs for column in columns] for row in rows], dtype=float)


def _labels(table: Table, grouping: Grouping) -> list[tuple[str, ...]]:
    labels = table.labels(grouping)
    return [tuple(TOTAL_CODE if code == TOTAL else code for code in label) for label in labels]


def _cells(table: Table, grouping: Grouping, keys: CellKeys) -> np.ndarray:
    """The distinct cells of a grouping, an axis for each dimension."""
    names = [dimension.name for dimension in table.dimensions]
    filled = (dict(zip(names, label, strict=True)) for label in _labels(table, grouping))
    cells = [keys.cell_of[tuple(codes.get(name, TOTAL_CODE) for name in keys.names)] for codes in filled]
    levels = zip(table.dimensions, grouping, strict=True)
    return np.array(cells).reshape([len(dimension.codes(level)) for dimension, level in levels])
