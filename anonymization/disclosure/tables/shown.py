"""What a reader sees of each distinct cell: a count, an interval, or that it is hidden."""

from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.tables.requirements import Requirements


@dataclass(frozen=True, eq=False)
class Shown:
    """The true count of each distinct cell lies between `lower` and `upper` (equal when published; float arrays).

    A hidden cell has an infinite upper end; a rounded or perturbed one has the interval that its method states.
    """

    lower: np.ndarray
    upper: np.ndarray

    @property
    def is_open(self) -> np.ndarray:
        """Mask of the cells whose count is not given."""
        return self.lower < self.upper


def shown_when_hidden(counts: np.ndarray, hidden: np.ndarray, required: Requirements) -> Shown:
    """What is seen when the cells of the mask are hidden and all others are published."""
    return Shown(np.where(hidden, required.lower, counts).astype(float), np.where(hidden, np.inf, counts).astype(float))
