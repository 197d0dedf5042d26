"""Specifications of tables become cells: every combination, zeros included, each once. Synthetic counts."""

import pandas as pd
import pytest

from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.relations import Cumulative, Flows, MultiResponse, Revision, Subset
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.errors import DisclosureError

COUNTIES = {"RO421": "RO42", "RO424": "RO42", "RO321": "RO32", "_U": "_U"}
AREA = Dimension(
    "area", {"COUNTY": {c: c for c in COUNTIES}, "REGION": COUNTIES, "COUNTRY": dict.fromkeys(COUNTIES, "RO")}
)
SEX = Dimension("sex", {"SEX": {"F": "F", "M": "M", "_U": "_U"}})
COUNTS = pd.DataFrame({"area": ["RO421", "RO424", "RO321"], "sex": ["F", "F", "M"], "count": [7, 6, 30]})


def table(margins: tuple, table_id: str = "T1", population: str = "children") -> Table:
    return Table(table_id, population, (AREA, SEX), margins)


def cells(*tables: Table, counts: pd.DataFrame = COUNTS) -> pd.DataFrame:
    """Every published row with its distinct cell and its true count; all populations have the same counts."""
    table_set = TableSet(tables)
    model = build_model(table_set)
    names = {p: list(table_set.dimensions_of(p)) for p in table_set.populations}
    by_population = {p: counts.groupby(columns, as_index=False)["count"].sum() for p, columns in names.items()}
    found = model.cells @ model.tabulate(Release(table_set, by_population))
    return model.rows.assign(count=found[model.rows["cell"]])


def release_of(counts: pd.DataFrame) -> Release:
    return Release(TableSet((table(({"area": ("COUNTY",)},)),)), {"children": counts})


def test_a_margin_is_the_cross_of_its_levels_with_zeros():
    found = cells(table(({"area": ("COUNTRY", "REGION"), "sex": ("TOTAL", "SEX")},)))
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
    found = cells(table(({"area": ("REGION",)}, {"area": ("REGION", "COUNTY")})))
    assert not found.duplicated(["table_id", "area", "sex"]).any()
    assert len(found) == 3 + 3  # the unknown county and the unknown region are one code


def test_cells_equal_by_structure_are_one_cell():
    found = cells(table(({"area": ("TOTAL", "COUNTRY", "REGION", "COUNTY")},))).set_index("area")["cell"]
    assert found["_T"] == found["RO"]
    assert found["RO32"] == found["RO321"]  # a region of one county
    assert found["RO42"] != found["RO421"]


def test_tables_of_one_population_share_cells_whatever_the_order_of_their_dimensions():
    margin = {"area": ("REGION",), "sex": ("SEX",)}
    turned = Table("T2", "children", (SEX, AREA), (margin,))
    found = cells(table((margin,)), turned)
    first, second = (
        part.set_index(["area", "sex"]).sort_index() for _, part in found.drop(columns="count").groupby("table_id")
    )
    assert first["cell"].equals(second["cell"])


def test_tables_of_different_populations_share_no_cell():
    margin = ({"area": ("REGION",)},)
    found = cells(table(margin), table(margin, "T2", "other"))
    assert not set(found.loc[found["table_id"] == "T1", "cell"]) & set(found.loc[found["table_id"] == "T2", "cell"])


def test_leaves_that_no_margin_tells_apart_fall_together():
    model = build_model(TableSet((table(({"area": ("REGION",), "sex": ("TOTAL",)},)),)))
    assert (model.atoms, model.cells.shape) == (3, (3, 3))


def test_a_dimension_of_one_code_tells_nothing_apart():
    only = Dimension("year", {"YEAR": {"2023": "2023"}})
    found = cells(
        Table("T1", "children", (AREA, only), ({"area": ("REGION",), "year": ("TOTAL", "YEAR")},)),
        counts=COUNTS.assign(year="2023"),
    ).set_index(["area", "year"])["cell"]
    assert (found[:, "_T"] == found[:, "2023"]).all()


def test_levels_need_not_nest():
    ages = [f"Y{age}" for age in range(4)]
    halves, ends = dict(zip(ages, "AABB", strict=True)), dict(zip(ages, "CDDE", strict=True))
    counts = pd.DataFrame({"age": ages, "count": [1, 2, 3, 4]})
    age = Dimension("age", {"HALVES": halves, "ENDS": ends})
    found = cells(Table("T1", "children", (age,), ({"age": ("HALVES", "ENDS")},)), counts=counts)
    assert dict(zip(found["age"], found["count"], strict=True)) == {"A": 3, "B": 7, "C": 1, "D": 5, "E": 4}


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        (COUNTS.assign(count=[-1, 2, 3]), "negative"),
        (COUNTS.assign(count=[0.5, 2, 3]), "not whole"),
        (COUNTS.assign(count=[float("inf"), 2, 3]), "not whole"),
        (COUNTS.assign(count=[float("nan"), 2, 3]), "not all numbers"),
        (COUNTS.assign(count=["1", "2", "3"]), "not all numbers"),
        (COUNTS.assign(count=[True, False, True]), "not all numbers"),
        (COUNTS.assign(area=["RO421", "RO999", "RO321"]), "leaf codes"),
        (COUNTS.assign(area=["RO421", None, "RO321"]), "leaf codes"),
        (pd.concat([COUNTS, COUNTS.head(1)]), "two rows"),
        (COUNTS.drop(columns="sex"), "need the columns"),
        (COUNTS.assign(name="x"), "need the columns"),
    ],
)
def test_odd_counts_are_refused(counts: pd.DataFrame, why: str):
    with pytest.raises(DisclosureError, match=why):
        release_of(counts)


