"""A system made smaller without losing anything: what its rows fix outright is put in, and equal rows become one.

Zeros are most of it: a published zero fixes every atom it holds.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.system import System
from anonymization.disclosure.tables.joint_model import marks_of


class Contradiction(Exception):
    """No whole table satisfies the system. `rows`: some of its rows that cannot hold together."""

    def __init__(self, rows: list[int]) -> None:
        super().__init__("The system contradicts itself.")
        self.rows = rows


@dataclass(frozen=True, eq=False)
class Reduced:
    """What remains open: matrix @ open atoms within the bounds.

    columns: the atoms that remain open. lower_rows, upper_rows: the system's row that gives each bound. fixed: the
    value of every atom that does not remain open, 0 for those that do. lowest, highest: bounds of each open atom.
    lowest_by, highest_by: for every atom the row that gave it that bound, -1 for none.
    """

    system: System
    matrix: sparse.csr_array
    lower: np.ndarray
    upper: np.ndarray
    lower_rows: np.ndarray
    upper_rows: np.ndarray
    columns: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    fixed: np.ndarray
    lowest_by: np.ndarray
    highest_by: np.ndarray

    def rows_behind(self, places: np.ndarray) -> np.ndarray:
        """The system's rows behind these rows."""
        return np.unique(np.concatenate([self.lower_rows[places], self.upper_rows[places]]))

    def reasons(self, atoms: np.ndarray) -> set[int]:
        """The system's rows that bound these atoms."""
        found = np.concatenate([self.lowest_by[atoms], self.highest_by[atoms]])
        return set(found[found >= 0].tolist())

    def whole(self, values: np.ndarray) -> np.ndarray:
        """All atoms, from those that remain open (int64)."""
        atoms = self.fixed.copy()
        atoms[self.columns] = values
        return atoms


def reduce(system: System) -> Reduced:
    """Put in what the rows fix, one after the other, until nothing more is fixed.

    Raises Contradiction with the row that cannot hold.
    """
    matrix, atoms = system.matrix, system.matrix.shape[1]
    bounds = _Bounds(np.zeros(atoms), np.full(atoms, np.inf), np.full(atoms, -1), np.full(atoms, -1))
    pattern = sparse.csr_array(((matrix.data != 0).astype(np.int64), matrix.indices, matrix.indptr), shape=matrix.shape)
    while True:
        before = bounds.open.sum(), bounds.lower.sum()
        _fix_rows_at_their_end(system, bounds)
        _bound_single_atoms(system, pattern, bounds)
        if (bounds.open.sum(), bounds.lower.sum()) == before:
            return _remaining(system, bounds)


def unreduced(system: System) -> Reduced:
    """The system as it is, nothing put in."""
    rows, atoms = np.arange(system.matrix.shape[0]), system.matrix.shape[1]
    nothing, anything, nobody = np.zeros(atoms), np.full(atoms, np.inf), np.full(atoms, -1)
    bounds = system.lower, system.upper, rows, rows
    fixed = np.zeros(atoms, dtype=np.int64)
    return Reduced(system, system.matrix, *bounds, np.arange(atoms), nothing, anything, fixed, nobody, nobody)


@dataclass(eq=False)
class _Bounds:
    lower: np.ndarray
    upper: np.ndarray
    lower_by: np.ndarray
    upper_by: np.ndarray

    @property
    def open(self) -> np.ndarray:
        return self.lower < self.upper


def _ends(matrix: sparse.csr_array, bounds: _Bounds) -> tuple[np.ndarray, np.ndarray]:
    """The least and the largest sum that each row can have within the atoms' bounds."""
    rising, falling = matrix.maximum(0), matrix.minimum(0)
    unbounded = np.isinf(bounds.upper)
    highest = np.where(unbounded, 0, bounds.upper)
    least = rising @ bounds.lower + falling @ highest
    most = rising @ highest + falling @ bounds.lower
    least[falling @ unbounded.astype(np.int64) < 0] = -np.inf
    most[rising @ unbounded.astype(np.int64) > 0] = np.inf
    return least, most


