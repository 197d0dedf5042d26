"""The door: what it hides, what it refuses, and that the audit behind it sees known leaks. Synthetic counts."""

import ast
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import anonymization.disclosure.audit
from anonymization.disclosure.audit.attackers import Attacker, contributors
from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.headline import Costs
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, fingerprint, protect
from anonymization.disclosure.suppression.budget import Budget, Effort
from anonymization.disclosure.suppression.suppress import Suppressor
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.shown import shown_when_hidden
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import Stricter, ThresholdRule
from anonymization.errors import DisclosureError, PolicyError

RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
WEAK = ThresholdRule(threshold=5, width=5, knowledge="nonnegative")
COUNTIES = ("C1", "C2", "C3", "C4")
AREA = Dimension("area", {"COUNTY": {county: county for county in COUNTIES}})
SEX = Dimension("sex", {"SEX": {"F": "F", "M": "M"}})
CARE = Dimension("care", {"CARE": {"SEP": "SEP", "UNACC": "UNACC"}})
BY_COUNTY = Table("T1", "children", (AREA,), ({"area": ("TOTAL", "COUNTY")},))


def county_release(counts: list[int]) -> Release:
    return Release(TableSet((BY_COUNTY,)), {"children": pd.DataFrame({"area": COUNTIES, "count": counts})})


def crossed(second: Dimension, table_id: str, population: str = "children") -> Table:
    margin = {"area": ("TOTAL", "COUNTY"), second.name: ("TOTAL", *second.levels)}
    return Table(table_id, population, (AREA, second), (margin,))


def linked(by_sex_and_care: list[list[int]]) -> Release:
    """Two tables that share the counties. Counts: for each county F-SEP, F-UNACC, M-SEP, M-UNACC."""
    leaves = [(a, s, c) for a in COUNTIES for s in SEX.leaves for c in CARE.leaves]
    counts = pd.DataFrame(leaves, columns=["area", "sex", "care"]).assign(count=np.ravel(by_sex_and_care))
    return Release(TableSet((crossed(SEX, "T1"), crossed(CARE, "T2"))), {"children": counts})


def attacked(release: Release, hidden: Iterable[tuple[str, ...]], rule: ThresholdRule = RULE, **options) -> AuditReport:
    """The audit of a release with exactly these cells hidden, given by their codes in the order of the dimensions."""
    model = build_model(release.table_set)
    truth, required, marks = model.tabulate(release), requirements(model, rule), set(hidden)
    keys = model.rows[release.table_set.dimension_names].apply(tuple, axis=1)
    assert marks <= set(keys)
    is_hidden = np.zeros(model.cells.shape[0], dtype=bool)
    is_hidden[model.rows.loc[[key in marks for key in keys], "cell"]] = True
    return audit(model, shown_when_hidden(model.cells @ truth, is_hidden, required), required, truth=truth, **options)


def test_small_counts_are_hidden_zeros_and_the_rest_are_shown():
    cells = protect(county_release([0, 4, 5, 300]), History(), RULE).cells.set_index("area")
    assert cells["status"].to_dict() == {
        "_T": "published", "C1": "published", "C2": "primary", "C3": "secondary", "C4": "published",
    }  # fmt: skip
    assert cells["count"].isna().to_dict() == {"_T": False, "C1": False, "C2": True, "C3": True, "C4": False}
    assert cells.loc["C1", "count"] == 0


def test_what_comes_out_has_the_promised_columns():
    others = replace(BY_COUNTY, table_id="T2", population="others")
    counts = pd.DataFrame([(a, s, 9) for a in COUNTIES for s in SEX.leaves], columns=["area", "sex", "count"])
    release = Release(
        TableSet((crossed(SEX, "T1"), others)),
        {"children": counts, "others": pd.DataFrame({"area": COUNTIES, "count": [3, 9, 9, 9]})},
    )
    cells = protect(release, History(), RULE).cells
    assert cells.columns.tolist() == ["table_id", "area", "sex", "count", "status"]
    assert cells["count"].dtype == "Int64"
    assert set(cells.loc[cells["table_id"] == "T2", "sex"]) == {"_T"}
    assert cells["table_id"].tolist() == ["T1"] * 15 + ["T2"] * 5


def test_subtraction_is_caught():
    report = attacked(county_release([3, 10, 20, 30]), {("C1",)})
    assert (report.verdict, report.exact, report.narrow) == ("unsafe", 1, 1)


