"""How much would be hidden, before anything is protected: small counts exactly, the rest by a stated estimate.

The method. Every published sum (a line: total and parts) is looked at by itself. It gives a hidden cell away when
nothing else in it is hidden, or when the total is shown and the hidden parts together cannot move by the width of a
small count among them. Such lines get a further hidden cell: of all cells of such lines, the one with the smallest
count per line it mends; so until no line gives anything away. This is the usual line-by-line reasoning of secondary
suppression (Hundepool et al., Statistical Disclosure Control (2012), chapter 4), not a protection: what follows from
several lines together is not looked at, and no better choice is searched for. The first errs low, the second high:
on the bench's jobs the estimated further cells were 17 % fewer to 12 % more than those of a safe pattern.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from anonymization.disclosure.advice.lines import Lines, lines_of
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.requirements import Requirements, requirements
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.threshold_rules import ThresholdRule

METHOD = (
    "Small counts are counted exactly. What must be hidden with them is an estimate: sums are mended one by one, the "
    "cheapest cell first; nothing is proved by it. The true number is known only when the release is protected."
)


@dataclass(frozen=True)
class Estimate:
    """What a release would lose (distinct cells; counts in persons).

    cells: all. nonzero: those that are not 0. primary: small counts, exactly. secondary: estimated further hidden
    cells. counted: the sum of all counts. counted_shown: the sum of those that stay visible, by the estimate.
    """

    cells: int
    nonzero: int
    primary: int
    secondary: int
    counted: int
    counted_shown: int

    @property
    def shown(self) -> int:
        """Cells that are not 0 and stay visible, by the estimate."""
        return self.nonzero - self.primary - self.secondary

    @property
    def primary_share(self) -> float:
        """Small counts among the cells that are not 0."""
        return self.primary / max(self.nonzero, 1)

    @property
    def hidden_share(self) -> float:
        """Estimated hidden cells among the cells that are not 0."""
        return (self.primary + self.secondary) / max(self.nonzero, 1)


def estimate(release: Release, rule: ThresholdRule) -> Estimate:
    """What protecting `release` would hide, by the method above. Raises DisclosureError as `build_model` does."""
    model = build_model(release.table_set)
    counts = model.cells @ model.tabulate(release)
    required = requirements(model, rule)
    primary = required.primary(counts)
    hidden = estimated_pattern(model, counts, required)
    return Estimate(
        len(counts),
        int((counts > 0).sum()),
        int(primary.sum()),
        int((hidden & ~primary).sum()),
        int(counts.sum()),
        int(counts[~hidden].sum()),
    )


def estimated_pattern(model: JointModel, counts: np.ndarray, required: Requirements) -> np.ndarray:
    """Mask of the distinct cells that the estimate hides; for counting only, it is no protection."""
    weak_lines = _WeakLines(lines_of(model), counts, required)
    hidden = required.primary(counts)
    while True:
        chosen = weak_lines.cheapest_repairs(hidden)
        if not chosen.any():
            return hidden
        hidden = hidden | chosen


class _WeakLines:
    """The lines of a model, and which cells to hide next where they give a hidden cell away."""

    def __init__(self, lines: Lines, counts: np.ndarray, required: Requirements) -> None:
        number = np.arange(len(lines))
        self._lines, self._counts = lines, counts
        self._line = np.concatenate([lines.line, number])
        self._cell = np.concatenate([lines.part, lines.total])
        shape = (len(lines), len(counts))
        self._parts = sparse.csr_array((np.ones(len(lines.part)), (lines.line, lines.part)), shape=shape)
        self._members = sparse.csr_array((np.ones(len(self._cell)), (self._line, self._cell)), shape=shape)
        self._room = counts - required.lower
        self._width = np.where(required.primary(counts), required.width, 1)

    def cheapest_repairs(self, hidden: np.ndarray) -> np.ndarray:
        """Mask of cells to hide: each is the cheapest repair in every weak line that it stands in."""
        weak = self._weak(hidden)
        open_cells = ~hidden & (self._counts > 0)
        mended = self._members.T @ weak
        wanted = weak[self._line] & open_cells[self._cell]
        line, cell = self._line[wanted], self._cell[wanted]
        rank = np.empty(len(hidden), dtype=np.int64)
        rank[np.lexsort((self._counts, self._counts / np.maximum(mended, 1)))] = np.arange(len(hidden))
        best = np.full(len(self._lines), len(hidden))
        np.minimum.at(best, line, rank[cell])
        chosen = np.zeros(len(hidden), dtype=bool)
        chosen[cell] = True
        chosen[cell[best[line] != rank[cell]]] = False
        return chosen

    def _weak(self, hidden: np.ndarray) -> np.ndarray:
        lines = self._lines
        number = self._members @ hidden
        movable = self._parts @ (hidden * self._room)
        widest = np.zeros(len(lines))
        np.maximum.at(widest, lines.line, np.where(hidden, self._width, 0)[lines.part])
        return (number == 1) | (~hidden[lines.total] & (number > 0) & (movable < widest))
