"""Whole tables near a known one: found quickly, and only where they belong."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from anonymization.audit import neighbourhoods
from anonymization.audit.nearby import look_nearby
from anonymization.audit.neighbourhoods import Neighbourhoods
from anonymization.audit.pool import targets_of
from anonymization.audit.search import Search, never
from anonymization.audit.sparse_moves import SparseMoves
from anonymization.audit.system import public_system
from anonymization.rules import ThresholdRule
from anonymization.tables.joint_model import JointModel, build_model
from anonymization.tables.requirements import requirements
from anonymization.tables.shown import shown_when_hidden
from anonymization.tables.specification import Dimension, Release, Table, TableSet

RULE = ThresholdRule(threshold=5, width=5, knowledge="nonnegative")


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


def search_of(seed: int) -> Search:
    """The small counts of a pattern that hides every finest count below 12."""
    model, truth = counted(seed)
    required = requirements(model, RULE)
    counts = model.cells @ truth
    hidden = (counts > 0) & (counts < 12)
    shown = shown_when_hidden(counts, hidden, required)
    small = np.flatnonzero(required.primary(counts) & hidden)
    targets = targets_of(model.cells[small], required.width[small])
    return Search(public_system(model, shown), targets, [truth])


@pytest.mark.parametrize("seed", range(3))
def test_nearby_tables_prove_nearly_all_that_fractions_call_wide(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbourhoods, "SIZE", 60)
    search, by_fractions = search_of(seed), search_of(seed)
    by_fractions.decide_in_fractions()
    search.least, search.most = by_fractions.least, by_fractions.most
    wide = search.is_wide_in_fractions
    assert len(search.reduced.columns) > 100 and wide.any() and not search.pool.is_wide.any()
    look_nearby(search, never)
    assert search.pool.is_wide[wide].mean() > 0.9
    assert not (search.pool.is_wide & ~wide).any()
    assert all(search.system.holds(table) for table in search.pool.tables)
    assert search.solves[1] == search.solved_elsewhere[1] > 0


def test_a_stop_is_heeded_and_small_systems_are_left_to_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    search = search_of(0)
    look_nearby(search, never)
    assert search.solves == (0, 0)
    monkeypatch.setattr(neighbourhoods, "SIZE", 60)
    look_nearby(search, lambda: True)
    assert search.solves == (0, 0)


def test_a_neighbourhood_grows_from_its_middle_by_small_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbourhoods, "SIZE", 40)
    search = search_of(1)
    near = Neighbourhoods(search.reduced, search.origin[search.reduced.columns])
    atoms = near.around(np.array([7]), np.random.default_rng(1))
    assert 7 in atoms and len(atoms) == 40 and len(set(atoms)) == len(atoms)
    part = near.part(atoms)
    at_origin = part.matrix @ search.origin[search.reduced.columns[atoms]]
    assert ((part.lower <= at_origin) & (at_origin <= part.upper)).all()


def test_the_sparsest_movement_of_a_count_is_a_small_circuit() -> None:
    search = search_of(2)
    moves = SparseMoves(search.reduced, search.origin[search.reduced.columns], 15.0, np.random.default_rng(1))
    target = 0
    found = [moves.atoms_moved(search.rows[[target]], float(step)) for step in (5, 1_000)]
    assert found[0] is not None and 4 <= len(found[0]) <= 40
    assert found[1] is None
    nothing = sparse.csr_array(np.zeros((1, len(search.reduced.columns))))
    assert moves.atoms_moved(nothing, 1.0) is None