def test_knowing_that_hidden_means_at_least_one_is_an_attack():
    """15 = 10 + 3 + x + x: two hidden cells of at least 1 that add up to 2 are 1 each."""
    report = attacked(county_release([10, 3, 1, 1]), {("C2",), ("C3",), ("C4",)})
    assert (report.verdict, report.exact, report.narrow) == ("unsafe", 0, 3)
    release = county_release([10, 5, 1, 1])
    report = attacked(release, {("C3",), ("C4",)})
    assert (report.verdict, report.exact) == ("unsafe", 2)
    assert protect(release, History(), RULE).audit.verdict == "safe"


def test_a_small_count_that_is_shown_is_caught():
    report = attacked(county_release([3, 10, 20, 30]), {})
    assert (report.verdict, report.shown_small) == ("unsafe", 1)


def test_a_leak_between_linked_tables_is_caught():
    """Each table alone is safe; the other one shows the total that this one hides."""
    release = linked([[2, 1, 9, 0], [4, 4, 4, 5], [9, 0, 9, 0], [9, 0, 9, 0]])
    hidden = {("C1", "F"), ("C2", "F"), ("C1", "_T"), ("C2", "_T")}
    counts = release.counts["children"].groupby(["area", "sex"], as_index=False)["count"].sum()
    alone = Release(TableSet((crossed(SEX, "T1"),)), {"children": counts})
    assert attacked(alone, hidden).verdict == "safe"
    both = attacked(release, {(*key, "_T") for key in hidden})
    assert both.verdict == "unsafe"
    assert both.exact >= 1


def test_linked_tables_are_protected_together_and_share_their_marks():
    release = linked([[3, 0, 8, 1], [4, 4, 4, 5], [9, 0, 9, 0], [9, 0, 9, 0]])
    cells = protect(release, History(), RULE).cells
    shared = cells[(cells["sex"] == "_T") & (cells["care"] == "_T")]
    assert len(shared) == 10
    assert (shared.groupby("area")["status"].nunique() == 1).all()
    assert shared.groupby("area")["count"].apply(lambda counts: counts.isna().nunique() == 1).all()


def test_a_hidden_zero_contradicts_the_zero_rule():
    with pytest.raises(DisclosureError, match="not what was counted"):
        attacked(county_release([0, 10, 20, 30]), {("C1",), ("C2",)})
    for rule in (RULE, WEAK):
        cells = protect(county_release([0, 3, 20, 30]), History(), rule).cells.set_index("area")
        assert cells.loc["C1", "status"] == "published"


def test_nothing_unsafe_becomes_a_protected_release():
    protected = protect(county_release([3, 10, 20, 30]), History(), RULE)
    unsafe = attacked(county_release([3, 10, 20, 30]), {("C1",)})
    with pytest.raises(DisclosureError, match="not safe"):
        replace(protected, audit=unsafe)
    with pytest.raises(DisclosureError, match="not safe"):
        ProtectedRelease(protected.cells, unsafe, protected.audited, protected.pattern, protected.joint)


def test_a_refusal_tells_how_many_cells_and_no_count_of_children():
    unsafe = attacked(county_release([3, 987, 2456, 2]), {("C1",)})
    protected = protect(county_release([3, 987, 2456, 2]), History(), RULE)
    with pytest.raises(DisclosureError, match="not safe") as refusal:
        replace(protected, audit=unsafe)
    assert "987" not in str(refusal.value)
    assert "2456" not in str(refusal.value)


def test_only_the_audited_cells_become_a_protected_release():
    protected = protect(county_release([3, 10, 20, 30]), History(), RULE)
    shown_again = protected.cells.assign(count=protected.cells["count"].fillna(10))
    other_count = protected.cells.assign(count=protected.cells["count"] + 1)
    for cells in (shown_again, other_count, protected.cells.iloc[1:], protected.cells.iloc[::-1]):
        with pytest.raises(DisclosureError, match="not the ones that were audited"):
            replace(protected, cells=cells)


def test_labels_inside_are_no_part_of_what_is_shown():
    protected = protect(county_release([3, 10, 20, 30]), History(), RULE)
    swapped = protected.cells["status"].replace({"primary": "secondary", "secondary": "primary"})
    assert fingerprint(protected.cells.assign(status=swapped)) == protected.audited == fingerprint(protected.cells)


def test_a_suppressor_that_forgets_is_stopped_by_the_audit(monkeypatch):
    for stage in ("run", "meet"):
        monkeypatch.setattr(Suppressor, stage, lambda self, *anything: None)
    with pytest.raises(DisclosureError, match="not safe"):
        protect(county_release([3, 10, 20, 30]), History(), RULE)


