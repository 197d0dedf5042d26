"""Promise: relations that meet in one population leave an attacker what whole tables leave, however laid out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymization.disclosure.tables import base
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Relation, Revision, Subset
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from tests.property.anonymization.disclosure.test_joint_model import ends_of

A, B, C = (Dimension(name, {name.upper(): {f"{name}{n}": f"{name}{n}" for n in (1, 2)}}) for name in "abc")


def by_one_dimension(name: str, dimensions: tuple[Dimension, ...]) -> Table:
    return Table(f"T{name}", name, dimensions, tuple({d.name: ("TOTAL", *d.levels)} for d in dimensions))


def by_c_too(name: str, dimensions: tuple[Dimension, ...]) -> Table:
    """Every other dimension crossed with c."""
    margins = tuple({d.name: ("TOTAL", *d.levels), "c": ("C",)} for d in dimensions[:-1])
    return Table(f"T{name}", name, dimensions, margins)


@pytest.fixture(params=["smallest", "kinds", "cross"])
def layout(request, monkeypatch) -> str:
    """All layouts are exact, so each is made to be chosen."""
    if request.param != "smallest":
        sign = {"kinds": -1, "cross": 1}[request.param]
        monkeypatch.setattr(base, "_size", lambda cliques_of, axes: sign * str(sorted(cliques_of)).count("only in"))
    return request.param


def persons(*codes: str) -> pd.DataFrame:
    rows = [(f"a{code[0]}", f"b{code[1]}", int(code[3:] or 1)) for code in codes]
    return pd.DataFrame(rows, columns=["a", "b", "count"])


CHAIN = (Cumulative("e0", "e1", 0, "r1"), Cumulative("e1", "e2", 1))


def test_who_came_in_one_quarter_is_who_is_removed_in_the_next(layout: str) -> None:
    """One child at a2 b1, another comes at a1 b2, and only one is left at a2: so it is the first, at b1.

    Dimension by dimension the one who is left could be at b2: then somebody at a1 b1 was removed, who never was.
    """
    shown = {"e0": persons("21"), "r1": persons("12"), "e1": persons("21", "12"), "e2": persons("21")}
    tables = tuple(by_one_dimension(name, (A, B)) for name in shown)
    ends = ends_of(Release(TableSet(tables, CHAIN), shown), lambda row: row["table_id"] == "Te2" and row["b"] != "_T")
    assert ends == [((1, 1), (1, 1)), ((0, 0), (0, 0))]


def test_two_parts_of_one_whole_are_held_together(layout: str) -> None:
    """One of the whole is at a1, one at a2; two parts of it each count the one at a1, so at one b."""
    shown = {"whole": persons("12", "21"), "one": persons("12"), "other": persons("12")}
    tables = tuple(by_one_dimension(name, (A, B)) for name in shown)
    release = Release(TableSet(tables, (Subset("one", "whole"), Subset("other", "whole"))), shown)
    ends = ends_of(release, lambda row: row["table_id"] == "Tother" and row["b"] != "_T")
    assert ends == [((0, 0), (0, 0)), ((1, 1), (1, 1))]


def test_what_a_population_ties_by_a_dimension_of_its_own_is_one_clique() -> None:
    """The whole is at a1 c1 b1 and at a2 c2 b2, so a part of it at a1 is at b1, though the part knows no c."""
    whole = pd.DataFrame({"a": ["a1", "a2"], "b": ["b1", "b2"], "c": ["c1", "c2"], "count": [1, 1]})
    tables = (
        Table("T1", "whole", (A, B, C), ({"a": ("A",), "c": ("C",)}, {"b": ("B",), "c": ("C",)})),
        by_one_dimension("part", (A, B)),
    )
    release = Release(TableSet(tables, (Subset("part", "whole"),)), {"whole": whole, "part": persons("11")})
    ends = ends_of(release, lambda row: row["table_id"] == "Tpart" and row["b"] != "_T")
    assert ends == [((1, 1), (1, 1)), ((0, 0), (0, 0))]


def framed(table: np.ndarray, dimensions: tuple[Dimension, ...]) -> pd.DataFrame:
    """Counts of a table over a, b, c by the codes of some of these."""
    places = np.array(list(np.ndindex(table.shape)))
    codes = {d.name: np.array(d.leaves)[places[:, "abc".index(d.name)]] for d in dimensions}
    return pd.DataFrame(codes).assign(count=table.ravel()).groupby(list(codes), as_index=False)["count"].sum()


def few(random: np.random.Generator, least: int = 1) -> np.ndarray:
    """A table of one or two children: zeros tell most."""
    return random.multinomial(random.integers(least, least + 2), [1 / 8] * 8).reshape(2, 2, 2)


@st.composite
def chained(draw: st.DrawFn) -> Release:
    """Three quarters or vintages that follow each other in several ways; what came may be told further apart."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    fine = (A, B, C) if draw(st.booleans()) else (A, B)
    ever = few(random)
    tables, dimensions, relations = {"ever0": ever}, {"ever0": (A, B)}, list[Relation]()
    if draw(st.booleans()):
        tables["came0"], dimensions["came0"] = random.binomial(ever, 0.5), fine
        relations.append(Subset("came0", "ever0"))
    for step in (1, 2):
        earlier, later, arrivals = f"ever{step - 1}", f"ever{step}", f"came{step}"
        kind = draw(st.sampled_from((Cumulative, Cumulative, Accumulation, Revision)))
        gone, came, others = random.binomial(ever, 0.3), few(random), few(random, 0)
        if kind is Accumulation:
            gone, others = 0 * gone, 0 * others
        if kind is Revision:
            came = 0 * came
            relations.append(Revision(earlier, later, int(gone.sum() + others.sum())))
        elif kind is Cumulative:
            relations.append(Cumulative(earlier, later, int(gone.sum()), draw(st.sampled_from((arrivals, "")))))
        else:
            relations.append(Accumulation(earlier, arrivals, later))
        ever = ever - gone + came + others
        tables[later], dimensions[later] = ever, (A, B)
        if getattr(relations[-1], "arrivals", ""):
            tables[arrivals], dimensions[arrivals] = came, fine
            if draw(st.booleans()):
                relations.append(Subset(arrivals, later))
    is_crossed = draw(st.booleans())
    shown = tuple(
        (by_c_too if C in own and is_crossed else by_one_dimension)(name, own) for name, own in dimensions.items()
    )
    return Release(
        TableSet(shown, tuple(relations)), {name: framed(table, dimensions[name]) for name, table in tables.items()}
    )


@pytest.mark.parametrize("layout", ["kinds", "cross"], indirect=True)
def test_chains_leave_what_the_full_cross_leaves(layout: str) -> None:
    @given(chained(), st.randoms(use_true_random=False))
    @settings(max_examples=20, deadline=None, derandomize=True)
    def check(release: Release, random) -> None:
        hidden, dimension = random.choice(release.table_set.tables).table_id, random.choice("ab")
        ends = ends_of(release, lambda row: row["table_id"] == hidden and row[dimension] != "_T")
        assert all(model == cross for model, cross in ends)

    check()
