"""Kinds of persons of quarters that follow each other: how many need atoms, which, and that true counts fit them."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.tables import base
from anonymization.disclosure.tables.finding_kinds import find_kinds
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.kinds import Kinds
from anonymization.disclosure.tables.known_facts import removed_persons
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Flows, Relation, Revision, Subset
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.errors import DisclosureError

A, B = (Dimension(name, {name.upper(): {f"{name}{n}": f"{name}{n}" for n in range(3)}}) for name in "ab")


def quarters(number: int) -> tuple[Relation, ...]:
    """Everybody up to each quarter, and who came in it."""
    steps = [Cumulative(f"ever{n - 1}", f"ever{n}", 5, f"came{n}") for n in range(1, number)]
    return (*(Subset(f"came{n}", f"ever{n}") for n in range(number)), *steps)


def kinds_of(relations: tuple[Relation, ...], **others: tuple[str, ...]) -> Kinds | None:
    names = dict.fromkeys(name for relation in relations for name in relation.populations)
    return find_kinds({name: others.get(name, ("a", "b")) for name in names}, relations)


def test_each_quarter_adds_who_came_in_it_and_was_removed_later() -> None:
    before: set[str] = set()
    for number in range(2, 9):
        kinds = kinds_of(quarters(number))
        assert kinds and not kinds.are_stated and len(kinds.every) == number * (number + 1)
        assert len(kinds.apart) == number * (number - 1) and before < set(kinds.hidden)
        before = set(kinds.hidden)  # so witnesses of the past are carried on


@pytest.mark.parametrize(
    "relations",
    [
        (Subset("a", "b"), Subset("b", "c")),
        (Subset("a", "b"), Subset("b", "a")),
        (Cumulative("a", "b"), Cumulative("b", "c", 0, "d"), Subset("d", "c")),
        (Accumulation("a", "d", "b"), Accumulation("b", "e", "c")),
        (Cumulative("a", "b", 3, "d"), Subset("d", "b")),
        (Revision("a", "b", 3),),
    ],
)
def test_what_splits_nobody_twice_is_stated_as_it_is(relations: tuple[Relation, ...]) -> None:
    kinds = kinds_of(relations)
    assert kinds and kinds.are_stated


def test_circles_other_relations_and_odd_dimensions_have_no_kinds() -> None:
    vintages = (Revision("came0", "came0 v2", 3), Revision("ever0", "ever0 v2", 3), Subset("came0 v2", "ever0 v2"))
    assert kinds_of((*quarters(2), *vintages)) is None
    assert kinds_of((*quarters(2), Flows("came0", "x", "y", "z"))) is None
    assert kinds_of(quarters(2), came0=("a", "b", "c"), ever1=("a",)) is not None
    assert kinds_of(quarters(2), came0=("a", "b", "c"), ever1=("a", "c")) is None  # c is not told of ever0


@pytest.mark.parametrize("layout", ["only in", "removed"])
def test_a_figure_that_just_suffices_does(layout: str, monkeypatch) -> None:
    monkeypatch.setattr(base, "_size", lambda cliques_of, axes: -str(list(cliques_of)).count(layout))
    draw = np.random.default_rng(20260401)
    codes = pd.DataFrame(list(product(A.leaves, B.leaves)), columns=["a", "b"])
    for _ in range(20):
        came = draw.integers(0, 9, (3, 9))
        ever = [draw.integers(came[0], 40)]
        for new in came[1:]:
            ever.append(np.maximum(ever[-1] + draw.integers(-9, 9, 9), 0) + new)
        counts = {f"ever{n}": codes.assign(count=table) for n, table in enumerate(ever)}
        counts |= {f"came{n}": codes.assign(count=table) for n, table in enumerate(came)}
        tables = tuple(Table(name, name, (A, B), ({"a": ("TOTAL", "A")}, {"b": ("B",)})) for name in counts)
        steps = [Cumulative(f"ever{n}", f"ever{n + 1}", 1, f"came{n + 1}") for n in range(2)]
        least = [int(removed_persons(step, counts)["count"].sum()) for step in steps]
        for spare in (0, -1):
            stated = [Cumulative(s.earlier, s.later, n + spare, s.arrivals) for s, n in zip(steps, least, strict=True)]
            table_set = TableSet(tables, (Subset("came0", "ever0"), *stated))
            model = build_model(table_set)
            assert bool(model.base.kinds) == (layout == "only in")
            if spare < 0:
                with pytest.raises(DisclosureError, match="contradict"):
                    model.tabulate(Release(table_set, counts))
            else:
                model.tabulate(Release(table_set, counts))
