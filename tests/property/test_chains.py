"""Promise: relations that meet in one population leave an attacker exactly what whole tables leave, however laid out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anonymization.tables import base
from anonymization.tables.joint_model import build_model
from anonymization.tables.relations import Accumulation, Cumulative, Relation, Revision, Subset
from anonymization.tables.specification import Dimension, Release, Table, TableSet
from tests.linked_releases import counts
from tests.property.test_joint_model import ends_of, same_ends

A, B, C = (Dimension(name, {name.upper(): {f"{name}{n}": f"{name}{n}" for n in (1, 2)}}) for name in "abc")


def by_one_dimension(name: str, dimensions: tuple[Dimension, ...]) -> Table:
    margins = ({dimensions[0].name: ("TOTAL", *dimensions[0].levels)}, *({d.name: tuple(d.levels)} for d in dimensions))
    return Table(f"T{name}", name, dimensions, margins)


@pytest.fixture(params=["smallest", "kinds", "cross"])
def layout(request, monkeypatch) -> str:
    """All layouts are exact, so each is made to be chosen."""
    if request.param != "smallest":
        sign = {"kinds": -1, "cross": 1}[request.param]
        monkeypatch.setattr(base, "_size", lambda cliques_of, axes: sign * len(cliques_of))
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
