"""Whether cumulative tables can be released every quarter, and what to release instead.

Two cumulative counts of the same cell, both shown, give their difference: those who came between. Where that is 1 to
threshold - 1, a small count is public though no table holds it. Fine cumulative tables are full of such differences.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from anonymization.disclosure.advice.advisor import MOST_COMBINATIONS, Advice, advise
from anonymization.disclosure.advice.layouts import Layout, layout_of, possible_changes, release_with
from anonymization.disclosure.advice.screening import Screening
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError

FEW_DIFFERENCES = 0.02  # of the cells; so many can be hidden as they arise, beyond it the tables are too fine
MOST_TRIED = 10
MOST_COARSER = 3


@dataclass(frozen=True)
class Differences:
    """First differences of one release's cells over one quarter (distinct cells).

    compared: cells that the rule would show in both quarters. small: those that differ by 1 to threshold - 1, either
    way, so that the small count follows by subtraction.
    """

    compared: int
    small: int

    @property
    def small_share(self) -> float:
        """Small differences among the compared cells."""
        return self.small / max(self.compared, 1)


@dataclass(frozen=True, eq=False)
class CoarserCumulative:
    """Cumulative tables coarse enough to be released every quarter: the changes in words, and their differences."""

    changes: tuple[str, ...]
    differences: Differences


@dataclass(frozen=True, eq=False)
class CumulativeAdvice:
    """What the advisor says of cumulative tables.

    differences: of the tables as asked. by_table: table id -> its differences. flows: advice on those who came in
    the quarter, as tables of their own; None when some count fell, since then no flow is known. coarser: coarser
    cumulative tables that can be released every quarter, most cells first.
    """

    differences: Differences
    by_table: Mapping[str, Differences]
    flows: Advice | None
    coarser: tuple[CoarserCumulative, ...]

    @property
    def can_be_quarterly(self) -> bool:
        """Whether the tables are coarse enough to be released every quarter."""
        return self.differences.small_share <= FEW_DIFFERENCES

    @property
    def words(self) -> tuple[str, ...]:
        """What to do, in sentences."""
        if self.can_be_quarterly:
            return ("These cumulative tables can be released every quarter; the ledger still has the last word.",)
        return (_finding(self.differences), *_flow_words(self.flows), _STOCKS, *map(_coarser_words, self.coarser))


def advise_on_cumulative(earlier: Release, later: Release, rule: ThresholdRule) -> CumulativeAdvice:
    """What releasing the same cumulative tables in two quarters, one after the other, would give away.

    earlier, later: the same table set with the counts of both quarters. Raises DisclosureError when the tables differ.
    """
    if layout_of(earlier.table_set) != layout_of(later.table_set):
        raise DisclosureError("The two quarters have different tables: give the same tables with both counts.")
    before, after, shown = _two_quarters(earlier, later, rule)
    rows = build_model(later.table_set).rows
    by_table = {
        str(table_id): _differences(before[cells], after[cells], shown[cells], rule)
        for table_id, cells in rows.groupby("table_id", sort=False)["cell"].unique().items()
    }
    flows = _flows(earlier, later)
    coarser = _coarser(earlier, later, flows or later, rule)
    advice = None if flows is None else advise(flows, rule)
    return CumulativeAdvice(_differences(before, after, shown, rule), by_table, advice, coarser)


def _two_quarters(earlier: Release, later: Release, rule: ThresholdRule) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    model = build_model(later.table_set)
    required = requirements(model, rule)
    before, after = (model.cells @ model.tabulate(Release(later.table_set, r.counts)) for r in (earlier, later))
    return before, after, ~required.primary(before) & ~required.primary(after)


def _differences(before: np.ndarray, after: np.ndarray, shown: np.ndarray, rule: ThresholdRule) -> Differences:
    change = np.abs(after - before)
    small = shown & (change > 0) & (change < rule.threshold)
    return Differences(int(shown.sum()), int(small.sum()))


def _flows(earlier: Release, later: Release) -> Release | None:
    came = {name: _came(earlier.counts[name], later.counts[name]) for name in later.counts}
    if any((counts["count"] < 0).any() for counts in came.values()):
        return None
    return Release(later.table_set, came)


def _came(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in after.columns if name != "count"]
    signed = pd.concat([after, before.assign(count=-before["count"])])
    return signed.groupby(names, observed=True)["count"].sum().reset_index()


def _coarser(earlier: Release, later: Release, flows: Release, rule: ThresholdRule) -> tuple[CoarserCumulative, ...]:
    changes = possible_changes(later.table_set)
    # small flows are small differences, so a first look at the flows tells which layouts are worth the trouble
    candidates = Screening(flows, rule).candidates(layout_of(later.table_set), changes, MOST_COMBINATIONS)
    hopeful = sorted(candidates, key=lambda one: (one.primary > FEW_DIFFERENCES * one.nonzero, -one.nonzero))
    found: dict[Layout, CoarserCumulative] = {}
    for candidate in hopeful[:MOST_TRIED]:
        before, after = (release_with(release, candidate.layout) for release in (earlier, later))
        differences = _differences(*_two_quarters(before, after, rule), rule)
        if differences.compared and differences.small_share <= FEW_DIFFERENCES:
            found[candidate.layout] = CoarserCumulative(tuple(c.words for c in candidate.changes), differences)
    kept = [one for layout, one in found.items() if not any(set(layout) < set(other) for other in found)]
    return tuple(sorted(kept, key=lambda one: -one.differences.compared)[:MOST_COARSER])


_STOCKS = "Or release stocks (who is in care on the last day): leavers and arrivals are then one figure."


def _finding(found: Differences) -> str:
    return (
        f"{found.small:,} of {found.compared:,} cells that both quarters would show differ by a small count, which "
        "follows by subtraction: do not release these cumulative tables every quarter."
    )


def _flow_words(advice: Advice | None) -> tuple[str, ...]:
    if advice is None:
        return ("Flows cannot be told, since some counts fell: state the removals, or release stocks.",)
    if advice.as_asked is None or not advice.is_too_fine:
        return ("Release flows (those who came in the quarter) in the same tables, and cumulative tables seldom.",)
    better = "; ".join(advice.proposals[0].changes) if advice.proposals else "much coarser tables"
    return (
        f"Release flows (those who came in the quarter), coarser than these tables, where about "
        f"{advice.as_asked.hidden_share:.0%} of their cells would be hidden: {better}. "
        "Release cumulative tables seldom.",
    )


def _coarser_words(coarser: CoarserCumulative) -> str:
    found = coarser.differences
    return (
        f"Or release coarser cumulative tables: {'; '.join(coarser.changes)} "
        f"({found.small:,} of {found.compared:,} cells differ by a small count)."
    )
