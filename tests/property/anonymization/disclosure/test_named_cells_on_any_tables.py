"""Promises on cells named by definition, on random small tables, judged by an attacker written apart."""

import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anonymization.disclosure.headline import Costs
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.suppression.budget import Effort
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import NamedCells, ThresholdRule
from anonymization.errors import DisclosureError
from tests.support.full_cross import Cell, FullCross
from tests.support.linked_releases import releases

LITTLE = Effort(search=2_000, bound=2_000)


def rule(hide: tuple[NamedCells, ...] = ()) -> ThresholdRule:
    return ThresholdRule(threshold=5, width=4, knowledge="zeros_published", hide=hide)


class Judge:
    """A release as the other attacker sees it."""

    def __init__(self, release: Release) -> None:
        self.cross = FullCross(release.table_set)
        self.true = self.cross.counts(release)
        self.small = {cell for cell, count in self.true.items() if 0 < count < 5}
        self.total = self.cross.cell("children", {})

    def definition(self, cell: Cell) -> NamedCells:
        return NamedCells(codes={name: (code,) for name, code in self.cross.codes_of[cell][0].items()})

    def hidden(self, protected: ProtectedRelease) -> set[Cell]:
        rows = self.cross.by_row(protected.cells)
        return {cell for cell, count in zip(rows, protected.cells["count"], strict=True) if pd.isna(count)}

    def is_safe(self, hidden: set[Cell], by_name: set[Cell] = frozenset()) -> bool:
        """Whether small counts, and those hidden by name, keep their width."""
        if self.cross.narrow(self.true, hidden, rule()):
            return False
        known = {cell: (count, count) for cell, count in self.true.items()} | {
            cell: (1, float("inf")) for cell in hidden
        }
        return all(high - low >= 4 for low, high in (self.cross.ends(known, cell) for cell in by_name))

    def everything_but(self, shown: set[Cell]) -> set[Cell]:
        """The pattern that hides whatever is not zero and not in here: no pattern that shows these is safer."""
        return {cell for cell, count in self.true.items() if count and cell not in shown}


def has_grand_total(release: Release) -> bool:
    """Whether a table shows it; a table of counties alone has none, even where there is one county."""
    margins = [margin for table in release.table_set.tables for margin in table.margins]
    return any(all("TOTAL" in levels for levels in margin.values()) for margin in margins)


@given(releases(2), st.data())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_kept_cells_are_shown_or_the_release_is_refused_rightly(release: Release, data: st.DataObject) -> None:
    judge = Judge(release)
    large = [cell for cell in judge.true if cell not in judge.small]
    assume(judge.small and large)
    kept = set(data.draw(st.lists(st.sampled_from(large), min_size=1, max_size=3, unique=True)))
    terms = Terms(keep=tuple(map(judge.definition, kept)), effort=LITTLE)
    if not judge.is_safe(judge.everything_but(kept)):
        try:
            protect(release, History(), rule(), terms)
        except DisclosureError as refusal:
            alone = judge.is_safe(judge.everything_but(set()))
            assert ("keep: no safe pattern was found that shows T" in str(refusal)) == alone
            return
        raise AssertionError("no pattern is safe that shows these cells, and one was found")
    protected = protect(release, History(), rule(), terms)
    hidden = judge.hidden(protected)
    assert not hidden & kept
    assert judge.is_safe(hidden)
    assert protected.pattern.bound <= protected.pattern.cost + 1e-6


@given(releases(2))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_the_grand_total_is_kept_wherever_that_is_safe(release: Release) -> None:
    judge = Judge(release)
    assume(has_grand_total(release) and judge.small and judge.true.get(judge.total))
    assume(judge.is_safe(judge.everything_but(set())))
    protected = protect(release, History(), rule(), Terms(effort=LITTLE))
    can_be_shown = judge.total not in judge.small and judge.is_safe(judge.everything_but({judge.total}))
    assert (judge.total not in judge.hidden(protected)) == can_be_shown
    assert bool(protected.notes) == (not can_be_shown)


@given(releases(2), st.data())
@settings(max_examples=15, deadline=None, derandomize=True)
def test_cells_hidden_by_name_are_hidden_and_wide(release: Release, data: st.DataObject) -> None:
    judge = Judge(release)
    occurring = [cell for cell, count in judge.true.items() if count]
    assume(occurring)
    named = set(data.draw(st.lists(st.sampled_from(occurring), min_size=1, max_size=2, unique=True)))
    strict = rule(tuple(map(judge.definition, named)))
    if not judge.is_safe(judge.everything_but(set()), named):
        assume(False)
    protected = protect(release, History(), strict, Terms(effort=LITTLE))
    hidden = judge.hidden(protected)
    assert named <= hidden
    assert judge.is_safe(hidden, named)
    assert protected.audit.primary == len(judge.small | named)


@given(releases(1), st.data())
@settings(max_examples=12, deadline=None, derandomize=True)
def test_costs_never_make_a_pattern_unsafe_and_steer_it(release: Release, data: st.DataObject) -> None:
    judge = Judge(release)
    assume(judge.small and judge.is_safe(judge.everything_but(set())))
    plain = protect(release, History(), rule(), Terms(effort=LITTLE))
    secondary = [cell for cell in judge.hidden(plain) if cell not in judge.small]
    assume(secondary)
    dear = data.draw(st.sampled_from(secondary))
    costs = Costs(named=((judge.definition(dear), 1_000.0),))
    steered = judge.hidden(protect(release, History(), rule(), Terms(costs=costs, effort=LITTLE)))
    assert judge.is_safe(steered)
    rest = {cell for cell in judge.everything_but({dear}) if cell != judge.total}
    assert dear not in steered or not judge.is_safe(rest)
