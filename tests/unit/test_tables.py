"""Specifications of tables become cells: every combination, zeros included, each once. Synthetic counts."""

import pandas as pd
import pytest

from anonymization.errors import DisclosureError
from anonymization.linear_model import build_models
from anonymization.tables import Dimension, Release, Table

COUNTIES = {"RO421": "RO42", "RO424": "RO42", "RO321": "RO32", "_U": "_U"}
AREA = Dimension(
    "area", {"COUNTY": {c: c for c in COUNTIES}, "NUTS2": COUNTIES, "COUNTRY": dict.fromkeys(COUNTIES, "RO")}
)
SEX = Dimension("sex", {"SEX": {"F": "F", "M": "M", "_U": "_U"}})
COUNTS = pd.DataFrame({"area": ["RO421", "RO424", "RO321"], "sex": ["F", "F", "M"], "count": [7, 6, 30]})


def table(margins: tuple, counts: pd.DataFrame = COUNTS, table_id: str = "T1", population: str = "children") -> Table:
    return Table(table_id, population, (AREA, SEX), margins, counts)


def cells(*tables: Table) -> pd.DataFrame:
    [model] = build_models(Release(tables))
    return model.rows.assign(count=model.counts[model.rows["cell"]])


def test_a_margin_is_the_cross_of_its_levels_with_zeros():
    found = cells(table(({"area": ("COUNTRY", "NUTS2"), "sex": ("TOTAL", "SEX")},)))
    assert list(zip(found["area"], found["sex"], found["count"], strict=True)) == [
        ("RO", "_T", 43), ("RO", "F", 13), ("RO", "M", 30), ("RO", "_U", 0),
        ("RO42", "_T", 13), ("RO32", "_T", 30), ("_U", "_T", 0),
        ("RO42", "F", 13), ("RO42", "M", 0), ("RO42", "_U", 0),
        ("RO32", "F", 0), ("RO32", "M", 30), ("RO32", "_U", 0),
        ("_U", "F", 0), ("_U", "M", 0), ("_U", "_U", 0),
    ]  # fmt: skip


def test_a_dimension_that_a_margin_does_not_name_is_totalled():
    found = cells(table(({"area": ("COUNTY",)},)))
    assert found["area"].tolist() == ["RO421", "RO424", "RO321", "_U"]
    assert found["sex"].tolist() == ["_T"] * 4


def test_a_cell_that_several_margins_name_is_there_once():
    found = cells(table(({"area": ("NUTS2",)}, {"area": ("NUTS2", "COUNTY")})))
    assert not found.duplicated(["table_id", "area", "sex"]).any()
    assert len(found) == 3 + 3  # the unknown county and the unknown region are one code


def test_cells_equal_by_structure_are_one_cell():
    found = cells(table(({"area": ("TOTAL", "COUNTRY", "NUTS2", "COUNTY")},))).set_index("area")["cell"]
    assert found["_T"] == found["RO"]
    assert found["RO32"] == found["RO321"]  # a region of one county
    assert found["RO42"] != found["RO421"]


def test_tables_of_one_population_share_cells_whatever_the_order_of_their_dimensions():
    margin = {"area": ("NUTS2",), "sex": ("SEX",)}
    turned = Table("T2", "children", (SEX, AREA), (margin,), COUNTS)
    found = cells(table((margin,)), turned)
    first, second = (
        part.set_index(["area", "sex"]).sort_index() for _, part in found.drop(columns="count").groupby("table_id")
    )
    assert first["cell"].equals(second["cell"])


def test_tables_of_different_populations_are_apart():
    release = Release(
        (table(({"area": ("NUTS2",)},)), table(({"area": ("NUTS2",)},), table_id="T2", population="other"))
    )
    assert [model.population for model in build_models(release)] == ["children", "other"]


def test_leaves_that_no_margin_tells_apart_fall_together():
    [model] = build_models(Release((table(({"area": ("NUTS2",), "sex": ("TOTAL",)},)),)))
    assert model.incidence.shape == (3, 3)


