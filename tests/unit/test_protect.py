"""The door: what it hides, what it refuses, and that the audit behind it sees known leaks. Synthetic counts."""

import ast
import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anonymization import solver
from anonymization.audit import AuditReport, audit
from anonymization.errors import DisclosureError, PolicyError
from anonymization.protect import ProtectedRelease, protect
from anonymization.rules import PublicRule
from anonymization.tables import Dimension, Release, Table

RULE = PublicRule(threshold=5, width=4, zeros="shown")
COUNTIES = ("C1", "C2", "C3", "C4")
AREA = Dimension("area", {"COUNTY": {county: county for county in COUNTIES}})
SEX = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
CARE = Dimension("care", {"CARE": {"SEP": "SEP", "UNACC": "UNACC"}})


def county_table(counts: list[int], table_id: str = "T1", population: str = "children") -> Table:
    frame = pd.DataFrame({"area": COUNTIES, "count": counts})
    return Table(table_id, population, (AREA,), ({"area": ("TOTAL", "COUNTY")},), frame)


def crossed(second: Dimension, counts: np.ndarray, table_id: str) -> Table:
    frame = pd.DataFrame([(a, s) for a in COUNTIES for s in second.leaves], columns=["area", second.name])
    level = next(iter(second.levels))
    margin = {"area": ("TOTAL", "COUNTY"), second.name: ("TOTAL", level)}
    return Table(table_id, "children", (AREA, second), (margin,), frame.assign(count=counts.ravel()))


