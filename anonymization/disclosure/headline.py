"""Cells that must stay shown, and what hiding the others costs: by definition, never by count."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

import numpy as np

from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.ledger.history import Joint
from anonymization.disclosure.suppression.budget import Budget, Effort, OutOfTimeError
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.named_cells import named_cells
from anonymization.disclosure.tables.table_set import TOTAL
from anonymization.disclosure.threshold_rules import NamedCells
from anonymization.errors import DisclosureError

MOST_NAMED = 3  # cells that a refusal names
DEARER = 10  # times the dearest other cell: what must not be hidden costs this where it is tried whether it must be


class HidingPattern(Protocol):
    """What says which distinct cells are hidden (mask)."""

    @property
    def hidden(self) -> np.ndarray:
        """The mask."""


P = TypeVar("P", bound=HidingPattern)


@dataclass(frozen=True)
class Costs:
    """Factors on a cell's count, which is what hiding it costs: for grand totals, for cells of one dimension, for cells
    hidden when their table last came out; and for cells named by definition, each definition with its factor."""

    country: float = 1.0
    headline: float = 1.0
    hidden_before: float = 1.0
    named: tuple[tuple[NamedCells, float], ...] = field(default=())


@dataclass(frozen=True, eq=False)
class Headline:
    """Masks of the distinct cells of a release that must stay shown (kept) and that should (grand totals of tables)."""

    joint: Joint
    kept: np.ndarray
    totals: np.ndarray

    def costs(self, costs: Costs, kept: np.ndarray) -> np.ndarray:
        """What hiding each cell costs when these (mask) are never hidden: the others of both masks are very dear."""
        cost = _costs(self.joint, costs)
        wanted = (self.kept | self.totals) & ~kept
        if wanted.any():
            cost[wanted] = np.maximum(cost[wanted], DEARER * cost[~wanted].max(initial=1.0))
        return cost

    def weaker(self, effort: Effort) -> Iterator[tuple[np.ndarray, Effort]]:
        """What to keep where not all can be: no grand totals; then nothing, to see which cell is in the way."""
        if self.totals.any():
            yield self.kept, effort
        if self.kept.any():
            yield np.zeros(len(self.kept), dtype=bool), replace(effort, search=0, bound=0)

    def refusal(self, hidden: np.ndarray) -> str:
        """That cells of `keep` are in the way; `hidden`: mask of the pattern that was found without it."""
        in_the_way = np.flatnonzero(hidden & self.kept)
        return (
            f"keep: no safe pattern was found that shows {_listed(self.joint.model, in_the_way)}: small counts can "
            "only be protected by hiding that, too. Take it out of keep, hide fewer cells by name, or publish coarser "
            "tables."
        )

    def notes(self, hidden: np.ndarray) -> tuple[str, ...]:
        """A sentence on each grand total that is hidden all the same, by the mask of hidden cells."""
        joint, totals = self.joint, _grand_totals(self.joint)
        small = joint.required.primary(joint.counts)
        return tuple(
            f"The grand total of {describe(joint.model, cell)} is hidden: "
            f"{'its own count is a reason to' if small[cell] else 'no safe pattern was found that shows it'}."
            for cell in np.flatnonzero(totals & hidden).tolist()
        )


def headline_of(joint: Joint, keep: Sequence[NamedCells]) -> Headline:
    """What of a joint model must stay shown. Grand totals that are small or hidden by name are not kept.

    Raises DisclosureError, naming the cell and no count, for a small cell in `keep`, for one in `keep` and in `hide`,
    and for a zero in `hide`, which cannot be hidden since zeros are always shown.
    """
    required, counts, is_new = joint.required, joint.counts, ~joint.is_old
    kept = _any([named_cells(named, joint.model) for named in keep], len(counts)) & is_new
    by_name = np.zeros(len(counts), dtype=bool) if required.is_named is None else required.is_named & is_new
    _refuse(joint, kept & by_name, "keep and hide both name {}: take it out of one of them.")
    _refuse(joint, by_name & (counts == 0), "hide: {} counts nobody, and zeros are always shown: take it out of hide.")
    small = required.primary(counts)
    _refuse(joint, kept & small, "keep: {} is a small count, and those are always hidden: take it out of keep.")
    return Headline(joint, kept, _grand_totals(joint) & ~small & ~kept)


def hidden_headline(model: JointModel, hidden: np.ndarray, keep: Sequence[NamedCells]) -> list[str]:
    """A sentence on cells of `keep` that a file of cells hides (mask), and one on grand totals that it hides."""
    kept = _any([named_cells(named, model) for named in keep], len(hidden)) & hidden
    totals = named_cells(NamedCells(), model) & hidden & ~kept
    found = [f"keep names {_listed(model, np.flatnonzero(kept))}, but it is hidden."] if kept.any() else []
    return found + ([f"The grand total is hidden: {_listed(model, np.flatnonzero(totals))}."] if totals.any() else [])


def shown_where_possible(
    headline: Headline, found: Callable[[np.ndarray, Effort], tuple[AuditReport, P]], effort: Effort, budget: Budget
) -> tuple[AuditReport, P]:
    """What is found with every headline cell shown; else with those that must be, and no grand total hidden needlessly.

    found: gives the audit and the pattern that never hide some cells (mask), or raises DisclosureError.
    Raises its first refusal; or one that names the cells of `keep` that only a pattern without it would protect.
    """
    try:
        return found(headline.kept | headline.totals, effort)
    except DisclosureError as refusal:
        if isinstance(refusal, OutOfTimeError) or budget.is_over():
            raise
        first = refusal
    for kept, spent in headline.weaker(effort):
        try:
            report, pattern = found(kept, spent)
        except DisclosureError:
            continue
        if (pattern.hidden & headline.kept).any():
            raise DisclosureError(headline.refusal(pattern.hidden)) from None
        return report, pattern
    raise first


def _refuse(joint: Joint, wrong: np.ndarray, sentence: str) -> None:
    if wrong.any():
        raise DisclosureError(sentence.format(_listed(joint.model, np.flatnonzero(wrong))))


def _grand_totals(joint: Joint) -> np.ndarray:
    return named_cells(NamedCells(), joint.model) & ~joint.is_old


def _costs(joint: Joint, costs: Costs) -> np.ndarray:
    counts = joint.counts
    cost = counts.astype(float) * ~joint.required.primary(counts)
    for breadth, factor in enumerate((costs.country, costs.headline)):
        cost[joint.model.breadth == breadth] *= factor
    for named, factor in costs.named:
        cost[named_cells(named, joint.model)] *= factor
    cost[joint.hidden_last_time] *= costs.hidden_before
    cost[joint.is_old] = 0.0
    return cost


def _any(masks: Sequence[np.ndarray], size: int) -> np.ndarray:
    return np.any([np.zeros(size, dtype=bool), *masks], axis=0)


def _listed(model: JointModel, cells: np.ndarray) -> str:
    said = " and ".join(describe(model, int(cell)) for cell in cells[:MOST_NAMED])
    return said + (f" and {len(cells) - MOST_NAMED} more" if len(cells) > MOST_NAMED else "")


def describe(model: JointModel, cell: int) -> str:
    """A cell in words: its table, and the codes that are no totals."""
    row = model.rows.iloc[int(model.first_row[cell])]
    codes = [f"{name}={row[name]}" for name in model.table_set.dimension_names if row[name] != TOTAL]
    return f"{row['table_id']} ({', '.join(codes) or 'total'})"
