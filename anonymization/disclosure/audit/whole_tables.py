"""All whole tables of a small part of a system, one after the other."""

from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.audit.reduction import Reduced

MOST_ATOMS = 60  # of a part that is enumerated
NO_END = 1e9  # stands for an infinite end, so that sums stay numbers
STEPS_A_TABLE = 20  # guesses allowed for each table that may be found


class TooManyError(Exception):
    """There are more whole tables than asked for, or finding them takes too many steps."""


def whole_tables(reduced: Reduced, places: np.ndarray, most: int) -> list[np.ndarray]:
    """The values (int64) that the open atoms at these places can have; rows that hold them hold no other open atom.

    Raises TooManyError when there are more than `most`.
    """
    if len(places) > MOST_ATOMS:
        raise TooManyError
    rows = np.flatnonzero(np.diff(reduced.matrix[:, places].indptr) > 0)
    matrix = reduced.matrix[rows][:, places].toarray().astype(float)
    ends = _numbers(reduced.lower[rows]), _numbers(reduced.upper[rows])
    search = _Enumeration(matrix, *ends, most)
    search.go_on(_numbers(reduced.lowest[places]), _numbers(reduced.highest[places]))
    return search.found


def _numbers(ends: np.ndarray) -> np.ndarray:
    return np.clip(ends, -NO_END, NO_END)


@dataclass(eq=False)
class _Enumeration:
    matrix: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    most: int

    def __post_init__(self) -> None:
        self.found: list[np.ndarray] = []
        self._steps = 0

    def go_on(self, least: np.ndarray, highest: np.ndarray) -> None:
        """All tables within these bounds of the atoms."""
        bounds = self._tightened(least, highest)
        if bounds is None:
            return
        self._count_step()
        least, highest = bounds
        room = highest - least
        open_ones = np.flatnonzero(room > 0)
        if not len(open_ones):
            self._add(least)
            return
        atom = open_ones[np.argmin(room[open_ones])]
        if room[atom] > self.most:
            raise TooManyError
        for value in np.arange(least[atom], highest[atom] + 1):
            low, high = least.copy(), highest.copy()
            low[atom] = high[atom] = value
            self.go_on(low, high)

    def _count_step(self) -> None:
        self._steps += 1
        if self._steps > STEPS_A_TABLE * self.most:
            raise TooManyError

    def _add(self, values: np.ndarray) -> None:
        sums = self.matrix @ values
        if ((sums >= self.lower) & (sums <= self.upper)).all():
            self.found.append(np.rint(values).astype(np.int64))
        if len(self.found) > self.most:
            raise TooManyError

    def _tightened(self, least: np.ndarray, highest: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Closer bounds of the atoms, as far as single rows give them; None when nothing is within."""
        while True:
            rising, falling = np.maximum(self.matrix, 0), np.minimum(self.matrix, 0)
            smallest = rising * least + falling * highest
            largest = rising * highest + falling * least
            room_up = self.upper[:, None] - (smallest.sum(axis=1)[:, None] - smallest)
            room_down = self.lower[:, None] - (largest.sum(axis=1)[:, None] - largest)
            with np.errstate(divide="ignore", invalid="ignore"):
                by_up, by_down = room_up / self.matrix, room_down / self.matrix
            tops = np.where(self.matrix > 0, by_up, np.where(self.matrix < 0, by_down, NO_END))
            bottoms = np.where(self.matrix > 0, by_down, np.where(self.matrix < 0, by_up, -NO_END))
            low = np.maximum(least, np.ceil(bottoms.max(axis=0, initial=-NO_END) - 1e-9))
            high = np.minimum(highest, np.floor(tops.min(axis=0, initial=NO_END) + 1e-9))
            if (low > high).any():
                return None
            if (low == least).all() and (high == highest).all():
                return low, high
            least, highest = low, high
