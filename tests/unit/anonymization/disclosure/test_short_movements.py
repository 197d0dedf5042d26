"""Short movements: a basis of all, and a search among them that is quick, sound, and only where it belongs."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from anonymization.disclosure.audit import basis as basis_module
from anonymization.disclosure.audit import short_movements
from anonymization.disclosure.audit.basis import Basis, short_basis
from anonymization.disclosure.audit.limits import NO_LIMITS, Limits
from anonymization.disclosure.audit.pool import targets_of
from anonymization.disclosure.audit.short_movements import search_short_movements
from anonymization.disclosure.audit.system import public_system
from anonymization.disclosure.audit.width_search import Search
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.shown import shown_when_hidden
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule

R0 = ThresholdRule(threshold=5, width=5, knowledge="nonnegative")
R1 = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")


def counted(seed: int) -> tuple[JointModel, np.ndarray]:
    """A table of 12 x 8 x 3 codes with all margins; made-up children."""
    sizes = {"county": 12, "age": 8, "sex": 3}
    codes = {name: [f"{name}{n}" for n in range(size)] for name, size in sizes.items()}
    dimensions = tuple(Dimension(name, {name.upper(): {c: c for c in listed}}) for name, listed in codes.items())
    places = list(np.ndindex(*sizes.values()))
    counts = np.random.default_rng(seed).negative_binomial(1, 0.15, len(places))
    frame = pd.DataFrame({name: [codes[name][p[n]] for p in places] for n, name in enumerate(codes)})
    margins = ({d.name: ("TOTAL", *d.levels) for d in dimensions},)
    table_set = TableSet((Table("T0", "children", dimensions, margins),))
    model = build_model(table_set)
    return model, model.tabulate(Release(table_set, {"children": frame.assign(count=counts)}))


def search_of(seed: int, rule: ThresholdRule) -> Search:
    """The small counts of a pattern that hides every count below 12; what fractions call wide is known."""
    model, truth = counted(seed)
    required = requirements(model, rule)
    counts = model.cells @ truth
    hidden = (counts > 0) & (counts < 12)
    shown = shown_when_hidden(counts, hidden, required)
    small = np.flatnonzero(required.primary(counts) & hidden)
    targets = targets_of(model.cells[small], required.width[small])
    search, by_fractions = (Search(public_system(model, shown), targets, [truth]) for _ in range(2))
    by_fractions.decide_in_fractions()
    search.least, search.most = by_fractions.least, by_fractions.most
    return search


def spanned(basis: Basis, movements: np.ndarray) -> np.ndarray:
    """Mask of the movements that are whole multiples of the basis, added up."""
    times = np.linalg.lstsq(basis.movements.T.toarray().astype(float), movements.T.astype(float), rcond=None)[0]
    again = np.rint(times).T @ basis.movements.toarray()
    return (again == movements).all(axis=1)


@pytest.mark.parametrize("seed", range(40))
def test_every_whole_movement_is_a_sum_of_the_basis(seed: int) -> None:
    draw = np.random.default_rng(seed)
    rows = (draw.random((draw.integers(1, 5), 6)) < 0.5).astype(np.int64)
    basis = short_basis(sparse.csr_array(rows), draw.integers(0, 9, 6))
    assert len(basis.left) == 0
    assert basis.movements.shape[0] == 6 - np.linalg.matrix_rank(rows)
    assert not (rows @ basis.movements.T).any()
    every = np.array(list(np.ndindex(*[5] * 6))) - 2
    possible = every[~(every @ rows.T).any(axis=1)]
    assert spanned(basis, possible).all()


def test_a_basis_is_short() -> None:
    search = search_of(0, R0)
    basis = short_basis(search.reduced.matrix.astype(np.int64), search.origin[search.reduced.columns])
    assert np.median(np.diff(basis.movements.indptr)) <= 8  # two codes of each dimension


def test_what_cannot_be_solved_stays_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sparse.csr_array(np.array([[2, 3, 0], [1, 1, 1]]))
    basis = short_basis(rows, np.array([1, 1, 1]))
    assert len(basis.left) == 1 and basis.movements.shape == (2, 3)
    monkeypatch.setattr(basis_module, "MOST_STEPS", -1)
    basis = short_basis(rows, np.array([1, 1, 1]))
    assert basis.left.tolist() == [0, 1] and (basis.movements.toarray() == np.eye(3)).all()


@pytest.mark.parametrize("rule", [R0, R1])
@pytest.mark.parametrize("steps", [basis_module.MOST_STEPS, 100])
@pytest.mark.parametrize("seed", range(3))
def test_nearly_all_that_fractions_call_wide_is_proven(
    rule: ThresholdRule, steps: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_movements, "FEW_ATOMS", 50)
    monkeypatch.setattr(basis_module, "MOST_STEPS", steps)
    search = search_of(seed, rule)
    wide = search.is_wide_in_fractions
    assert len(search.reduced.columns) > 100 and wide.any() and not search.pool.is_wide.any()
    search_short_movements(search)
    assert search.pool.is_wide[wide].mean() > 0.9
    assert not (search.pool.is_wide & ~wide).any()
    assert all(search.system.holds(table) for table in search.pool.tables)
    assert search.solves[1] == search.solved_elsewhere[1] > 0


def test_a_stop_is_heeded_and_other_systems_are_left_to_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    search = search_of(0, R0)
    search_short_movements(search)
    assert search.solves == (0, 0)  # few atoms
    monkeypatch.setattr(short_movements, "FEW_ATOMS", 50)
    search.limits = Limits(lambda: True)
    search_short_movements(search)
    search.limits = NO_LIMITS
    assert search.solves == (0, 0)
    monkeypatch.setattr(short_movements, "MANY_ATOMS", 60)
    search_short_movements(search)
    assert search.solves == (0, 0)  # many atoms
