"""Promises of suppression on random sets of linked tables, judged by an attacker written apart from the product.

All counts are synthetic.
"""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.headline import DEARER, Costs
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.suppression.budget import Effort
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.shown import shown_when_hidden
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError
from tests.bench.disclosure.jobs import SEED, release_of
from tests.support.full_cross import FullCross
from tests.support.linked_releases import counts, dimensions, related, releases, rules

R1 = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
MOST_SECONDARIES = 11  # patterns are all tried up to here


def is_safe(release: Release, protected: ProtectedRelease, rule: ThresholdRule) -> None:
    """The other attacker finds nothing; what is shown is true; zeros and large counts are as they should be."""
    cross = FullCross(release.table_set)
    true, rows = cross.counts(release), cross.by_row(protected.cells)
    hidden = {cell for cell, count in zip(rows, protected.cells["count"], strict=True) if pd.isna(count)}
    for cell, count, status in zip(rows, protected.cells["count"], protected.cells["status"], strict=True):
        assert (cell in hidden) == (status != "published"), "one cell has two marks"
        assert (status == "primary") == (0 < true[cell] < cross.threshold(cell, rule))
        assert cell in hidden or count == true[cell]
        assert true[cell] or status == "published"
    assert not cross.narrow(true, hidden, rule)


def judged(release: Release, rule: ThresholdRule) -> None:
    """Protected as the other attacker agrees; or refused, and hiding everything would not be safe either."""
    try:
        protected = protect(release, History(), rule)
    except DisclosureError:
        cross = FullCross(release.table_set)
        true = cross.counts(release)
        assert cross.narrow(true, [cell for cell, count in true.items() if count], rule)
        return
    report = protected.audit
    assert (report.exact, report.narrow, report.exact_integer, report.narrow_integer) == (0, 0, 0, 0)
    assert protected.pattern.bound <= protected.pattern.cost + 1e-6
    is_safe(release, protected, rule)


@given(releases(), rules())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_random_linked_tables_are_safe(release: Release, rule: ThresholdRule) -> None:
    judged(release, rule)


@given(related(), rules())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_random_related_populations_are_safe(release: Release, rule: ThresholdRule) -> None:
    judged(release, rule)


def pattern_cost(release: Release, rule: ThresholdRule) -> float | None:
    """The cost of the cheapest safe pattern that shows the grand total, or if none does of the cheapest safe one, found
    by trying all. A grand total that is hidden all the same costs much more than any other cell. None when there are
    too many."""
    cross = FullCross(release.table_set)
    true = cross.counts(release)
    primary = [cell for cell, count in true.items() if 0 < count < cross.threshold(cell, rule)]
    free = [cell for cell, count in true.items() if count and cell not in primary]
    if not primary or len(free) > MOST_SECONDARIES:
        return None
    total = cross.cell("children", {})
    cost = {cell: float(true[cell]) for cell in free}
    if total in cost:
        cost[total] = max(cost[total], DEARER * max([1.0, *(one for cell, one in cost.items() if cell != total)]))
    patterns = [chosen for size in range(len(free) + 1) for chosen in combinations(free, size)]
    for chosen in sorted(patterns, key=lambda chosen: (total in chosen, sum(cost[cell] for cell in chosen))):
        if not cross.narrow(true, [*primary, *chosen], rule):
            return sum(cost[cell] for cell in chosen)
    return None


@st.composite
def tiny_releases(draw: st.DrawFn) -> Release:
    """One table of at most nine cells, or two that share their totals."""
    area = Dimension("area", {"COUNTY": {c: c for c in ("C0", "C1", "C2")[: draw(st.integers(2, 3))]}})
    sex = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
    known = (area, sex)[: draw(st.integers(1, 2))]
    table = Table("T0", "children", known, ({d.name: ("TOTAL", *d.levels) for d in known},))
    return Release(TableSet((table,)), {"children": draw(counts(known))})


@given(tiny_releases())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_no_bound_exceeds_the_cheapest_pattern_and_a_proven_one_is_the_cheapest(release: Release) -> None:
    cheapest = pattern_cost(release, R1)
    assume(cheapest is not None)
    pattern = protect(release, History(), R1).pattern
    assert pattern.bound <= cheapest + 1e-6
    assert pattern.cost >= cheapest
    if pattern.gap == 0:
        assert pattern.cost == cheapest


