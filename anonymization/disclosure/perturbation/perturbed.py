"""What a perturbation hands over: the counts to show, what they tell, and what they cost."""

from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.tables.shown import Shown


@dataclass(frozen=True, eq=False)
class Perturbed:
    """Changed counts of every distinct cell of a model (int64), and what a reader can conclude from them.

    shown:          the interval of true counts that each shown count allows, for who knows the method.
    total_change:   the sum of |shown - true| over distinct cells. largest_change: the largest of them.
    bound:          no result of this method has a smaller total change (0 when none is sought).
    is_optimal:     the total change is proven to be the least.
    is_additive:    sums hold in the shown counts.
    note:           what to print beside the tables, in English.
    """

    published: np.ndarray
    shown: Shown
    total_change: int
    largest_change: int
    bound: int
    is_optimal: bool
    is_additive: bool
    note: str

    @property
    def gap(self) -> float:
        """(total change - bound) / bound; infinite when nothing is proven."""
        if self.total_change == self.bound:
            return 0.0
        return (self.total_change - self.bound) / self.bound if self.bound else float("inf")


def changes(counts: np.ndarray, published: np.ndarray) -> tuple[int, int]:
    """The sum and the largest of the changes, by whole-number addition."""
    change = np.abs(published - counts)
    return int(change.sum()), int(change.max(initial=0))