def test_the_audit_shares_nothing_with_the_suppressor():
    folder = Path(anonymization.disclosure.audit.__path__[0])
    trees = [ast.parse(path.read_text("utf-8")) for path in folder.glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert "anonymization.disclosure.tables.joint_model" in imported
    assert not {
        name
        for name in imported
        if name.startswith(("anonymization.disclosure.suppress", "anonymization.disclosure.protect"))
    }


def test_linked_tables_that_no_children_can_fill_are_refused():
    """Pairwise tables that agree in their margins, yet have no common table: F only in SEP, SEP only in C1, ..."""
    area = Dimension("area", {"COUNTY": {"C1": "C1", "C2": "C2"}})
    pairs = ((SEX, CARE), (CARE, area), (area, SEX))
    tables = tuple(
        Table(f"T{number}", "p", pair, ({d.name: tuple(d.levels) for d in pair},)) for number, pair in enumerate(pairs)
    )
    model = build_model(TableSet(tables))
    counts = {("F", "SEP"): 10, ("M", "UNACC"): 10, ("SEP", "C1"): 10, ("UNACC", "C2"): 10}
    counts |= {("F", "C1"): 3, ("M", "C1"): 7, ("F", "C2"): 7, ("M", "C2"): 3}
    shown = np.zeros(model.cells.shape[0])
    for row in model.rows.itertuples():
        codes = {row.sex, row.care, row.area} - {"_T"}
        shown[row.cell] = next((count for key, count in counts.items() if set(key) == codes), 0)
    required = requirements(model, RULE)
    with pytest.raises(DisclosureError, match=r"[Cc]ontradict"):
        audit(model, shown_when_hidden(shown, np.zeros(len(shown), dtype=bool), required), required)


def whole_children(counts: list[int]) -> Release:
    """One population of five kinds of which overlapping unions are shown: A = x+y+w, B = y+z+w, C = x+z+w, D = w+s."""
    leaves = ("x", "y", "z", "w", "s")
    shown = {"A": "xyw", "B": "yzw", "C": "xzw", "D": "ws", "W": "w"}
    levels = {
        code: {leaf: code if leaf in members else f"no {code}" for leaf in leaves} for code, members in shown.items()
    }
    table = Table("T1", "p", (Dimension("kind", levels),), ({"kind": tuple(levels)},))
    return Release(TableSet((table,)), {"p": pd.DataFrame({"kind": leaves, "count": counts})})


def test_whole_children_are_an_attack_that_fractions_do_not_show():
    """Children are whole: 2k + w = 10 and w <= 5 leave 2 and 4 for w, where fractions leave all from 1 to 5."""
    release = whole_children([3, 3, 3, 4, 1])
    hidden = {(f"no {code}",) for code in "ABCDW"} | {("W",)}
    report = attacked(release, hidden)
    assert (report.primary, report.exact, report.exact_integer, report.narrow_integer) == (4, 0, 0, 4)
    assert report.narrow == 0
    assert report.verdict == "unsafe"


def test_what_fractions_do_not_show_is_hidden_too():
    protected = protect(whole_children([3, 3, 3, 4, 1]), History(), RULE)
    assert (protected.audit.verdict, protected.audit.narrow_integer) == ("safe", 0)


@pytest.mark.parametrize("rule", [RULE, WEAK], ids=["zeros published", "nonnegative"])
@pytest.mark.parametrize("counts", [[0, 0, 0, 0], [9, 9, 9, 9], [1, 1, 1, 1], [4, 3, 2, 1], [1, 0, 0, 0], [1, 5, 0, 0]])
def test_extreme_tables_are_protected(counts: list[int], rule: ThresholdRule):
    protected = protect(county_release(counts), History(), rule)
    assert (protected.audit.verdict, protected.audit.exact, protected.audit.narrow_integer) == ("safe", 0, 0)
    assert (protected.cells["status"] == "primary").sum() == sum(1 <= c <= 4 for c in [*counts, sum(counts)])


def test_a_table_without_children_hides_nothing():
    empty = Release(TableSet((BY_COUNTY,)), {"children": pd.DataFrame({"area": [], "count": np.zeros(0, dtype=int)})})
    protected = protect(empty, History(), RULE)
    assert protected.cells["count"].tolist() == [0] * 5
    assert (protected.pattern.cost, protected.pattern.gap) == (0.0, 0.0)


def test_a_table_of_one_cell_is_protected():
    table = Table("T1", "p", (AREA,), ({"area": ("TOTAL",)},))
    release = Release(TableSet((table,)), {"p": pd.DataFrame({"area": ["C1"], "count": [3]})})
    protected = protect(release, History(), RULE)
    assert protected.cells["status"].tolist() == ["primary"]


def test_without_a_total_nothing_bounds_a_hidden_count():
    by_county = Table("T1", "children", (AREA,), ({"area": ("COUNTY",)},))
    release = Release(TableSet((by_county,)), county_release([3, 10, 20, 30]).counts)
    wide = ThresholdRule(threshold=5, width=2_000, knowledge="zeros_published")
    protected = protect(release, History(), wide)
    assert protected.cells["status"].tolist() == ["primary", "published", "published", "published"]


def test_counts_of_ten_million_are_protected_exactly():
    protected = protect(county_release([3, 10_000_000, 20_000_000, 30_000_000]), History(), RULE)
    assert protected.audit.verdict == "safe"
    assert protected.cells["count"].dropna().tolist() == [60_000_003, 20_000_000, 30_000_000]


def test_no_needless_cell_is_hidden():
    protected = protect(county_release([3, 10, 20, 30]), History(), RULE)
    assert protected.cells["status"].tolist() == ["published", "primary", "secondary", "published", "published"]
    assert (protected.pattern.cost, protected.pattern.bound) == (10.0, pytest.approx(10.0, abs=1e-4))


def test_a_dear_cell_is_hidden_last():
    """Headlines cost more: of the two ways to hide, the one that keeps the country's totals is taken."""
    release = linked([[3, 0, 8, 8], [9, 9, 9, 9], [9, 9, 9, 9], [9, 9, 9, 9]])
    dear = protect(release, History(), RULE, Terms(costs=Costs(country=1e6, headline=1e3))).cells
    plain = protect(release, History(), RULE).cells
    for cells in (dear, plain):
        assert (cells["status"] == "primary").sum() >= 1
    is_headline = (dear[["area", "sex", "care"]] == "_T").sum(axis=1) >= 2
    assert (dear.loc[is_headline, "status"] == "published").all()


def test_a_stricter_threshold_holds_for_its_cells_only():
    strict = replace(RULE, stricter=(Stricter(10, codes={"area": ("C2",)}),))
    cells = protect(county_release([3, 8, 8, 30]), History(), strict).cells.set_index("area")["status"]
    assert cells.to_dict()["C1"] == cells.to_dict()["C2"] == "primary"
    assert cells["C4"] == "published" or cells["C3"] == "published"
    assert cells["C3"] != "primary"


def contributors_of_one(model: JointModel, truth: np.ndarray, hidden: np.ndarray) -> list[Attacker]:
    return contributors(model, truth, hidden, largest=1, gate=True)


def test_a_contributor_learns_no_other_small_count():
    release = county_release([1, 3, 20, 30])
    plain = protect(release, History(), RULE)
    against = protect(release, History(), RULE, Terms(attackers=contributors_of_one))
    assert against.audit.attacks
    assert not [attack for attack in against.audit.attacks if attack.failing]
    assert against.cells["count"].isna().sum() >= plain.cells["count"].isna().sum()


def test_a_contributor_would_have_learned_it_from_the_plain_pattern():
    release = county_release([1, 4, 20, 30])
    model = build_model(release.table_set)
    truth = model.tabulate(release)
    hidden = model.rows["area"].isin(["C1", "C2"]).to_numpy()
    tried = contributors_of_one(model, truth, hidden)
    assert attacked(release, {("C1",), ("C2",)}, attackers=tried).attacks[0].failing
    protected = protect(release, History(), RULE, Terms(attackers=contributors_of_one))
    assert protected.cells["count"].isna().sum() == 3
    assert not any(attack.failing for attack in protected.audit.attacks)


def test_a_named_quantity_is_protected_though_no_table_shows_it():
    """The first two ages together are a count of 4 that follows from what is shown, were it not hidden."""
    ages = [f"Y{number}" for number in range(4)]
    bands = {"HALVES": dict(zip(ages, "AABB", strict=True)), "ENDS": dict(zip(ages, "CDDE", strict=True))}
    table = Table("T1", "p", (Dimension("age", bands),), ({"age": ("TOTAL", "HALVES", "ENDS")},))
    release = Release(TableSet((table,)), {"p": pd.DataFrame({"age": ages, "count": [20, 3, 30, 40]})})
    terms = Terms(quantities=Named(contiguous=("age",)))
    assert protect(release, History(), RULE).audit.hidden == 0
    protected = protect(release, History(), RULE, terms)
    assert protected.audit.quantities == 1
    assert (protected.audit.narrow_quantities, protected.audit.verdict) == (0, "safe")
    assert protected.audit.hidden > 0


def test_time_that_is_out_at_once_is_a_refusal():
    with pytest.raises(DisclosureError, match="time limit"):
        protect(county_release([3, 10, 20, 30]), History(), RULE, budget=Budget(out_of_time=lambda: True))


@pytest.mark.parametrize("answers", [2, 10, 40])
def test_time_that_runs_out_later_is_a_refusal_or_a_marked_pattern_that_is_audited(answers: int):
    asked = iter(range(10**9))
    budget = Budget(out_of_time=lambda: next(asked) >= answers)
    try:
        protected = protect(skewed_release(1), History(), RULE, budget=budget)
    except DisclosureError as refusal:
        assert any(words in str(refusal) for words in ("time limit", "not safe", "nothing is proven"))
    else:
        assert protected.audit.verdict == "safe"
        assert not protected.pattern.is_reproducible


def skewed_release(seed: int) -> Release:
    """Two tables like the quarterly ones: counties as skewed as real ones, unknown sex and age rare."""
    rng = np.random.default_rng(seed)
    region = {f"R{number // 6}C{number % 6}": f"R{number // 6}" for number in range(42)} | {"_U": "_U"}
    area = Dimension(
        "area", {"COUNTY": {c: c for c in region}, "REGION": region, "COUNTRY": dict.fromkeys(region, "RO")}
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
        {"area": ("COUNTRY", "REGION"), "age": ("TOTAL", "SEED3"), "sex": ("TOTAL", "SEX")},
        {"area": ("COUNTY",)},
    )
    t4_margins = (
        {"area": ("COUNTRY", "COUNTY")},
        {"area": ("REGION",), "care": ("TOTAL", "CARE")},
        {"area": ("COUNTRY",), "care": ("TOTAL", "CARE"), "sex": ("TOTAL", "SEX"), "age": ("TOTAL", "SEED3")},
    )
    t1 = Table("T1", "T1", (area, age, sex), t1_margins)
    t4 = Table("T4", "T4", (area, care, sex, age), t4_margins)
    counted = {"T1": _count(children.sample(2500, random_state=seed), t1), "T4": _count(children.tail(1800), t4)}
    return Release(TableSet((t1, t4)), counted)


def _count(children: pd.DataFrame, table: Table) -> pd.DataFrame:
    return children.groupby([d.name for d in table.dimensions]).size().reset_index(name="count")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tables_like_the_quarterly_ones_are_protected(seed: int):
    costs = Costs(country=100.0, headline=2.0)
    protected = protect(skewed_release(seed), History(), RULE, Terms(costs=costs, effort=Effort(200, 200)))
    report = protected.audit
    assert (report.exact, report.narrow, report.narrow_integer, report.shown_small) == (0, 0, 0, 0)
    assert report.smallest_width >= RULE.width
    assert report.primary > 30
    totals = protected.cells[(protected.cells == "_T").sum(axis=1) == 3]
    regions = totals[totals["area"].isin(["RO", *(f"R{number}" for number in range(7))])]
    assert len(regions) == 2 * 8
    assert regions["status"].eq("published").mean() > 0.8  # dear, though not always to be had


def test_the_same_release_gives_the_same_bytes():
    first, second = (protect(skewed_release(5), History(), RULE, Terms(effort=Effort(200, 200))) for _ in range(2))
    assert first.cells.to_csv(index=False) == second.cells.to_csv(index=False)
    assert first.audit.figures() == second.audit.figures()
    assert first.pattern.stages == second.pattern.stages
    assert first.pattern.is_reproducible


@pytest.mark.parametrize(
    "numbers", [(1, 4, "zeros_published"), (5, 3, "zeros_published"), (5, 4, "hidden"), (5, 4, "nonnegative")]
)
def test_a_rule_that_contradicts_itself_is_refused(numbers: tuple):
    with pytest.raises(PolicyError):
        ThresholdRule(*numbers)


def test_a_stricter_threshold_must_be_higher():
    with pytest.raises(PolicyError):
        ThresholdRule(5, 4, "zeros_published", stricter=(Stricter(5),))


def test_the_report_says_what_share_is_shown():
    report = protect(county_release([3, 10, 20, 30]), History(), RULE).audit
    assert (report.cells, report.primary, report.secondary, report.shown_share) == (5, 1, 1, 0.6)