def hidden_keys(protected: ProtectedRelease) -> set[tuple[str, ...]]:
    hidden = protected.cells[protected.cells["count"].isna()]
    return set(hidden.drop(columns=["count", "status"]).itertuples(index=False, name=None))


def relabelled(release: Release) -> Release:
    """The same children under other codes, whose alphabetical order is the opposite; the order of leaves is kept."""

    def new(code: str) -> str:
        return "z" + "".join(chr(155 - ord(c)) if c.isupper() else c for c in code)

    def dimension(old: Dimension) -> Dimension:
        levels = {level: {new(leaf): new(code) for leaf, code in m.items()} for level, m in old.levels.items()}
        return Dimension(old.name, levels)

    tables = tuple(
        Table(t.table_id, t.population, tuple(map(dimension, t.dimensions)), t.margins)
        for t in release.table_set.tables
    )
    frames = {
        population: frame.assign(**{name: frame[name].map(new) for name in frame.columns if name != "count"})
        for population, frame in release.counts.items()
    }
    return Release(TableSet(tables, release.table_set.relations), frames)


@given(releases(), rules())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_other_codes_give_the_same_pattern(release: Release, rule: ThresholdRule) -> None:
    plain_rule = ThresholdRule(rule.threshold, rule.width, rule.knowledge)
    first, second = (protect(r, History(), plain_rule) for r in (release, relabelled(release)))
    assert first.cells["status"].tolist() == second.cells["status"].tolist()
    assert first.pattern.cost == second.pattern.cost


