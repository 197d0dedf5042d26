"""Promise: the joint model, small as it is, leaves an attacker exactly what the full cross of all leaves leaves."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.relations import Cumulative, Flows, MultiResponse, Revision, Subset
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from tests.support.full_cross import FullCross, Row, whole_ends
from tests.support.linked_releases import related, releases

FEW = 2  # hidden cells attacked in each example


def ends_in_model(model: JointModel, lower: np.ndarray, upper: np.ndarray, cell: int) -> tuple[int, int]:
    def row(matrix, place: int) -> dict[int, int]:
        span = slice(matrix.indptr[place], matrix.indptr[place + 1])
        return dict(zip(matrix.indices[span].tolist(), matrix.data[span].tolist(), strict=True))

    rows: list[Row] = [(row(model.cells, place), lower[place], upper[place]) for place in range(len(lower))]
    facts = model.facts
    rows += [(row(facts.matrix, place), facts.lower[place], facts.upper[place]) for place in range(len(facts.lower))]
    return whole_ends(rows, model.atoms, row(model.cells, cell))


def same_ends(release: Release, random) -> None:
    """Hide cells at random; the ends of some of them are the same in the model and in the full cross."""
    model, cross = build_model(release.table_set), FullCross(release.table_set)
    truth, by_row = model.tabulate(release), cross.by_row(model.rows)
    counts, cells = cross.counts(release), {}
    for place, cell in zip(model.rows["cell"], by_row, strict=True):
        cells.setdefault(place, cell)
        assert (model.cells @ truth)[place] == counts[cell]
    share = random.random()
    hidden = [place for place in cells if random.random() < share]
    lower, upper = (model.cells @ truth).astype(float), (model.cells @ truth).astype(float)
    lower[hidden], upper[hidden] = 0.0, np.inf
    known = {cell: (lower[place], upper[place]) for place, cell in zip(model.rows["cell"], by_row, strict=True)}
    for place in random.sample(hidden, min(FEW, len(hidden))):
        assert ends_in_model(model, lower, upper, place) == cross.ends(known, cells[place])


@given(releases(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_linked_tables_leave_what_the_full_cross_leaves(release: Release, random) -> None:
    same_ends(release, random)


@pytest.mark.parametrize("kind", [Subset, Cumulative, Revision, MultiResponse, Flows])
def test_relations_leave_what_the_full_cross_leaves(kind: type) -> None:
    """Four flows, or categories, are stated over one clique: over several their statements would be weaker."""

    @given(related((kind,)), st.randoms(use_true_random=False))
    @settings(max_examples=8, deadline=None, derandomize=True)
    def check(release: Release, random) -> None:
        blocks = [block.population for block in build_model(release.table_set).base.blocks]
        assert kind not in (Flows, MultiResponse) or len(set(blocks)) == len(blocks)
        same_ends(release, random)

    check()


def test_nobody_is_counted_more_often_than_there_are_categories() -> None:
    """Five children of three concerns at most: 5 to 15 pairs, though no table crosses areas and concerns."""
    area, concern = (Dimension(name, {"L": {f"{name}{n}": f"{name}{n}" for n in range(size)}}) for name, size in
                     (("area", 2), ("concern", 3)))  # fmt: skip
    children = Table("T1", "children", (area,), ({"area": ("TOTAL", "L")},))
    pairs = Table("T2", "pairs", (area, concern), ({"area": ("TOTAL", "L")}, {"concern": ("L",)}))
    model = build_model(TableSet((children, pairs), (MultiResponse("children", "pairs", "concern"),)))
    rows = model.rows.assign(place=range(len(model.rows))).set_index(["table_id", "area", "concern"])["cell"]
    lower, upper = np.zeros(len(model.first_row)), np.full(len(model.first_row), np.inf)
    known = {("T1", "area0", "_T"): 5, ("T1", "area1", "_T"): 30, ("T2", "_T", "_T"): 37}
    known |= {("T2", "_T", "concern0"): 15, ("T2", "_T", "concern1"): 12, ("T2", "_T", "concern2"): 10}
    for key, count in known.items():
        lower[rows[key]] = upper[rows[key]] = count
    assert ends_in_model(model, lower, upper, rows["T2", "area0", "_T"]) == (5, 7)
    lower[rows["T2", "_T", "_T"]], upper[rows["T2", "_T", "_T"]] = 0, np.inf
    for code in ("concern0", "concern1", "concern2"):
        lower[rows["T2", "_T", code]], upper[rows["T2", "_T", code]] = 0, np.inf
    assert ends_in_model(model, lower, upper, rows["T2", "area0", "_T"]) == (5, 15)


def ends_of(
    release: Release, hidden: Callable[[dict[str, str]], bool]
) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """For each hidden cell, what the model leaves and what the full cross leaves."""
    model, cross = build_model(release.table_set), FullCross(release.table_set)
    counts = model.cells @ model.tabulate(release)
    cell_of = dict(zip(model.rows["cell"], cross.by_row(model.rows), strict=True))
    places = [place for place in cell_of if hidden(model.rows.loc[model.first_row[place]].to_dict())]
    lower, upper = counts.astype(float), counts.astype(float)
    lower[places], upper[places] = 0.0, np.inf
    known = {cell: (lower[place], upper[place]) for place, cell in cell_of.items()}
    return [(ends_in_model(model, lower, upper, place), cross.ends(known, cell_of[place])) for place in places]


def test_flows_shown_by_one_dimension_at_a_time_are_held_together() -> None:
    """Clique by clique the outflow of c1 could be 0 to 3; whole tables leave 3 alone."""
    a, c = (Dimension(name, {name.upper(): {f"{name}{n}": f"{name}{n}" for n in (1, 2)}}) for name in "ac")
    shown = {
        "o": [("a1", "c1", 10)],
        "i": [("a2", "c2", 10)],
        "x": [("a1", "c1", 3)],
        "e": [("a1", "c1", 7), ("a2", "c2", 10)],
    }
    tables = tuple(Table(f"T{name}", name, (a, c), ({"a": ("A",)}, {"c": ("C",)})) for name in shown)
    counts = {name: pd.DataFrame(rows, columns=["a", "c", "count"]) for name, rows in shown.items()}
    release = Release(TableSet(tables, (Flows("o", "i", "x", "e"),)), counts)
    ends = ends_of(release, lambda row: row["table_id"] in ("Tx", "Te") and row["c"] != "_T")
    assert len(ends) == 4 and all(model == cross for model, cross in ends)
    assert (3, 3) in [model for model, _ in ends]


def test_categories_shown_apart_from_areas_are_held_together() -> None:
    a = Dimension("a", {"A": {"a1": "a1", "a2": "a2"}})
    k = Dimension("k", {"K": {"k1": "k1", "k2": "k2", "k3": "k3"}})
    tables = (
        Table("Tc", "children", (a,), ({"a": ("TOTAL", "A")},)),
        Table("Tp", "pairs", (a, k), ({"a": ("TOTAL", "A")}, {"k": ("K",)})),
    )
    pairs = [("a1", "k1", 5), ("a1", "k2", 2), ("a2", "k2", 12), ("a2", "k3", 20), ("a2", "k1", 10)]
    counts = {
        "children": pd.DataFrame({"a": ["a1", "a2"], "count": [5, 30]}),
        "pairs": pd.DataFrame(pairs, columns=["a", "k", "count"]),
    }
    release = Release(TableSet(tables, (MultiResponse("children", "pairs", "k"),)), counts)
    ends = ends_of(release, lambda row: row["table_id"] == "Tp" and row["a"] != "_T")
    assert [model for model, _ in ends] == [cross for _, cross in ends] and (5, 15) in [cross for _, cross in ends]
