"""Promise: rounded tables add up, keep their zeros, stay near, and change as little in all as any rounding can.

Sums are read from the codes of the tables, and the least change is found by trying every rounding. Synthetic counts.
"""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.perturbation.controlled import round_controlled
from anonymization.disclosure.perturbation.inner_cells import inner_cells
from anonymization.disclosure.perturbation.perturb import perturb
from anonymization.disclosure.perturbation.perturbation_rules import (
    ControlledRounding,
    Gate,
    PerturbationRule,
    SmallCountRounding,
)
from anonymization.disclosure.perturbation.perturbed import Perturbed
from anonymization.disclosure.perturbation.readers_view import requirements_of_gate
from anonymization.disclosure.perturbation.small_counts import round_small_counts
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.relations import Subset
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Release, Table, TableSet
from anonymization.errors import DisclosureError
from tests.support.perturbation_cases import AREA, BY_SEX, RULE, SEX, broken_sums, linked, one_table

NODES = 500
SMALL_COUNTS = st.sampled_from((0, 0, 1, 1, 2, 3, 4, 5, 6, 11, 240))
LINKED = st.lists(SMALL_COUNTS, min_size=12, max_size=12).map(linked)
ONE_TABLE = st.lists(SMALL_COUNTS, min_size=6, max_size=6).map(one_table)
NO_GATE = Gate(least_width=1, largest_certainty=1.0)


def counts_of(model: JointModel, release: Release) -> np.ndarray:
    return model.cells @ model.tabulate(release)


def assert_sound(model: JointModel, counts: np.ndarray, result: Perturbed) -> None:
    assert broken_sums(model.rows, result.published) == []
    assert (result.published >= 0).all()
    assert (result.published[counts == 0] == 0).all()
    assert ((result.shown.lower <= counts) & (counts <= result.shown.upper)).all()
    assert result.total_change == np.abs(result.published - counts).sum()
    assert result.bound <= result.total_change


@given(release=LINKED, base=st.sampled_from((3, 5)))
@settings(max_examples=30, deadline=None)
def test_controlled_rounding_goes_to_an_adjacent_multiple_and_adds_up(release: Release, base: int) -> None:
    model = build_model(release.table_set)
    counts = counts_of(model, release)
    try:
        result = round_controlled(model, model.tabulate(release), ControlledRounding(base), NODES)
    except DisclosureError:
        assume(False)
    assert_sound(model, counts, result)
    assert (result.published % base == 0).all()
    assert (np.abs(result.published - counts) < base).all()


