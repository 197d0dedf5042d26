"""Promises: a model told by parts that are free of each other is the same model; few movements are some of all."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import protect
from anonymization.disclosure.suppression.moved_by import moved_by
from anonymization.disclosure.suppression.push import Push
from anonymization.disclosure.suppression.reduced import Choice, Problem, reduce
from anonymization.disclosure.tables import base
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.few_movements import Movements, all_movements, few_movements
from anonymization.disclosure.tables.following import following
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.quantities import find_quantities
from anonymization.disclosure.tables.relations import Cumulative, Flows, MultiResponse, Revision, Subset
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from tests.property.anonymization.disclosure.test_chains import chained
from tests.support.linked_releases import related

CONNECTED = chained() | related((Subset, Cumulative, Revision, MultiResponse, Flows))
RULE = ThresholdRule(threshold=3, width=2, knowledge="zeros_published")


@pytest.fixture(params=["smallest", "kinds"], autouse=True, scope="module")
def layout(request: pytest.FixtureRequest) -> Iterator[None]:
    """Kinds of persons are held apart where that is the smallest, and wherever it is possible."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "kinds":
            patch.setattr(base, "_size", lambda cliques_of, axes: -str(sorted(cliques_of)).count("only in"))
        yield


def modelled(release: Release) -> tuple[JointModel, np.ndarray]:
    model = build_model(release.table_set)
    return model, model.tabulate(release)


@given(CONNECTED)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_counts_are_sums_of_own_parts_that_are_never_negative(release: Release) -> None:
    model, truth = modelled(release)
    followed = following(model)
    assert not abs(followed.own @ followed.all_steps - sparse.eye_array(model.atoms)).sum()
    own = followed.own @ truth
    assert (own[followed.leaders] >= 0).all()
    assert not np.delete(own, followed.leaders).any(), "who has no own part has one"


def highest(model: JointModel, truth: np.ndarray, shown: np.ndarray, movements: Movements | None) -> list[float]:
    """The end of every cell with these cells (mask) fixed, by a solver of its own; of atoms, or by movements."""
    steps = sparse.eye_array(model.atoms, format="csr") if movements is None else movements.steps
    room = truth if movements is None else movements.room
    facts = sparse.csr_array(model.facts.matrix @ steps).toarray()
    start = model.facts.matrix @ truth
    above = np.vstack([facts, -facts, -steps.toarray()])
    limits = np.concatenate([model.facts.upper - start, start - model.facts.lower, truth])
    finite = np.isfinite(limits)
    moved = sparse.csr_array(model.cells @ steps).toarray()
    still = {"A_eq": moved[shown], "b_eq": np.zeros(int(shown.sum()))} if shown.any() else {}
    ends = []
    for row in moved:
        bounds = [(-least, None) for least in room]
        found = linprog(-row, A_ub=above[finite], b_ub=limits[finite], bounds=bounds, **still)
        ends.append(np.inf if found.status == 3 else round(-found.fun, 6))
    return ends


@given(CONNECTED, st.integers(0, 1000))
@settings(max_examples=12, deadline=None, derandomize=True)
def test_all_movements_lead_as_far_as_atoms_do_and_few_no_further(release: Release, seed: int) -> None:
    model, truth = modelled(release)
    followed = following(model)
    shown = (model.breadth == 0) | (np.random.default_rng(seed).random(model.cells.shape[0]) < 0.4)
    by_atoms = highest(model, truth, shown, None)
    assert highest(model, truth, shown, all_movements(followed, truth)) == pytest.approx(by_atoms)
    few = highest(model, truth, shown, few_movements(model, followed, truth))
    assert (np.array(few) <= np.array(by_atoms) + 1e-6).all()


def test_an_earlier_quarter_may_tell_more_apart() -> None:
    """By a, b and c first, then by a and b: the few who went are found all the same, and the release is protected."""
    codes = {"a": 3, "b": 2, "c": 2}
    places = np.array(list(np.ndindex(*codes.values())))
    dimensions = [Dimension(n, {n.upper(): {f"{n}{i}": f"{n}{i}" for i in range(k)}}) for n, k in codes.items()]
    frame = pd.DataFrame({n: [f"{n}{i}" for i in places[:, at]] for at, n in enumerate(codes)})
    fine = frame.assign(count=np.random.default_rng(1).integers(0, 12, len(frame)))
    later = fine.groupby(["a", "b"], as_index=False)["count"].sum()
    later.loc[0, "count"] -= 1
    tables = tuple(
        Table(f"T{name}", name, tuple(dimensions[:size]), ({d.name: ("TOTAL", *d.levels) for d in dimensions[:size]},))
        for name, size in (("earlier", 3), ("later", 2))
    )
    for relation in (Cumulative("earlier", "later", 3), Revision("earlier", "later", 3)):
        release = Release(TableSet(tables, (relation,)), {"earlier": fine, "later": later})
        assert protect(release, History(), RULE).audit.verdict == "safe"


def parts(release: Release) -> Iterator[tuple[Problem, Movements, Movements]]:
    model, truth = modelled(release)
    cells, nothing = model.cells.shape[0], np.zeros(model.cells.shape[0], dtype=bool)
    required = requirements(model, RULE)
    choice = Choice(np.arange(1.0, cells + 1), nothing, nothing, nothing)
    problem = reduce(model, truth, required, find_quantities(model, required, Named(), truth), choice)
    followed = following(model)
    for part in problem.parts():
        yield part, few_movements(model, followed, truth), all_movements(followed, truth)


@given(CONNECTED)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_cheapest_push_costs_the_same_by_all_movements_and_no_less_by_few(release: Release) -> None:
    for part, few, everything in parts(release):
        prices = np.where(part.is_open, 1e-3, part.cost)
        told = [part, moved_by(part, everything), moved_by(part, few)]
        for target in part.targets:
            costs = []
            for problem in told:
                movement = Push(problem, prices).move(int(target), 1)
                costs.append(np.inf if movement is None else float(prices @ abs(movement.cells)))
            assert costs[1] == pytest.approx(costs[0], abs=1e-4)
            assert costs[2] >= costs[0] - 1e-4
