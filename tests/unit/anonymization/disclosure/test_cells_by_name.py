"""Cells by name: kept, hidden, dear; and what of them is refused. Synthetic counts."""

import pandas as pd
import pytest

from anonymization.disclosure.headline import Costs
from anonymization.disclosure.ledger.entry import _described_rule, _rule
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.threshold_rules import NamedCells, ThresholdRule
from anonymization.disclosure.tool_files.spec_file import read_spec
from anonymization.disclosure.tool_files.spec_tables import refuse_unknown_cells, table_set
from anonymization.errors import DisclosureError, PolicyError

COUNTIES = ("C1", "C2", "C3", "C4")
AREA = Dimension("area", {"COUNTY": {c: c for c in COUNTIES}})
TABLE = Table("T1", "children", (AREA,), ({"area": ("TOTAL", "COUNTY")},))
FREE_TOTAL = Costs(country=1e-4)  # the cheapest pattern hides the total


def county(code: str) -> NamedCells:
    return NamedCells(codes={"area": (code,)})


def protected(*counts: int, hide: tuple[NamedCells, ...] = (), **terms: object) -> ProtectedRelease:
    release = Release(TableSet((TABLE,)), {"children": pd.DataFrame({"area": COUNTIES, "count": counts})})
    rule = ThresholdRule(threshold=5, width=4, knowledge="zeros_published", hide=hide)
    return protect(release, History(), rule, Terms(**terms))


def hidden(release: ProtectedRelease) -> set[str]:
    return set(release.cells.loc[release.cells["count"].isna(), "area"])


def test_the_grand_total_is_shown_though_hiding_it_is_cheapest() -> None:
    found = protected(3, 20, 30, 40, costs=FREE_TOTAL)
    assert hidden(found) == {"C1", "C2"} and not found.notes


def test_the_verdict_says_which_grand_total_is_hidden_and_why() -> None:
    found = protected(3, 20, 0, 0, keep=(county("C2"),))
    assert hidden(found) == {"_T", "C1"}
    assert found.notes == ("The grand total of T1 (total) is hidden: no safe pattern was found that shows it.",)
    assert "its own count is a reason to" in protected(3, 1, 0, 0).notes[0]


def test_a_kept_cell_is_gone_round_and_a_refusal_names_the_one_in_the_way() -> None:
    assert hidden(protected(3, 20, 30, 40, keep=(county("C2"),))) == {"C1", "C3"}
    with pytest.raises(DisclosureError, match=r"keep: no safe pattern was found that shows T1 \(area=C2\)"):
        protected(3, 20, 0, 0, keep=(county("C2"), NamedCells()))


def test_costs_steer_the_pattern() -> None:
    assert hidden(protected(3, 20, 30, 40, costs=Costs(named=((county("C2"), 3.0),)))) == {"C1", "C3"}


def test_a_cell_hidden_by_name_is_protected_like_a_small_count() -> None:
    found = protected(30, 20, 40, 50, hide=(county("C1"),))
    assert hidden(found) == {"C1", "C2"}
    assert (found.audit.primary, found.audit.verdict) == (1, "safe")


@pytest.mark.parametrize(
    ("counts", "asked", "sentence"),
    [
        ((3, 20, 30, 40), {"keep": (county("C1"),)}, "keep: T1 (area=C1) is a small count"),
        ((0, 20, 30, 40), {"hide": (county("C1"),)}, "hide: T1 (area=C1) counts nobody"),
        ((9, 20, 30, 40), {"hide": (county("C1"),), "keep": (county("C1"),)}, "keep and hide both name T1 (area=C1)"),
    ],
)
def test_what_cannot_be_promised_is_refused_without_a_count(counts: tuple, asked: dict, sentence: str) -> None:
    with pytest.raises(DisclosureError) as refused:
        protected(*counts, **asked)
    assert sentence in str(refused.value)


SPEC = """
threshold: 5
knowledge: zeros_published
dimensions:
  area: {codes: [C1, C2, C3], levels: {half: {A: [C1, C2], B: [C3]}}}
  sex: {codes: [F, M]}
tables: [{name: by_area, dimensions: [area]}, {name: by_sex, dimensions: [sex]}]
"""


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("keep: {levels: {region: half}}", "keep.0.levels: region is not one of the dimensions; known: area, sex"),
        ("keep: {levels: {area: quarter}}", "keep.0.levels.area: quarter is not a level of it; known: area, half"),
        ("hide: {codes: {area: C9}}", "hide.0.codes.area: C9 is not one of its codes; known: C1, C2, C3, A, B, Total"),
        ("costs: {tables: by_age, times: 2}", "costs.0.tables: by_age is not one of the tables; known: by_area"),
        ("keep: {codes: {area: C1, sex: F}}", "keep.0: no table shows such a cell"),
        ("keep: {area: half}", "no such key"),
        ("keep: {levels: {area: half}, codes: {area: C1}}", "area is named in levels and in codes"),
        ("keep: {}", "name tables, levels or codes"),
        ("costs: {codes: {area: C1}}", "costs.0.times: this key is missing"),
        ("costs: {codes: {area: C1}, times: 0}", "costs.0.times"),
        ("keep: {codes: {area: C1}}\nmethod: {controlled_rounding: {base: 5}}\ngate: {least_width: 4, "
         "largest_certainty: 0.9}", "keep: it is about hiding cells"),
    ],
)  # fmt: skip
def test_names_that_mean_no_cell_are_refused_with_the_known_ones(line: str, named: str) -> None:
    with pytest.raises(PolicyError) as refused:
        spec = read_spec(f"{SPEC}{line}\n", "SPEC.yml")
        refuse_unknown_cells(spec, table_set(spec, "SPEC.yml"), "SPEC.yml")
    assert "SPEC.yml" in str(refused.value) and named in str(refused.value)


def test_the_ledger_keeps_what_a_rule_hides_by_name() -> None:
    plain = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
    strict = ThresholdRule(threshold=5, width=4, knowledge="zeros_published", hide=(county("C1"),))
    assert "hide" not in _described_rule(plain) and _rule(_described_rule(plain)) == plain
    assert _rule(_described_rule(strict)) == strict