def _fix_rows_at_their_end(system: System, bounds: _Bounds) -> None:
    least, most = _ends(system.matrix, bounds)
    impossible = np.flatnonzero((least > system.upper) | (most < system.lower))
    if len(impossible):
        raise Contradiction([int(impossible[0])])
    for at_end, sign in ((least == system.upper, 1), (most == system.lower, -1)):
        at = np.flatnonzero(at_end & (least < most))
        part = sparse.csr_array(system.matrix[at]) * sign
        reason, held = np.repeat(at, np.diff(part.indptr)), bounds.open[part.indices]
        down, up = held & (part.data > 0), held & (part.data < 0)
        bounds.upper_by[part.indices[down]], bounds.lower_by[part.indices[up]] = reason[down], reason[up]
        bounds.upper[part.indices[down]] = bounds.lower[part.indices[down]]
        bounds.lower[part.indices[up]] = bounds.upper[part.indices[up]]


def _bound_single_atoms(system: System, pattern: sparse.csr_array, bounds: _Bounds) -> None:
    """Rows with one open atom are bounds of it."""
    free = bounds.open
    single = np.flatnonzero(pattern @ free.astype(np.int64) == 1)
    part = sparse.csr_array(system.matrix[single])
    rest = part @ np.where(free, 0, bounds.lower)
    entry = np.flatnonzero(free[part.indices] & (part.data != 0))
    row = np.repeat(np.arange(len(single)), np.diff(part.indptr))[entry]
    atom, weight = part.indices[entry], part.data[entry]
    low, high = system.lower[single[row]] - rest[row], system.upper[single[row]] - rest[row]
    ends = np.where(weight > 0, low, high) / weight, np.where(weight > 0, high, low) / weight
    low, high = np.ceil(ends[0] - 1e-9), np.floor(ends[1] + 1e-9)
    raised, lowered = low > bounds.lower[atom], high < bounds.upper[atom]
    np.maximum.at(bounds.lower, atom, low)
    np.minimum.at(bounds.upper, atom, high)
    raised, lowered = raised & (low == bounds.lower[atom]), lowered & (high == bounds.upper[atom])
    bounds.lower_by[atom[raised]] = single[row[raised]]
    bounds.upper_by[atom[lowered]] = single[row[lowered]]
    crossed = np.flatnonzero(bounds.lower > bounds.upper)
    if len(crossed):
        raise Contradiction(
            [int(one) for one in (bounds.lower_by[crossed[0]], bounds.upper_by[crossed[0]]) if one >= 0]
        )


def _remaining(system: System, bounds: _Bounds) -> Reduced:
    columns = np.flatnonzero(bounds.open)
    fixed = np.where(bounds.open, 0, bounds.lower).astype(np.int64)
    rest = system.matrix @ fixed
    least, most = _ends(system.matrix, bounds)
    rows = np.flatnonzero((least < system.lower) | (most > system.upper))
    matrix = sparse.csr_array(system.matrix[rows][:, columns])
    lower, upper = system.lower[rows] - rest[rows], system.upper[rows] - rest[rows]
    kept, lower, upper, lower_rows, upper_rows = _without_twins(matrix, lower, upper, rows)
    crossed = np.flatnonzero(lower > upper)
    if len(crossed):
        raise Contradiction([int(lower_rows[crossed[0]]), int(upper_rows[crossed[0]])])
    ends = bounds.lower[columns], bounds.upper[columns]
    return Reduced(
        system, matrix[kept], lower, upper, lower_rows, upper_rows, columns, *ends, fixed,
        bounds.lower_by, bounds.upper_by,
    )  # fmt: skip


def _without_twins(
    matrix: sparse.csr_array, lower: np.ndarray, upper: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Rows with the same coefficients are one row, with the closer bounds.

    Out: the place of each row that is kept, its bounds, and the system's row behind each of the two.
    """
    _, first, twin = np.unique(marks_of(matrix), axis=0, return_index=True, return_inverse=True)
    twin = twin.ravel()
    low, high = np.full(len(first), -np.inf), np.full(len(first), np.inf)
    np.maximum.at(low, twin, lower)
    np.minimum.at(high, twin, upper)
    lower_rows, upper_rows = rows[first], rows[first]
    lower_rows[twin[lower == low[twin]]] = rows[lower == low[twin]]
    upper_rows[twin[upper == high[twin]]] = rows[upper == high[twin]]
    order = np.argsort(first)
    return first[order], low[order], high[order], lower_rows[order], upper_rows[order]