@given(releases(2), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_rows_in_another_order_give_the_same_bytes(release: Release, random) -> None:
    shuffled = {p: f.sample(frac=1, random_state=random.randrange(1000)) for p, f in release.counts.items()}
    first, second, third = (protect(r, History(), R1) for r in (release, release, Release(release.table_set, shuffled)))
    for again in (second, third):
        assert first.cells.to_csv(index=False).encode() == again.cells.to_csv(index=False).encode()
        assert first.audit.figures() == again.audit.figures()
        assert first.pattern.stages == again.pattern.stages


def with_redundant_margins(release: Release) -> Release:
    """Each table says its margins twice, and comes a second time under another name with dimensions turned round."""
    tables = list(release.table_set.tables)
    doubled = [Table(t.table_id, t.population, t.dimensions, (*t.margins, *t.margins)) for t in tables]
    again = [Table(f"{t.table_id}again", t.population, t.dimensions[::-1], t.margins) for t in tables]
    return Release(TableSet((*doubled, *again), release.table_set.relations), release.counts)


@given(releases(2))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_redundant_margins_hide_the_same_cells(release: Release) -> None:
    plain = protect(release, History(), R1)
    more = protect(with_redundant_margins(release), History(), R1)
    ours = more.cells["table_id"].isin([table.table_id for table in release.table_set.tables])
    assert hidden_keys(plain) == {key for key in hidden_keys(more) if not key[0].endswith("again")}
    assert set(more.cells.columns) == set(plain.cells.columns)
    assert int(ours.sum()) == len(plain.cells)


def audited(release: Release, hidden: np.ndarray, rule: ThresholdRule, **options) -> AuditReport:
    model = build_model(release.table_set)
    required, truth = requirements(model, rule), model.tabulate(release)
    return audit(model, shown_when_hidden(model.cells @ truth, hidden, required), required, truth=truth, **options)


@given(releases(), rules(), st.data())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_after_clean_up_no_secondary_can_be_published(
    release: Release, rule: ThresholdRule, data: st.DataObject
) -> None:
    protected = protect(release, History(), rule)
    assume(protected.pattern.stages[-1].name == "clean-up")  # what whole numbers asked for afterwards may be too much
    secondary = np.flatnonzero(protected.pattern.hidden & ~protected.joint.required.primary(protected.joint.counts))
    assume(len(secondary))
    fewer = protected.pattern.hidden.copy()
    fewer[data.draw(st.sampled_from(list(secondary)))] = False
    assert audited(release, fewer, rule).verdict == "unsafe"


def test_no_secondary_of_county_by_age_by_sex_can_be_published() -> None:
    """Job J1 of the benchmark, every secondary cell in turn."""
    release = release_of("J1", SEED)
    found = protect(release, History(), R1, Terms(effort=Effort(search=5_000, bound=0)))
    secondary = np.flatnonzero(found.pattern.hidden & ~found.joint.required.primary(found.joint.counts))
    assert len(secondary) > 30
    for cell in secondary:
        fewer = found.pattern.hidden.copy()
        fewer[cell] = False
        assert audited(release, fewer, R1).verdict == "unsafe"


@given(releases(2), st.data())
@settings(max_examples=25, deadline=None, derandomize=True)
def test_publishing_one_more_cell_never_widens_an_interval(release: Release, data: st.DataObject) -> None:
    protected = protect(release, History(), R1)
    hidden = protected.pattern.hidden
    assume(hidden.sum() > 1)
    shown_now = data.draw(st.sampled_from(list(np.flatnonzero(hidden))))
    cross = FullCross(release.table_set)
    model, true = protected.joint.model, cross.counts(release)
    cells = dict(zip(model.rows["cell"], cross.by_row(model.rows), strict=True))
    target = cells[data.draw(st.sampled_from([c for c in np.flatnonzero(hidden) if c != shown_now]))]
    fewer = hidden.copy()
    fewer[shown_now] = False
    widths = []
    for pattern in (hidden, fewer):
        known = {cell: (1.0, np.inf) if pattern[place] else (true[cell],) * 2 for place, cell in cells.items()}
        lowest, highest = cross.ends(known, target)
        widths.append(highest - lowest)
    assert widths[1] <= widths[0]
    before, after = audited(release, hidden, R1), audited(release, fewer, R1)
    assert before.verdict == "safe"
    assert after.exact_integer >= before.exact_integer
    assert after.narrow_integer >= before.narrow_integer


def test_a_witness_that_was_true_before_a_cell_was_shown_again_is_not_believed():
    area = Dimension("area", {"COUNTY": {c: c for c in ("C1", "C2", "C3")}})
    table = Table("T1", "children", (area,), ({"area": ("TOTAL", "COUNTY")},))
    release = Release(
        TableSet((table,)), {"children": pd.DataFrame({"area": ["C1", "C2", "C3"], "count": [3, 10, 20]})}
    )
    protected = protect(release, History(), R1)
    witnesses = protected.audit.witnesses
    assert len(witnesses) > 1
    shown_again = protected.pattern.hidden.copy()
    shown_again[protected.joint.counts == 10] = False
    report = audited(release, shown_again, R1, witnesses=witnesses)
    assert (report.verdict, report.exact_integer) == ("unsafe", 1)
    assert audited(release, protected.pattern.hidden, R1, witnesses=witnesses).verdict == "safe"


@given(releases(2))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_dear_headlines_only_change_what_is_hidden(release: Release) -> None:
    protected = protect(release, History(), R1, Terms(costs=Costs(country=1000.0, headline=10.0)))
    is_safe(release, protected, R1)


@pytest.mark.parametrize("counted", [[0] * 4, [1] * 4, [4] * 4, [9] * 4], ids=str)
@pytest.mark.parametrize("knowledge", ["nonnegative", "zeros_published"])
def test_empty_and_all_primary_tables(counted: list[int], knowledge: str) -> None:
    rule = ThresholdRule(5, 5 if knowledge == "nonnegative" else 4, knowledge)
    known = tuple(Dimension(name, {"L": {f"{name}1": f"{name}1", f"{name}2": f"{name}2"}}) for name in "ab")
    leaves = [(a, b) for a in known[0].leaves for b in known[1].leaves]
    margin = {d.name: ("TOTAL", "L") for d in known}
    release = Release(
        TableSet((Table("T", "p", known, (margin,)),)),
        {"p": pd.DataFrame(leaves, columns=["a", "b"]).assign(count=counted)},
    )
    judged(release, rule)


@given(dimensions())
@settings(max_examples=5, deadline=None, derandomize=True)
def test_no_rows_at_all_are_a_table_of_zeros(known: tuple[Dimension, ...]) -> None:
    margin = {d.name: ("TOTAL", *d.levels) for d in known}
    nobody = pd.DataFrame({d.name: pd.Series(dtype=str) for d in known}).assign(count=pd.Series(dtype=int))
    release = Release(TableSet((Table("T", "p", known, (margin,)),)), {"p": nobody})
    assert (protect(release, History(), R1).cells["count"] == 0).all()