def test_a_refusal_holds_no_count_and_no_row():
    with pytest.raises(DisclosureError) as refusal:
        release_of(COUNTS.assign(count=[-987, 2, 3]))
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


@pytest.mark.parametrize("name", ["status", "population", "count", "suppressed"])
def test_names_that_files_need_are_refused(name: str):
    with pytest.raises(DisclosureError, match="another name"):
        Dimension(name, {"L": {"a": "a"}})


def test_a_release_needs_tables_with_names_of_their_own():
    with pytest.raises(DisclosureError, match="identifier"):
        TableSet((table(({"area": ("COUNTY",)},)), table(({"area": ("REGION",)},))))
    with pytest.raises(DisclosureError, match="identifier"):
        TableSet(())


def test_a_table_needs_dimensions_and_margins():
    with pytest.raises(DisclosureError, match="dimensions"):
        Table("T1", "children", (), ({},))
    with pytest.raises(DisclosureError, match="dimensions"):
        Table("T1", "children", (SEX, SEX), ({},))
    with pytest.raises(DisclosureError, match="margins"):
        table(())


def test_every_population_has_counts_and_no_other():
    table_set = TableSet((table(({"area": ("COUNTY",)},)),))
    for counts in ({}, {"children": COUNTS, "others": COUNTS}, {"others": COUNTS}):
        with pytest.raises(DisclosureError, match="same populations"):
            Release(table_set, counts)


def test_tables_of_one_population_must_describe_a_dimension_alike():
    coarse = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
    other = Table("T2", "children", (AREA, coarse), ({"sex": ("SEX",)},))
    with pytest.raises(DisclosureError, match="in two ways"):
        TableSet((table(({"sex": ("SEX",)},)), other))


def test_related_tables_must_have_the_same_leaves():
    coarse = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
    part = Table("T2", "part", (coarse,), ({"sex": ("SEX",)},))
    with pytest.raises(DisclosureError, match="different leaf codes"):
        build_model(TableSet((table(({"sex": ("SEX",)},)), part), (Subset("part", "children"),)))


def test_a_relation_to_nobody_is_refused():
    with pytest.raises(DisclosureError, match="which no table counts"):
        TableSet((table(({"sex": ("SEX",)},)),), (Subset("children", "everybody"),))


@pytest.mark.parametrize(
    ("relation", "counts"),
    [
        (Subset("a", "b"), {"a": 8, "b": 7}),
        (MultiResponse("a", "b", "care"), {"a": 8, "b": 7}),
        (Flows("a", "b", "c", "d"), {"a": 8, "b": 7, "c": 3, "d": 11}),
    ],
)
def test_counts_that_break_a_stated_relation_are_refused_without_telling_a_count(relation, counts: dict[str, int]):
    tables = tuple(Table(name, name, (SEX,), ({"sex": ("SEX",)},)) for name in counts)
    frames = {name: pd.DataFrame({"sex": ["F"], "count": [count]}) for name, count in counts.items()}
    table_set = TableSet(tables, (relation,))
    with pytest.raises(DisclosureError, match="contradict what is stated") as refusal:
        build_model(table_set).tabulate(Release(table_set, frames))
    assert not any(character.isdigit() for character in str(refusal.value))


@pytest.mark.parametrize("relation", [Cumulative("early", "late", removals=2), Revision("early", "late", at_most=3)])
def test_populations_without_a_common_dimension_are_related_by_their_totals(relation):
    area = Dimension("area", {"AREA": {code: code for code in "AB"}})
    sex = Dimension("sex", {"SEX": {code: code for code in "FM"}})
    early = Table("T1", "early", (area,), ({"area": ("TOTAL", "AREA")},))
    late = Table("T2", "late", (sex,), ({"sex": ("TOTAL", "SEX")},))
    table_set = TableSet((early, late), (relation,))
    counts = {
        "early": pd.DataFrame({"area": ["A", "B"], "count": [5, 7]}),
        "late": pd.DataFrame({"sex": ["F", "M"], "count": [6, 7]}),
    }
    model = build_model(table_set)
    truth = model.tabulate(Release(table_set, counts))
    facts = model.facts.matrix @ truth
    assert ((facts >= model.facts.lower) & (facts <= model.facts.upper)).all()
    assert sorted(model.cells @ truth) == [5, 6, 7, 7, 12, 13]


def test_a_joint_base_too_large_to_audit_is_refused():
    wide = [Dimension(name, {"L": {f"{name}{i}": f"{name}{i}" for i in range(101)}}) for name in "abc"]
    margins = (dict.fromkeys("abc", ("L",)),)
    with pytest.raises(DisclosureError, match="coarser tables"):
        build_model(TableSet((Table("T1", "children", tuple(wide), margins),)))


def test_margins_that_never_cross_need_no_large_base():
    wide = [Dimension(name, {"L": {f"{name}{i}": f"{name}{i}" for i in range(101)}}) for name in "abc"]
    margins = tuple({name: ("L",)} for name in "abc")
    assert build_model(TableSet((Table("T1", "children", tuple(wide), margins),))).atoms == 303