def pattern(release: Release, hidden: dict[str, set[tuple[str, ...]]]) -> pd.DataFrame:
    """Cells of the release with exactly these hidden, whatever the truth."""
    open_rule = PublicRule(threshold=2, width=1, zeros="shown")
    blind = Release(tuple(replace(t, counts=t.counts.assign(count=t.counts["count"] * 10)) for t in release.tables))
    cells = protect(blind, (), open_rule).cells
    keys = cells[release.dimension_names].apply(tuple, axis=1)
    is_hidden = [key in hidden.get(table, set()) for table, key in zip(cells["table_id"], keys, strict=True)]
    return cells.assign(count=(cells["count"] // 10).mask(pd.Series(is_hidden)))


def test_small_counts_are_hidden_zeros_and_the_rest_are_shown():
    cells = protect(Release((county_table([0, 4, 5, 300]),)), (), RULE).cells.set_index("area")
    assert cells["status"].to_dict() == {
        "_T": "published", "C1": "published", "C2": "primary", "C3": "secondary", "C4": "published",
    }  # fmt: skip
    assert cells["count"].isna().to_dict() == {"_T": False, "C1": False, "C2": True, "C3": True, "C4": False}
    assert cells.loc["C1", "count"] == 0


def test_what_comes_out_has_the_promised_columns():
    release = Release((crossed(SEX, np.full((4, 2), 9), "T1"), county_table([3, 9, 9, 9], "T2", "others")))
    cells = protect(release, (), RULE).cells
    assert cells.columns.tolist() == ["table_id", "area", "sex", "count", "status"]
    assert cells["count"].dtype == "Int64"
    assert set(cells.loc[cells["table_id"] == "T2", "sex"]) == {"_T"}
    assert cells["table_id"].tolist() == ["T1"] * 15 + ["T2"] * 5


def test_subtraction_is_caught():
    release = Release((county_table([3, 10, 20, 30]),))
    report = audit(release, pattern(release, {"T1": {("C1",)}}), RULE)
    assert (report.verdict, report.exact_primary, report.narrow_primary) == ("unsafe", 1, 1)


def test_knowing_that_hidden_means_at_least_one_is_an_attack():
    """15 = 10 + 3 + x + x: two hidden cells of at least 1 that add up to 2 are 1 each."""
    release = Release((county_table([10, 3, 1, 1]),))
    report = audit(release, pattern(release, {"T1": {("C2",), ("C3",), ("C4",)}}), RULE)
    assert (report.verdict, report.exact_primary, report.narrow_primary) == ("unsafe", 0, 3)
    release = Release((county_table([10, 5, 1, 1]),))
    report = audit(release, pattern(release, {"T1": {("C3",), ("C4",)}}), RULE)
    assert (report.verdict, report.exact_primary) == ("unsafe", 2)
    protect(release, (), RULE)


def test_a_small_count_that_is_shown_is_caught():
    release = Release((county_table([3, 10, 20, 30]),))
    report = audit(release, pattern(release, {}), RULE)
    assert (report.verdict, report.shown_small) == ("unsafe", 1)


def test_a_leak_between_linked_tables_is_caught():
    """Each table alone is safe; the other one shows the total that this one hides."""
    by_sex = crossed(SEX, np.array([[3, 9], [8, 9], [9, 9], [9, 9]]), "T1")
    by_care = crossed(CARE, np.array([[6, 6], [8, 9], [9, 9], [9, 9]]), "T2")
    hidden = {("C1", "F"), ("C2", "F"), ("C1", "_T"), ("C2", "_T")}
    alone = Release((by_sex,))
    assert audit(alone, pattern(alone, {"T1": hidden}), RULE).verdict == "safe"
    both = Release((by_sex, by_care))
    marks = {(*key, "_T") for key in hidden}
    linked = {("C1", "_T", "_T"), ("C2", "_T", "_T")}
    report = audit(both, pattern(both, {"T1": marks, "T2": linked}), RULE)
    assert report.verdict == "unsafe"


def test_linked_tables_are_protected_together_and_share_their_marks():
    by_sex = crossed(SEX, np.array([[3, 9], [8, 9], [9, 9], [9, 9]]), "T1")
    by_care = crossed(CARE, np.array([[11, 1], [8, 9], [9, 9], [9, 9]]), "T2")
    cells = protect(Release((by_sex, by_care)), (), RULE).cells
    shared = cells[(cells["sex"] == "_T") & (cells["care"] == "_T")]
    assert (shared.groupby("area")["status"].nunique() == 1).all()
    assert shared.groupby("area")["count"].apply(lambda counts: counts.isna().nunique() == 1).all()


def test_one_cell_with_two_marks_is_refused():
    release = Release((county_table([3, 10, 20, 30], "T1"), county_table([3, 10, 20, 30], "T2")))
    cells = pattern(release, {"T1": {("C1",), ("C2",)}, "T2": {("C1",), ("C3",)}})
    with pytest.raises(DisclosureError, match="one mark"):
        audit(release, cells, RULE)


def test_cells_that_are_not_the_release_are_refused():
    release = Release((county_table([3, 10, 20, 30]),))
    cells = pattern(release, {"T1": {("C1",), ("C2",)}})
    with pytest.raises(DisclosureError, match="not those of the release"):
        audit(release, cells.iloc[1:], RULE)
    with pytest.raises(DisclosureError, match="not those of the release"):
        audit(release, cells.assign(area=["_T", "C1", "C2", "C3", "C9"]), RULE)
    with pytest.raises(DisclosureError, match="another count"):
        audit(release, cells.assign(count=cells["count"] + 1), RULE)


def test_a_hidden_zero_is_refused():
    release = Release((county_table([0, 10, 20, 30]),))
    with pytest.raises(DisclosureError, match="zero is hidden"):
        audit(release, pattern(release, {"T1": {("C1",), ("C2",)}}), RULE)


def test_nothing_unsafe_becomes_a_protected_release():
    release = Release((county_table([3, 10, 20, 30]),))
    cells = pattern(release, {"T1": {("C1",)}})
    with pytest.raises(DisclosureError, match="not safe"):
        ProtectedRelease(cells, audit(release, cells, RULE))


def test_a_suppressor_that_forgets_is_stopped_by_the_audit(monkeypatch):
    monkeypatch.setattr("anonymization.protect.suppress", lambda model, rule: (model.counts > 0) & (model.counts < 5))
    with pytest.raises(DisclosureError, match="not safe"):
        protect(Release((county_table([3, 10, 20, 30]),)), (), RULE)


def test_the_audit_shares_nothing_with_the_suppressor():
    tree = ast.parse(Path(inspect.getfile(audit)).read_text("utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert "anonymization.linear_model" in imported
    assert not imported & {"anonymization.suppress", "anonymization.protect"}


def test_a_history_is_refused():
    earlier = protect(Release((county_table([3, 10, 20, 30]),)), (), RULE)
    with pytest.raises(DisclosureError, match="Earlier releases"):
        protect(Release((county_table([4, 10, 20, 30]),)), (earlier,), RULE)


def test_a_budget_that_ends_is_a_refusal(monkeypatch):
    monkeypatch.setattr(solver, "ITERATION_LIMIT", 0)
    with pytest.raises(DisclosureError, match="budget"):
        protect(Release((county_table([3, 10, 20, 30]),)), (), RULE)


def test_linked_tables_that_no_children_can_fill_are_refused():
    """Pairwise tables that agree in their margins, yet have no common table: F only in SEP, SEP only in C1, ..."""
    frame = pd.DataFrame
    ab = Table("T1", "p", (SEX, CARE), ({"sex": ("SEX",), "care": ("CARE",)},),
               frame({"sex": ["F", "M"], "care": ["SEP", "UNACC"], "count": [10, 10]}))  # fmt: skip
    area = Dimension("area", {"COUNTY": {"C1": "C1", "C2": "C2"}})
    bc = Table("T2", "p", (CARE, area), ({"care": ("CARE",), "area": ("COUNTY",)},),
               frame({"care": ["SEP", "UNACC"], "area": ["C1", "C2"], "count": [10, 10]}))  # fmt: skip
    ca = Table("T3", "p", (area, SEX), ({"area": ("COUNTY",), "sex": ("SEX",)},),
               frame({"area": ["C1", "C1", "C2", "C2"], "sex": ["F", "M"] * 2, "count": [3, 7, 7, 3]}))  # fmt: skip
    with pytest.raises(DisclosureError, match="contradict"):
        protect(Release((ab, bc, ca)), (), RULE)


def test_whole_children_are_an_attack_that_fractions_do_not_show():
    """Children are whole: 2k + w = 10 and w <= 5 leave 2 and 4 for w, where fractions leave all from 1 to 5."""
    leaves = ("x", "y", "z", "w", "s")
    shown = {"A": "xyw", "B": "yzw", "C": "xzw", "D": "ws", "W": "w"}
    levels = {
        code: {leaf: code if leaf in members else f"no {code}" for leaf in leaves} for code, members in shown.items()
    }
    counts = pd.DataFrame({"kind": leaves, "count": [3, 3, 3, 4, 1]})
    table = Table("T1", "p", (Dimension("kind", levels),), ({"kind": tuple(levels)},), counts)
    hidden = {(f"no {code}",) for code in shown} | {("W",)}
    release = Release((table,))
    report = audit(release, pattern(release, {"T1": hidden}), RULE)
    assert (report.primary, report.exact_primary, report.narrow_primary) == (4, 0, 4)
    assert report.smallest_width == 4.0
    assert report.verdict == "unsafe"


@pytest.mark.parametrize("counts", [[0, 0, 0, 0], [9, 9, 9, 9], [1, 1, 1, 1], [4, 3, 2, 1], [1, 0, 0, 0], [1, 5, 0, 0]])
def test_extreme_tables_are_protected(counts: list[int]):
    protected = protect(Release((county_table(counts),)), (), RULE)
    assert protected.audit.verdict == "safe"
    assert (protected.cells["status"] == "primary").sum() == sum(1 <= c <= 4 for c in [*counts, sum(counts)])


def test_a_table_of_one_cell_is_protected():
    table = Table("T1", "p", (AREA,), ({"area": ("TOTAL",)},), pd.DataFrame({"area": ["C1"], "count": [3]}))
    protected = protect(Release((table,)), (), RULE)
    assert protected.cells["status"].tolist() == ["primary"]
    assert protected.audit.smallest_width == 1_000  # nothing bounds it from above


def test_counts_of_ten_million_are_protected_exactly():
    protected = protect(Release((county_table([3, 10_000_000, 20_000_000, 30_000_000]),)), (), RULE)
    assert protected.audit.verdict == "safe"
    assert protected.cells["count"].dropna().tolist() == [60_000_003, 20_000_000, 30_000_000]


def test_no_needless_cell_is_hidden():
    cells = protect(Release((county_table([3, 10, 20, 30]),)), (), RULE).cells
    assert cells["status"].tolist() == ["published", "primary", "secondary", "published", "published"]


def skewed_release(seed: int) -> Release:
    """Two tables like the quarterly ones: counties as skewed as real ones, unknown sex and age rare."""
    rng = np.random.default_rng(seed)
    region = {f"R{number // 6}C{number % 6}": f"R{number // 6}" for number in range(42)} | {"_U": "_U"}
    area = Dimension(
        "area", {"COUNTY": {c: c for c in region}, "NUTS2": region, "COUNTRY": dict.fromkeys(region, "RO")}
    )
    ages, sexes, cares = ("Y0T5", "Y6T13", "Y14T17", "Y_GE18", "_U"), ("F", "M", "_U"), ("SEP", "UNACC")
    age, sex = Dimension("age", {"SEED3": {a: a for a in ages}}), Dimension("sex", {"SEX": {s: s for s in sexes}})
    care = Dimension("care", {"CARE": {c: c for c in cares}})
    weights = [*rng.permutation(np.geomspace(300, 0.5, 42)).tolist(), 0.2]
    children = pd.DataFrame({
        "area": rng.choice(list(region), 4000, p=np.array(weights) / sum(weights)),
        "age": rng.choice(ages, 4000, p=[0.33, 0.42, 0.24, 0.004, 0.006]),
        "sex": rng.choice(sexes, 4000, p=[0.5, 0.495, 0.005]),
        "care": rng.choice(cares, 4000, p=[0.65, 0.35]),
    })  # fmt: skip
    t1_margins = (
        {"area": ("COUNTRY", "NUTS2"), "age": ("TOTAL", "SEED3"), "sex": ("TOTAL", "SEX")},
        {"area": ("COUNTY",)},
    )
    t4_margins = (
        {"area": ("COUNTRY", "COUNTY")},
        {"area": ("NUTS2",), "care": ("TOTAL", "CARE")},
        {"area": ("COUNTRY",), "care": ("TOTAL", "CARE"), "sex": ("TOTAL", "SEX"), "age": ("TOTAL", "SEED3")},
    )
    t1 = _count(children.sample(2500, random_state=seed), (area, age, sex), "T1", t1_margins)
    return Release((t1, _count(children.tail(1800), (area, care, sex, age), "T4", t4_margins)))


def _count(children: pd.DataFrame, dimensions: tuple[Dimension, ...], table_id: str, margins: tuple) -> Table:
    counts = children.groupby([d.name for d in dimensions]).size().reset_index(name="count")
    return Table(table_id, table_id, dimensions, margins, counts)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tables_like_the_quarterly_ones_are_protected(seed: int):
    protected = protect(skewed_release(seed), (), RULE)
    report = protected.audit
    assert (report.exact_primary, report.narrow_primary, report.shown_small) == (0, 0, 0)
    assert report.smallest_width >= RULE.width
    assert report.primary > 30
    totals = protected.cells[(protected.cells == "_T").sum(axis=1) == 3]
    regions = totals[totals["area"].isin(["RO", *(f"R{number}" for number in range(7))])]
    assert len(regions) == 2 * 8
    assert regions["status"].eq("published").mean() > 0.8  # dear, though not always to be had


def test_the_same_release_gives_the_same_bytes():
    first, second = (protect(skewed_release(5), (), RULE) for _ in range(2))
    assert first.cells.to_csv(index=False) == second.cells.to_csv(index=False)
    assert first.audit == second.audit


@pytest.mark.parametrize("numbers", [(1, 4, "shown"), (5, 3, "shown"), (5, 4, "hidden")])
def test_a_rule_that_contradicts_itself_is_refused(numbers: tuple):
    with pytest.raises(PolicyError):
        PublicRule(*numbers)


def test_the_report_says_what_share_is_shown():
    report: AuditReport = protect(Release((county_table([3, 10, 20, 30]),)), (), RULE).audit
    assert (report.cells, report.primary, report.secondary, report.shown_share) == (5, 1, 1, 0.6)
