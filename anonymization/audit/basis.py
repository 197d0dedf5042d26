"""Short movements of which every other one is a sum: a basis of the lattice of whole solutions, made sparse.

The rows that must stay as they are, are solved once and for all, so that a search needs to keep only bounds. That turns
whole-number programs of minutes into programs of seconds (the reformulation of K. Aardal, C. Hurkens, A. Lenstra:
Solving a system of linear Diophantine equations with lower and upper bounds on the variables, Mathematics of Operations
Research 25 (2000); here by elimination and pairwise reduction, which rows of zeros and ones allow, instead of LLL).
"""

import heapq
from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy import sparse

ENOUGH = 5  # room: more makes no better basis (tried on J3)
FURTHEST = 1_000  # steps of one column in one movement
MOST_STEPS = 50_000_000  # entries changed while eliminating; what is then left stays a row

Row = dict[int, int]  # place of a column -> its coefficient


@dataclass(frozen=True, eq=False)
class Basis:
    """movements: one a row, over the columns (int64): each leaves all rows as they are but those in `left` (places)."""

    movements: sparse.csr_array
    left: np.ndarray


def short_basis(rows: sparse.csr_array, room: np.ndarray) -> Basis:
    """A basis of the whole movements x with rows @ x = 0, each of few columns.

    rows: whole numbers. room: how far each column may move (one a column); those with enough give way, so that
    movements of the others are possible. Rows that cannot be solved in whole numbers or within MOST_STEPS are left.

    Three counts of which the sum stays: two movements, either of two counts.

    >>> basis = short_basis(sparse.csr_array(np.array([[1, 1, 1]])), np.array([1, 9, 2]))
    >>> basis.movements.toarray().tolist(), basis.left.tolist()
    ([[1, -1, 0], [0, -1, 1]], [])
    """
    elimination = _Elimination(rows, room)
    elimination.run()
    return Basis(_shortened(elimination.movements()), np.array(elimination.left, dtype=np.int64))


class _Elimination:
    """Each row in turn, the shortest first, tells one column by the others; Python's numbers have no largest one."""

    def __init__(self, rows: sparse.csr_array, room: np.ndarray) -> None:
        self._columns, self._room = rows.shape[1], np.minimum(room, ENOUGH)
        self._rows: list[Row] = [
            dict(zip(rows.indices[start:end].tolist(), rows.data[start:end].tolist(), strict=True))
            for start, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
        ]
        self._holders: list[set[int]] = [set() for _ in range(self._columns)]
        for place, row in enumerate(self._rows):
            for column in row:
                self._holders[column].add(place)
        self._told: list[tuple[int, Row]] = []
        self._steps = 0
        self.left: list[int] = []

    def run(self) -> None:
        waiting = [(len(row), place) for place, row in enumerate(self._rows)]
        heapq.heapify(waiting)
        done: set[int] = set()
        while waiting:
            size, place = heapq.heappop(waiting)
            row = self._rows[place]
            if place in done or size != len(row):
                continue
            done.add(place)
            for column in row:
                self._holders[column].discard(place)
            divisor = gcd(*row.values())
            units = [column for column, value in row.items() if abs(value) == divisor]
            if units and self._steps <= MOST_STEPS:
                told = max(units, key=lambda column: (self._room[column], -len(self._holders[column]), -column))
                for changed in self._tell(told, {column: value // divisor for column, value in row.items()}):
                    heapq.heappush(waiting, (len(self._rows[changed]), changed))
            elif row:
                self.left.append(place)

    def _tell(self, told: int, row: Row) -> list[int]:
        """Take a column out of all other rows; gives their places."""
        others = list(self._holders[told])
        for place in others:
            other = self._rows[place]
            factor = other[told] * row[told]
            for column, value in row.items():
                new = other.get(column, 0) - factor * value
                if new:
                    other[column] = new
                    self._holders[column].add(place)
                else:
                    del other[column]
                    self._holders[column].discard(place)
            self._steps += len(row)
        self._told.append((told, row))
        return others

    def movements(self) -> sparse.csr_array:
        """One movement for each column that no row tells: by one, the told ones as they must, if none moves too far."""
        by_free: dict[int, Row] = {}
        for told, row in reversed(self._told):
            sign = row[told]
            found: Row = {}
            for column, value in row.items():
                if column != told:
                    for free, times in by_free.get(column, {column: 1}).items():
                        found[free] = found.get(free, 0) - sign * value * times
            by_free[told] = {free: times for free, times in found.items() if times}
        by_free |= {column: {column: 1} for column in range(self._columns) if column not in by_free}
        too_far = {free for row in by_free.values() for free, times in row.items() if abs(times) > FURTHEST}
        kept = sorted({free for row in by_free.values() for free in row} - too_far)
        places = {free: place for place, free in enumerate(kept)}
        entries = [
            (places[free], told, times)
            for told, row in by_free.items()
            for free, times in row.items()
            if free in places
        ]
        rows, columns, values = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        return sparse.csr_array((values, (rows, columns)), shape=(len(places), self._columns))


def _shortened(movements: sparse.csr_array) -> sparse.csr_array:
    """The same lattice by shorter movements: each less so many times another one, while that makes it shorter.

    Lengths are sums of squares, and fall by whole numbers, so it ends.
    """
    vectors = movements.toarray().astype(float)
    products = vectors @ vectors.T
    is_waiting = np.ones(len(vectors), dtype=bool)
    while is_waiting.any():
        longest_first = np.argsort(-products.diagonal(), kind="stable")
        for place in longest_first[is_waiting[longest_first]]:
            is_waiting[place] = False
            if _shorten(vectors, products, int(place)):
                is_waiting |= _gains(products[place, place], products[place]) > 0
                is_waiting[place] = False
    return sparse.csr_array(np.rint(vectors).astype(np.int64))


def _shorten(vectors: np.ndarray, products: np.ndarray, place: int) -> bool:
    has_changed = False
    while True:
        lengths = products.diagonal()
        gains = _gains(lengths, products[place])
        gains[place] = 0
        other = int(np.argmax(gains))
        if gains[other] <= 0:
            return has_changed
        times = np.rint(products[place, other] / lengths[other])
        vectors[place] -= times * vectors[other]
        products[place] -= times * products[other]
        products[:, place] -= times * products[:, other]
        has_changed = True


def _gains(lengths: np.ndarray | float, with_it: np.ndarray) -> np.ndarray:
    """By how much a vector gets shorter when the best number of times another one is taken from it."""
    times = np.rint(with_it / lengths)
    return np.asarray(2 * times * with_it - times * times * lengths)
