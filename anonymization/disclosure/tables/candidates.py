"""Counts along one dimension that may need protection: sets of its classes, for every label of the other dimensions.

Of very many sets only those are made into rows that are small, or, where the true counts are not known, that can be.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.shown import Shown

AT_A_TIME = 2_048  # sets whose counts are computed together
MOST_UNKNOWN = 2_000  # counts tried where the true ones are not known
MOST_LISTED = 10 * MOST_UNKNOWN  # for that many are listed, since some are equal
ANY = 1e15  # stands for a bound that is not known, where infinity times zero would be nothing


@dataclass(frozen=True, eq=False)
class View:
    """One dimension, for every label of the others.

    parts: a row over atoms for each label and class, the class running fastest. sets: sets x classes (bool).
    threshold: labels x sets. within: labels x sets, bounds from cells that are contained and cells that contain;
    made only when asked for. name: of a label and a set, in words.
    """

    kind: str
    parts: sparse.csr_array
    sets: np.ndarray
    threshold: np.ndarray
    name: Callable[[int, int], str]
    within: "Callable[[Shown], tuple[np.ndarray, np.ndarray]] | None" = None

    @property
    def classes(self) -> int:
        """How many classes the dimension has."""
        return self.sets.shape[1]

    def rows(self, labels: np.ndarray, sets: np.ndarray) -> sparse.csr_array:
        """The rows over atoms of these labels and sets."""
        place, members = np.nonzero(self.sets[sets])
        columns = labels[place] * self.classes + members
        shape = (len(sets), self.parts.shape[0])
        chosen = sparse.csr_array((np.ones(len(place), dtype=np.int64), (place, columns)), shape=shape)
        return sparse.csr_array(chosen @ self.parts)


Choose = Callable[[View], tuple[np.ndarray, np.ndarray]]  # labels and sets, one entry a count


def small_ones(truth: np.ndarray) -> Choose:
    """Chooses the counts that are small at these true atoms."""

    def choose(view: View) -> tuple[np.ndarray, np.ndarray]:
        by_class = (view.parts @ truth).reshape(-1, view.classes)
        found = [_small_among(view, by_class, start) for start in range(0, len(view.sets), AT_A_TIME)]
        places = np.concatenate([np.zeros((2, 0), dtype=np.int64), *found], axis=1)
        return places[0], places[1]

    return choose


def _small_among(view: View, by_class: np.ndarray, start: int) -> np.ndarray:
    sets = view.sets[start : start + AT_A_TIME]
    counts = by_class @ sets.T.astype(np.int64)
    labels, places = np.nonzero((counts > 0) & (counts < view.threshold[:, start : start + AT_A_TIME]))
    return np.stack([labels, places + start])


@dataclass(eq=False)
class PossiblySmall:
    """Chooses the counts that can be small as far as the cells around them tell, the closest known first.

    room: how many more are chosen. left_out: how many were not, for want of room.
    """

    shown: Shown
    room: int = MOST_LISTED
    left_out: int = field(default=0, init=False)

    def __call__(self, view: View) -> tuple[np.ndarray, np.ndarray]:
        """The labels and sets chosen of a view."""
        lower, upper = self._bounds(view)
        labels, sets = np.nonzero((upper > 0) & (lower < view.threshold))
        order = np.argsort((upper - lower)[labels, sets], kind="stable")
        chosen = order[: self.room]
        self.room -= len(chosen)
        self.left_out += len(order) - len(chosen)
        return labels[chosen], sets[chosen]

    def _bounds(self, view: View) -> tuple[np.ndarray, np.ndarray]:
        if view.within is not None:
            return view.within(self.shown)
        shape = view.threshold.shape
        return np.zeros(shape), np.full(shape, ANY)
