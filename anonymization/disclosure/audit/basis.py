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
FURTHEST = 2**20  # steps of one column in one movement; beyond it, products of movements may not be exact in floats
MOST_STEPS = 50_000_000  # entries changed while eliminating; what is then left stays a row
MOST_SHORTENINGS = 200_000  # J3 takes 7,000; without the rest, movements are longer

Row = dict[int, int]  # place of a column -> its coefficient


@dataclass(frozen=True, eq=False)
class Basis:
    """movements: one a row, over the columns (int64): each leaves all rows as they are but those in `left` (places).

    Every whole movement is a sum of them, unless some were too long to be kept.
    """

    movements: sparse.csr_array
    left: np.ndarray


def short_basis(rows: sparse.csr_array, room: np.ndarray) -> Basis:
    """A basis of the whole movements x with rows @ x = 0, each of few columns.

    rows: whole numbers. room: how far each column may move (one a column); those with enough give way, so that
    movements of the others are possible. Rows that cannot be solved in whole numbers or within MOST_STEPS are left;
    where even the movements take too many steps, there are none.

    Three counts of which the sum stays: two movements, either of two counts.

    >>> basis = short_basis(sparse.csr_array(np.array([[1, 1, 1]])), np.array([1, 9, 2]))
    >>> basis.movements.toarray().tolist(), basis.left.tolist()
    ([[1, -1, 0], [0, -1, 1]], [])
    """
    elimination = _Elimination(rows, room)
    elimination.run()
    return Basis(_shortened(elimination.movements()), np.array(elimination.left, dtype=np.int64))


class _Elimination:
    """Each row in turn, the shortest first, is solved for one column; Python's whole numbers have no largest one."""

    def __init__(self, rows: sparse.csr_array, room: np.ndarray) -> None:
        self._columns, self._room = rows.shape[1], np.minimum(room, ENOUGH)
        self._rows: list[Row] = [
            {
                int(column): int(value)
                for column, value in zip(rows.indices[start:end], rows.data[start:end], strict=True)
                if value
            }
            for start, end in zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
        ]
        self._holders: list[set[int]] = [set() for _ in range(self._columns)]
        for place, row in enumerate(self._rows):
            for column in row:
                self._holders[column].add(place)
        self._solved: list[tuple[int, Row]] = []
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
                solved = max(units, key=lambda column: (self._room[column], -len(self._holders[column]), -column))
                for changed in self._put_in(solved, {column: value // divisor for column, value in row.items()}):
                    heapq.heappush(waiting, (len(self._rows[changed]), changed))
            elif row:
                self.left.append(place)

    def _put_in(self, solved: int, row: Row) -> list[int]:
        """Take a column out of all other rows; gives their places."""
        others = list(self._holders[solved])
        for place in others:
            other = self._rows[place]
            factor = other[solved] * row[solved]
            for column, value in row.items():
                new = other.get(column, 0) - factor * value
                if new:
                    other[column] = new
                    self._holders[column].add(place)
                else:
                    del other[column]
                    self._holders[column].discard(place)
            self._steps += len(row)
        self._solved.append((solved, row))
        return others

    def movements(self) -> sparse.csr_array:
        """One movement for each column that no row was solved for: by one, and the solved ones as they must."""
        by_free: dict[int, Row] = {}
        for solved, row in reversed(self._solved):
            by_free[solved] = self._in_free_columns(solved, row, by_free)
            if self._steps > 2 * MOST_STEPS:
                return sparse.csr_array((0, self._columns), dtype=np.int64)
        by_free |= {column: {column: 1} for column in range(self._columns) if column not in by_free}
        too_far = {free for row in by_free.values() for free, times in row.items() if abs(times) > FURTHEST}
        kept = sorted({free for row in by_free.values() for free in row} - too_far)
        places = {free: place for place, free in enumerate(kept)}
        entries = [
            (places[free], column, times)
            for column, row in by_free.items()
            for free, times in row.items()
            if free in places
        ]
        rows, columns, values = np.array(entries, dtype=np.int64).reshape(-1, 3).T
        return sparse.csr_array((values, (rows, columns)), shape=(len(places), self._columns))

    def _in_free_columns(self, solved: int, row: Row, by_free: dict[int, Row]) -> Row:
        found: Row = {}
        for column, value in row.items():
            if column != solved:
                told = by_free.get(column, {column: 1})
                self._steps += len(told)
                for free, times in told.items():
                    found[free] = found.get(free, 0) - row[solved] * value * times
        return {free: times for free, times in found.items() if times}


def _shortened(movements: sparse.csr_array) -> sparse.csr_array:
    """The same lattice by shorter movements: each less so many times another one, while that makes it shorter.

    Lengths are sums of squares, and fall by whole numbers, so it ends; it may be stopped at any time.
    """
    vectors = movements.toarray().astype(float)
    products = vectors @ vectors.T
    is_waiting, steps = np.ones(len(vectors), dtype=bool), 0
    while is_waiting.any() and steps < MOST_SHORTENINGS:
        longest_first = np.argsort(-products.diagonal(), kind="stable")
        for place in longest_first[is_waiting[longest_first]]:
            is_waiting[place] = False
            taken = _shorten(vectors, products, int(place))
            if taken:
                is_waiting |= _gains(products[place, place], products[place]) > 0
                is_waiting[place] = False
            steps += taken
    shorter = sparse.csr_array(vectors)
    shorter.data = np.rint(shorter.data)
    return shorter.astype(np.int64)


def _shorten(vectors: np.ndarray, products: np.ndarray, place: int) -> int:
    """Take others from one movement while it gets shorter; gives how often."""
    taken = 0
    while True:
        lengths = products.diagonal()
        gains = _gains(lengths, products[place])
        gains[place] = 0
        other = int(np.argmax(gains))
        if gains[other] <= 0:
            return taken
        times = np.rint(products[place, other] / lengths[other])
        vectors[place] -= times * vectors[other]
        products[place] -= times * products[other]
        products[:, place] -= times * products[:, other]
        taken += 1


def _gains(lengths: np.ndarray | float, with_it: np.ndarray) -> np.ndarray:
    """By how much a vector gets shorter when the best number of times another one is taken from it."""
    times = np.rint(with_it / lengths)
    return np.asarray(2 * times * with_it - times * times * lengths)
