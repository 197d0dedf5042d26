"""A system made smaller without losing anything: what its rows fix outright is put in, and equal rows become one.

Zeros are most of it: a published zero fixes every atom it holds.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from anonymization.audit.system import System


class Contradiction(Exception):
    """No whole table satisfies the system. `rows`: some of its rows that cannot hold together."""

    def __init__(self, rows: list[int]) -> None:
        super().__init__("The system contradicts itself.")
        self.rows = rows


@dataclass(frozen=True, eq=False)
class Reduced:
    """What remains open: matrix @ open atoms within the bounds.

    columns: the atoms that remain open. rows: the system's row behind each row. fixed: the value of every atom that
    does not remain open, 0 for those that do. lowest, highest: bounds of each open atom. fixed_by: for every atom the
    last row that gave it a bound, -1 for none.
    """

    system: System
    matrix: sparse.csr_array
    rows: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    columns: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    fixed: np.ndarray
    fixed_by: np.ndarray

    def whole(self, values: np.ndarray) -> np.ndarray:
        """All atoms, from those that remain open (int64)."""
        atoms = self.fixed.copy()
        atoms[self.columns] = values
        return atoms

    def components(self) -> np.ndarray:
        """The connected component of each open atom: atoms of two components never meet in a row."""
        links = abs(self.matrix).T @ abs(self.matrix)
        return connected_components(links, directed=False)[1]


def reduce(system: System, known: np.ndarray | None = None) -> Reduced:
    """Put in what the rows fix, one after the other, until nothing more is fixed.

    known: the value of each atom that is taken as given, -1 for the others; nothing is taken as given without it.
    Raises Contradiction with the row that cannot hold.
    """
    matrix, atoms = system.matrix, system.matrix.shape[1]
    given = np.full(atoms, -1) if known is None else known
    bounds = _Bounds(np.where(given < 0, 0.0, given), np.where(given < 0, np.inf, given), np.full(atoms, -1))
    pattern = sparse.csr_array((np.ones(matrix.nnz, dtype=np.int64), matrix.indices, matrix.indptr), shape=matrix.shape)
    while True:
        before = bounds.open.sum(), bounds.lower.sum()
        _fix_rows_at_their_end(system, bounds)
        _bound_single_atoms(system, pattern, bounds)
        if (bounds.open.sum(), bounds.lower.sum()) == before:
            return _remaining(system, bounds)


def unreduced(system: System) -> Reduced:
    """The system as it is, nothing put in."""
    rows, atoms = system.matrix.shape
    nothing, anything = np.zeros(atoms), np.full(atoms, np.inf)
    return Reduced(
        system, system.matrix, np.arange(rows), system.lower, system.upper, np.arange(atoms), nothing, anything,
        np.zeros(atoms, dtype=np.int64), np.full(atoms, -1),
    )  # fmt: skip


@dataclass(eq=False)
class _Bounds:
    lower: np.ndarray
    upper: np.ndarray
    given_by: np.ndarray

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
        held = bounds.open[part.indices]
        bounds.given_by[part.indices[held]] = np.repeat(at, np.diff(part.indptr))[held]
        down = np.unique(part.indices[part.data > 0])
        up = np.unique(part.indices[part.data < 0])
        bounds.upper[down] = bounds.lower[down]
        bounds.lower[up] = bounds.upper[up]


def _bound_single_atoms(system: System, pattern: sparse.csr_array, bounds: _Bounds) -> None:
    """Rows with one open atom are bounds of it."""
    free = bounds.open
    single = np.flatnonzero(pattern @ free.astype(np.int64) == 1)
    part = sparse.csr_array(system.matrix[single])
    rest = part @ np.where(free, 0, bounds.lower)
    entry = np.flatnonzero(free[part.indices])
    row = np.repeat(np.arange(len(single)), np.diff(part.indptr))[entry]
    atom, weight = part.indices[entry], part.data[entry]
    low, high = system.lower[single[row]] - rest[row], system.upper[single[row]] - rest[row]
    ends = np.where(weight > 0, low, high) / weight, np.where(weight > 0, high, low) / weight
    closer = (np.ceil(ends[0] - 1e-9) > bounds.lower[atom]) | (np.floor(ends[1] + 1e-9) < bounds.upper[atom])
    bounds.given_by[atom[closer]] = single[row[closer]]
    np.maximum.at(bounds.lower, atom, np.ceil(ends[0] - 1e-9))
    np.minimum.at(bounds.upper, atom, np.floor(ends[1] + 1e-9))
    crossed = np.flatnonzero(bounds.lower > bounds.upper)
    if len(crossed):
        raise Contradiction([int(r) for r in single[row[np.isin(atom, crossed[:1])]]])


def _remaining(system: System, bounds: _Bounds) -> Reduced:
    columns = np.flatnonzero(bounds.open)
    fixed = np.where(bounds.open, 0, bounds.lower).astype(np.int64)
    rest = system.matrix @ fixed
    least, most = _ends(system.matrix, bounds)
    rows = np.flatnonzero((least < system.lower) | (most > system.upper))
    matrix = sparse.csr_array(system.matrix[rows][:, columns])
    lower, upper = system.lower[rows] - rest[rows], system.upper[rows] - rest[rows]
    kept, lower, upper = _without_twins(matrix, lower, upper)
    if (lower > upper).any():
        twins = kept[np.flatnonzero(lower > upper)[:1]]
        raise Contradiction([int(row) for row in rows[twins]])
    ends = bounds.lower[columns], bounds.upper[columns]
    return Reduced(system, matrix[kept], rows[kept], lower, upper, columns, *ends, fixed, bounds.given_by)


def _without_twins(
    matrix: sparse.csr_array, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows with the same coefficients are one row, with the closer bounds."""
    weights = np.random.default_rng(0).integers(1, 2**62, (matrix.shape[1], 2), dtype=np.int64)
    marks = matrix @ weights  # wraps round, which does no harm to a mark
    _, first, twin = np.unique(marks, axis=0, return_index=True, return_inverse=True)
    low, high = np.full(len(first), -np.inf), np.full(len(first), np.inf)
    np.maximum.at(low, twin.ravel(), lower)
    np.minimum.at(high, twin.ravel(), upper)
    order = np.argsort(first)
    return first[order], low[order], high[order]
