"""What relates two releases, held against a reader who tries every table there is: the same ends of what is hidden."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Relation, Revision, Subset
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet

AREAS, SEXES = ("A", "B"), ("F", "M")
LARGEST = 6  # of a total; totals are always shown here, so there are no other tables than these
Leaves = tuple[int, ...]  # counts of A-F, A-M, B-F, B-M
EVERY: list[Leaves] = [leaves for leaves in product(range(LARGEST + 1), repeat=4) if sum(leaves) <= LARGEST]


def table(name: str) -> Table:
    """Two margins that meet in the total only, so the base has two blocks and no leaf of its own."""
    area = Dimension("area", {"AREA": {code: code for code in AREAS}})
    sex = Dimension("sex", {"SEX": {code: code for code in SEXES}})
    return Table(name, name, (area, sex), ({"area": ("TOTAL", "AREA")}, {"sex": ("SEX",)}))


def frame(leaves: Leaves) -> pd.DataFrame:
    codes = pd.DataFrame(list(product(AREAS, SEXES)), columns=["area", "sex"])
    return codes.assign(count=leaves)


def margins(leaves: np.ndarray) -> np.ndarray:
    """Total, A, B, F, M of many tables at once (tables x 4 -> tables x 5)."""
    sums = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    return np.asarray(leaves @ sums.T)


def is_subset(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return (part <= whole).all(axis=1)


def is_revised(most: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda first, second: abs(first - second).sum(axis=1) <= most


def has_grown(removals: int) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return lambda earlier, later: np.maximum(earlier - later, 0).sum(axis=1) <= removals


CASES: dict[str, tuple[Relation, Callable[[np.ndarray, np.ndarray], np.ndarray]]] = {
    "subset": (Subset("one", "two"), is_subset),
    **{f"revised by {n}": (Revision("one", "two", n), is_revised(n)) for n in (0, 1, 3, 5)},
    **{f"grown but for {n}": (Cumulative("one", "two", n), has_grown(n)) for n in (0, 1, 3)},
}


def drawn(seed: int, holds: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> tuple[Leaves, Leaves, np.ndarray]:
    """Two tables that are related so, and which of their five margins each are hidden."""
    draw = np.random.default_rng(seed)
    one = EVERY[draw.integers(len(EVERY))]
    others = np.array(EVERY)[holds(np.tile(one, (len(EVERY), 1)), np.array(EVERY))]
    hidden = draw.random((2, 5)) < 0.6
    hidden[:, 0] = False
    return one, tuple(int(n) for n in others[draw.integers(len(others))]), hidden


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("case", CASES)
def test_two_populations_tell_of_each_other_what_every_pair_of_tables_tells(case: str, seed: int) -> None:
    relation, holds = CASES[case]
    one, two, hidden = drawn(seed, holds)
    shown = margins(np.array([one, two]))
    possible = [
        np.array(EVERY)[((margins(np.array(EVERY)) == values) | mask).all(axis=1)]
        for values, mask in zip(shown, hidden, strict=True)
    ]
    first, second = (side.reshape(-1, 4) for side in np.broadcast_arrays(possible[0][:, None], possible[1][None]))
    both = holds(first, second)
    expected = np.hstack([margins(first[both]), margins(second[both])])
    ends = list(attacked(relation, {"one": one, "two": two}, hidden))
    assert ends == [*zip(expected.min(axis=0), expected.max(axis=0), strict=True)]


def attacked(relation: Relation, leaves: dict[str, Leaves], hidden: np.ndarray) -> Iterator[tuple[int, int]]:
    """Both ends of every margin, as the joint model gives them."""
    release = Release(
        TableSet(tuple(table(name) for name in leaves), (relation,)), {name: frame(v) for name, v in leaves.items()}
    )
    model = build_model(release.table_set)
    true = model.cells @ model.tabulate(release)
    order = [("_T", "_T"), ("A", "_T"), ("B", "_T"), ("_T", "F"), ("_T", "M")]
    places = model.rows.set_index(["table_id", "area", "sex"])["cell"]
    cells = [places[name, area, sex] for name in leaves for area, sex in order]
    mask = np.zeros(len(true), dtype=bool)
    mask[cells] = hidden.ravel()
    upper = np.where(mask, np.inf, true)
    rows = [
        LinearConstraint(model.cells, np.where(mask, 0, true), upper),
        LinearConstraint(model.facts.matrix, model.facts.lower, model.facts.upper),
    ]
    for cell in cells:
        objective = model.cells[[cell]].toarray().ravel().astype(float)
        ends = [milp(s * objective, constraints=rows, integrality=1, bounds=Bounds(0, np.inf)) for s in (1, -1)]
        assert all(end.success for end in ends)
        yield round(ends[0].fun), round(-ends[1].fun)


def test_what_is_known_on_one_day_adds_up_exactly() -> None:
    leaves = {"one": (3, 1, 0, 2), "new": (1, 0, 2, 0), "two": (4, 1, 2, 2)}
    hidden = np.zeros((3, 5), dtype=bool)
    hidden[:2, 1:3] = True  # by area, neither the earlier ones nor the new ones are shown
    ends = list(attacked(Accumulation("one", "new", "two"), leaves, hidden))
    assert ends[1:3] == [(2, 5), (1, 4)]  # 5 and 4 in all, 3 new in all
    assert ends[10] == (9, 9)
    hidden[1] = False
    ends = list(attacked(Accumulation("one", "new", "two"), leaves, hidden))
    assert ends[1:3] == [(4, 4), (2, 2)]


def test_new_ones_of_a_quarter_are_part_of_what_has_grown() -> None:
    leaves = {"one": (3, 1, 0, 2), "new": (1, 0, 2, 0), "two": (4, 1, 2, 2)}
    hidden = np.zeros((3, 5), dtype=bool)
    hidden[0, 1:3] = True
    ends = list(attacked(Cumulative("one", "two", 0, "new"), leaves, hidden))
    assert ends[1:3] == [(4, 4), (2, 2)]  # at most what is left without the new ones, and 6 in all
    ends = list(attacked(Cumulative("one", "two", 1, "new"), leaves, hidden))
    assert ends[1:3] == [(3, 5), (1, 3)]  # one of either may have gone