def test_levels_need_not_nest():
    ages = [f"Y{age}" for age in range(4)]
    halves, ends = dict(zip(ages, "AABB", strict=True)), dict(zip(ages, "CDDE", strict=True))
    counts = pd.DataFrame({"age": ages, "count": [1, 2, 3, 4]})
    age = Dimension("age", {"HALVES": halves, "ENDS": ends})
    found = cells(Table("T1", "children", (age,), ({"age": ("HALVES", "ENDS")},), counts))
    assert dict(zip(found["age"], found["count"], strict=True)) == {"A": 3, "B": 7, "C": 1, "D": 5, "E": 4}


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (COUNTS.assign(count=[-1, 2, 3]), "negative"),
        (COUNTS.assign(count=[0.5, 2, 3]), "not whole"),
        (COUNTS.assign(count=[float("inf"), 2, 3]), "not whole"),
        (COUNTS.assign(count=[float("nan"), 2, 3]), "not numbers"),
        (COUNTS.assign(count=["1", "2", "3"]), "not numbers"),
        (COUNTS.assign(count=[True, False, True]), "not numbers"),
        (COUNTS.assign(area=["RO421", "RO999", "RO321"]), "leaf codes"),
        (COUNTS.assign(area=["RO421", None, "RO321"]), "leaf codes"),
        (pd.concat([COUNTS, COUNTS.head(1)]), "two rows"),
        (COUNTS.drop(columns="sex"), "need the columns"),
        (COUNTS.assign(name="x"), "need the columns"),
    ],
)
def test_odd_counts_are_refused(counts: pd.DataFrame, why: str):
    with pytest.raises(DisclosureError, match=why):
        table(({"area": ("COUNTY",)},), counts)


def test_a_refusal_holds_no_count_and_no_row():
    with pytest.raises(DisclosureError) as refusal:
        table(({"area": ("COUNTY",)},), COUNTS.assign(count=[-987, 2, 3]))
    assert "987" not in str(refusal.value)


@pytest.mark.parametrize(
    "margin",
    [{"area": ("VILLAGE",)}, {"age": ("TOTAL",)}, {"sex": ()}],
    ids=["unknown level", "unknown dimension", "no level"],
)
def test_an_unknown_level_is_refused(margin: dict):
    with pytest.raises(DisclosureError, match="unknown level"):
        table((margin,))


@pytest.mark.parametrize(
    ("levels", "why"),
    [
        ({}, "no codes"),
        ({"TOTAL": {"F": "F"}}, "own total"),
        ({"SEX": {"F": "_T"}}, "own total"),
        ({"SEX": {"F": "F", "M": "M"}, "KNOWN": {"F": "yes"}}, "every leaf"),
        ({"SEX": {"F": "F", "M": "M"}, "ODD": {"F": "M", "M": "M"}}, "different leaves"),
    ],
)
def test_a_dimension_that_contradicts_itself_is_refused(levels: dict, why: str):
    with pytest.raises(DisclosureError, match=why):
        Dimension("sex", levels)


def test_names_that_the_output_needs_are_refused():
    with pytest.raises(DisclosureError, match="another name"):
        Dimension("status", {"L": {"a": "a"}})


def test_a_release_needs_tables_with_names_of_their_own():
    with pytest.raises(DisclosureError, match="identifier"):
        Release((table(({"area": ("COUNTY",)},)), table(({"area": ("NUTS2",)},))))
    with pytest.raises(DisclosureError, match="identifier"):
        Release(())


def test_tables_of_one_population_must_count_the_same_children():
    other = table(({"area": ("NUTS2",)},), COUNTS.assign(count=[8, 6, 30]), "T2")
    with pytest.raises(DisclosureError, match="two different counts"):
        build_models(Release((table(({"area": ("NUTS2",)},)), other)))


def test_tables_of_one_population_must_describe_a_dimension_alike():
    coarse = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
    other = Table("T2", "children", (AREA, coarse), ({"sex": ("SEX",)},), COUNTS)
    with pytest.raises(DisclosureError, match="in two ways"):
        build_models(Release((table(({"sex": ("SEX",)},)), other)))


def test_a_joint_base_too_large_to_audit_is_refused():
    wide = [Dimension(name, {"L": {f"{name}{i}": f"{name}{i}" for i in range(80)}}) for name in "abc"]
    counts = pd.DataFrame({"a": ["a1"], "b": ["b1"], "c": ["c1"], "count": [9]})
    margins = ({"a": ("L",)}, {"b": ("L",)}, {"c": ("L",)})
    with pytest.raises(DisclosureError, match="coarser tables"):
        build_models(Release((Table("T1", "children", tuple(wide), margins, counts),)))