@given(release=ONE_TABLE, base=st.sampled_from((3, 5)))
@settings(max_examples=20, deadline=None)
def test_controlled_rounding_changes_as_little_as_any(release: Release, base: int) -> None:
    model = build_model(release.table_set)
    counts, truth = counts_of(model, release), model.tabulate(release)
    result = round_controlled(model, truth, ControlledRounding(base), NODES)
    adjacent = product(*({base * (count // base), base * -(-count // base)} for count in truth.tolist()))
    tried = [model.cells @ np.array(atoms) for atoms in adjacent]
    allowed = [cells for cells in tried if (np.abs(cells - counts) < base).all() and not cells[counts == 0].any()]
    assert result.total_change == min(int(np.abs(cells - counts).sum()) for cells in allowed)
    assert result.is_optimal


@given(release=LINKED, base=st.sampled_from((3, 5)))
@settings(max_examples=30, deadline=None)
def test_small_count_rounding_leaves_no_small_count_and_adds_up(release: Release, base: int) -> None:
    model = build_model(release.table_set)
    counts = counts_of(model, release)
    result = round_small_counts(model, release, SmallCountRounding(base, most_change=12 * base), NODES)
    assert_sound(model, counts, result)
    assert not ((result.published > 0) & (result.published < base)).any()
    assert (result.published[counts >= base] >= base).all()


@given(release=LINKED)
@settings(max_examples=15, deadline=None)
def test_small_count_rounding_changes_as_little_as_any(release: Release) -> None:
    model, base = build_model(release.table_set), 3
    counts, inner = counts_of(model, release), inner_cells(model, release)
    result = round_small_counts(model, release, SmallCountRounding(base, most_change=12 * base), NODES)
    sums = (model.cells @ inner.atoms).toarray()
    rounded = sums[(counts > 0) & (counts < base)].sum(axis=0) > 0
    choices = [(0, base) if moves else (int(count),) for count, moves in zip(inner.counts, rounded, strict=True)]
    tried = np.array(list(product(*choices)), dtype=np.int64) @ sums.T
    wrong = ((tried < base) & ((tried > 0) | (counts >= base))).any(axis=1)
    assert result.total_change == np.abs(tried[~wrong] - counts).sum(axis=1).min()
    assert result.is_optimal


@given(release=ONE_TABLE)
@settings(max_examples=20, deadline=None)
def test_an_inner_cell_of_the_base_or_more_is_shown_as_it_is(release: Release) -> None:
    model, base = build_model(release.table_set), 5
    truth = model.tabulate(release)
    result = round_small_counts(model, release, SmallCountRounding(base, most_change=60), NODES)
    inner = np.flatnonzero(np.diff(model.cells.indptr) == 1)
    atoms = model.cells[inner].indices
    large = truth[atoms] >= base
    assert (result.published[inner][large] == truth[atoms][large]).all()
    open_width = (result.shown.upper - result.shown.lower)[inner]
    assert set(open_width[~large]) <= {base - 1.0}


@given(release=LINKED, rule=st.sampled_from((ControlledRounding(5, 1), SmallCountRounding(5, 60))))
@settings(max_examples=6, deadline=None)
def test_no_small_count_is_exact_for_an_attacker_who_joins_all_intervals(
    release: Release, rule: PerturbationRule
) -> None:
    model = build_model(release.table_set)
    required, gate = requirements(model, RULE), Gate(least_width=2, largest_certainty=1.0)
    result = perturb(model, release, rule, gate, required, nodes=NODES)
    report = audit(model, result.shown, requirements_of_gate(required, gate), truth=model.tabulate(release))
    assert report.exact == report.exact_integer == 0


@given(release=LINKED, order=st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_the_order_of_the_counts_changes_nothing(release: Release, order: object) -> None:
    model = build_model(release.table_set)
    places = list(range(12))
    order.shuffle(places)
    shuffled = Release(release.table_set, {"children": release.counts["children"].iloc[places]})
    rule = SmallCountRounding(5, most_change=60)
    first, second = (round_small_counts(model, one, rule, NODES) for one in (release, shuffled))
    assert (first.published == second.published).all()


@given(
    part=st.lists(st.integers(0, 4), min_size=6, max_size=6), more=st.lists(st.integers(0, 4), min_size=6, max_size=6)
)
@settings(max_examples=12, deadline=None)
def test_a_part_stays_no_larger_than_its_whole(part: list[int], more: list[int]) -> None:
    of_part = Table("part", "referred", (AREA, SEX), BY_SEX.margins)
    table_set = TableSet((BY_SEX, of_part), (Subset("referred", "children"),))
    whole = [one + other for one, other in zip(part, more, strict=True)]
    frames = [one_table(counts).counts["children"] for counts in (whole, part)]
    release = Release(table_set, dict(zip(("children", "referred"), frames, strict=True)))
    model = build_model(table_set)
    result = round_small_counts(model, release, SmallCountRounding(5, most_change=60), NODES)
    shown = pd.Series(result.published[model.rows["cell"]], index=pd.MultiIndex.from_frame(model.rows[model.keys]))
    assert (shown["part"].sort_index() <= shown["by_sex"].sort_index()).all()


def test_rounding_that_cannot_stay_near_is_refused_with_the_way_out() -> None:
    release = linked([0, 4, 1, 4, 0, 6, 1, 5, 5, 6, 1, 3])
    model = build_model(release.table_set)
    with pytest.raises(DisclosureError, match="raise most_change"):
        round_small_counts(model, release, SmallCountRounding(5, most_change=4), NODES)
    assert round_small_counts(model, release, SmallCountRounding(5, most_change=9), NODES).largest_change > 4


def test_an_empty_release_is_rounded_to_itself() -> None:
    release = linked([0] * 12)
    model = build_model(release.table_set)
    for rule in (ControlledRounding(5), SmallCountRounding(5, 4)):
        result = perturb(model, release, rule, NO_GATE, requirements(model, RULE))
        assert result.total_change == 0
        assert result.is_optimal
