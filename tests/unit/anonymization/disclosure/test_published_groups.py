"""Promise: groups that follow from the shown levels of a dimension are protected like cells, or left open by choice.

Intersections of one group of each level, differences of groups of which one contains the other, unions of neighbours.
"""

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.audit.limits import NO_LIMITS
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.ledger.history import History
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.tables import quantities as limits_of_quantities
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.quantities import find_quantities
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Release
from anonymization.disclosure.terms import Terms
from anonymization.disclosure.tool_files.cells_file import PublishedCells
from anonymization.disclosure.tool_files.file_audit import audit_file
from anonymization.disclosure.tool_files.spec_attackers import quantities_of
from anonymization.disclosure.tool_files.spec_file import Spec, read_spec
from anonymization.disclosure.tool_files.spec_tables import POPULATION, table_set, threshold_rule
from anonymization.errors import DisclosureError, PolicyError

REGION = """
threshold: 5
knowledge: zeros_published
dimensions:
  region:
    codes: [p, q, r, s]
    levels:
      health: {H1: [p, q], H2: [r, s]}
      police: {P1: [p], P2: [q, r, s]}
"""
TWO_GEOGRAPHIES = f"""{REGION}
tables:
  - {{dimensions: [region], levels: {{region: [health, police, Total]}}}}
"""
THREE_PAIRINGS = """
threshold: 5
knowledge: zeros_published
dimensions:
  town:
    codes: [a, b, c, d]
    levels:
      one: {ab: [a, b], cd: [c, d]}
      two: {ac: [a, c], bd: [b, d]}
      three: {bc: [b, c], ad: [a, d]}
tables:
  - {dimensions: [town], levels: {town: [one, two, three, Total]}}
"""
NESTED = """
threshold: 5
knowledge: zeros_published
dimensions:
  county: {codes: [a, b, c, d, e], levels: {region: {R1: [a, b, c], R2: [d, e]}}}
tables:
  - {dimensions: [county]}
"""
BY_SEX = (
    REGION
    + """  sex: {codes: [F, M]}
tables:
  - {name: first, dimensions: [region, sex], margins: [{region: [health], sex: [sex]}]}
  - {name: second, dimensions: [region, sex], margins: [{region: [police], sex: [sex]}]}
"""
)
AGES = """
threshold: 5
knowledge: zeros_published
dimensions:
  age:
    codes: [young, middle, older, old]
    levels: {halves: {A: [young, middle], B: [older, old]}, ends: {C: [young], D: [middle, older], E: [old]}}
tables:
  - {dimensions: [age], levels: {age: [halves, ends, Total]}}
"""
NUMBERED = """
threshold: 5
knowledge: zeros_published
dimensions:
  age: {numbers: {first: 0, last: 4}}
tables:
  - {dimensions: [age]}
"""
LEFT_OPEN = "left_open: [{quantity: KIND, dimension: DIMENSION, because: nobody knows the leaves}]\n"


def spec_of(text: str) -> Spec:
    return read_spec(text, "SPEC.yml")


def release_of(spec: Spec, *counts: int) -> Release:
    """Counts: of all combinations of the finest codes, the last dimension running fastest."""
    names = list(spec.dimensions)
    leaves = pd.MultiIndex.from_product([keys.finest for keys in spec.dimensions.values()], names=names).to_frame(False)
    return Release(table_set(spec, "SPEC.yml"), {POPULATION: leaves.assign(count=counts)})


def protected(text: str, *counts: int) -> ProtectedRelease:
    spec = spec_of(text)
    terms = Terms(quantities=quantities_of(spec))
    return protect(release_of(spec, *counts), History(), threshold_rule(spec, "SPEC.yml"), terms)


def hidden(release: ProtectedRelease) -> set[str]:
    cells = release.cells
    return {" ".join(codes) for codes in cells.loc[cells["count"].isna()].iloc[:, 1:-2].to_numpy().tolist()}


def audited(text: str, *counts: int, hide: tuple[str, ...] = (), microdata: bool = True) -> AuditReport:
    """What the audit says when only the cells named are hidden."""
    spec = spec_of(text)
    release = release_of(spec, *counts)
    model = build_model(release.table_set)
    required, atoms = requirements(model, threshold_rule(spec, "SPEC.yml")), model.tabulate(release)
    names = model.table_set.dimension_names
    mask = np.zeros(model.cells.shape[0], dtype=bool)
    mask[[row["cell"] for _, row in model.rows.iterrows() if " ".join(row[names]) in hide]] = True
    true = (model.cells @ atoms).astype(float)
    cells = PublishedCells(np.where(mask, np.nan, true), None)
    return audit_file(cells, model, required, spec, atoms if microdata else None, NO_LIMITS)


def found(report: AuditReport) -> list[tuple[str, str]]:
    return [(finding.place, finding.reason) for finding in report.findings]


# Two levels that do not nest ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("microdata", [True, False])
def test_a_difference_of_published_groups_is_found_and_named(microdata: bool) -> None:
    report = audited(TWO_GEOGRAPHIES, 40, 2, 35, 30, microdata=microdata)
    assert (report.verdict, report.narrow_quantities) == ("unsafe", 1)
    assert found(report) == [("table1: region H1 minus P1", "exact")]


def test_protect_hides_what_gives_a_difference_away() -> None:
    kept = protected(TWO_GEOGRAPHIES, 40, 2, 35, 30)
    assert hidden(kept) in ({"H1", "H2"}, {"P1", "P2"})
    assert (kept.audit.quantities, kept.audit.verdict) == (1, "safe")


@pytest.mark.parametrize("hide", [("H1", "H2"), ("P1", "P2")])
@pytest.mark.parametrize("microdata", [True, False])
def test_hidden_groups_cannot_be_subtracted(hide: tuple[str, ...], microdata: bool) -> None:
    assert audited(TWO_GEOGRAPHIES, 40, 2, 35, 30, hide=hide, microdata=microdata).verdict == "safe"


def test_a_group_hidden_for_nothing_does_not_help() -> None:
    """H1 follows from the total and H2."""
    assert audited(TWO_GEOGRAPHIES, 40, 2, 35, 30, hide=("H1",)).verdict == "unsafe"


@pytest.mark.parametrize("counts", [(40, 0, 35, 30), (40, 5, 35, 30)])
def test_a_difference_of_nothing_or_of_enough_needs_no_protection(counts: tuple[int, ...]) -> None:
    kept = protected(TWO_GEOGRAPHIES, *counts)
    assert not hidden(kept) and not kept.audit.quantities
    assert audited(TWO_GEOGRAPHIES, *counts, microdata=False).verdict == "safe"


@pytest.mark.parametrize("microdata", [True, False])
def test_pairs_that_overlap_thrice_give_one_leaf(microdata: bool) -> None:
    """a + b = 42, a + c = 32, b + c = 70: so a = 2, though no group contains another."""
    report = audited(THREE_PAIRINGS, 2, 40, 30, 50, microdata=microdata)
    assert report.verdict == "unsafe"
    assert ("table1: town (overlap of ab and ac)", "exact") in found(report)
    assert protected(THREE_PAIRINGS, 2, 40, 30, 50).audit.verdict == "safe"


def test_levels_in_two_tables_meet_within_each_code_of_the_others() -> None:
    """By sex, and after adding the sexes up; neither table shows the total of both sexes."""
    counts = (20, 20, 1, 1, 15, 20, 15, 15)  # F and M of p, q, r, s
    places = [place for place, _ in found(audited(BY_SEX, *counts))]
    assert places == [
        "first and second: region H1 minus P1, sex=F",
        "first and second: region H1 minus P1, sex=M",
        "first and second: region H1 minus P1",
    ]
    assert protected(BY_SEX, *counts).audit.verdict == "safe"


@pytest.mark.parametrize("microdata", [True, False])
def test_a_region_without_one_of_its_counties_is_a_difference(microdata: bool) -> None:
    report = audited(NESTED, 40, 1, 2, 30, 30, hide=("b", "c"), microdata=microdata)
    assert ("table1: county R1 minus a", "exact") in found(report)


# Neighbours ---------------------------------------------------------------------------------------------------------


def test_neighbours_of_numbers_are_united() -> None:
    assert quantities_of(spec_of(NUMBERED)).contiguous == ("age",)
    assert quantities_of(spec_of(AGES)).contiguous == ()
    ordered = AGES.replace("codes: [young", "ordered: true\n    codes: [young")
    assert quantities_of(spec_of(ordered)).contiguous == ("age",)


def test_neighbours_are_protected_where_their_dimension_is_ordered() -> None:
    """Between 1 and 2 there are 1 + 2 children: nobody subtracts them, since a hidden pair has one sum."""
    text = NUMBERED.replace("tables:", LEFT_OPEN.replace("KIND", "neighbours").replace("DIMENSION", "age") + "tables:")
    with_neighbours, without = protected(NUMBERED, 40, 1, 2, 30, 30), protected(text, 40, 1, 2, 30, 30)
    assert with_neighbours.audit.quantities > without.audit.quantities


# Left open ----------------------------------------------------------------------------------------------------------


def test_what_is_left_open_is_not_protected() -> None:
    text = TWO_GEOGRAPHIES + "left_open:\n" + "".join(
        f"  - {{quantity: {kind}, dimension: region, because: nobody knows the leaves}}\n"
        for kind in ("intersections", "differences")
    )  # fmt: skip
    assert not hidden(protected(text, 40, 2, 35, 30))
    one_kind = text.replace("  - {quantity: differences, dimension: region, because: nobody knows the leaves}\n", "")
    assert hidden(protected(one_kind, 40, 2, 35, 30))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{quantity: differences, dimension: region}", "left_open.0.because: this key is missing"),
        ("{quantity: differences, dimension: region, because: ' '}", "left_open.0.because"),
        ("{quantity: sums, dimension: region, because: x}", "left_open.0.quantity"),
        ("{quantity: differences, dimension: area, because: x}", "area is not one of the dimensions"),
    ],
)
def test_leaving_open_takes_a_reason_and_known_words(entry: str, said: str) -> None:
    with pytest.raises(PolicyError, match=said):
        spec_of(TWO_GEOGRAPHIES + f"left_open: [{entry}]\n")


# Bounds -------------------------------------------------------------------------------------------------------------


def test_what_was_not_tried_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counties = ("a", "b", "c", "d", "e")
    whole = audited(NESTED, 6, 6, 6, 6, 6, hide=counties, microdata=False)
    assert whole.quantities > 1 and whole.untried_quantities == 0
    monkeypatch.setattr(limits_of_quantities, "MOST_UNKNOWN", 1)
    part = audited(NESTED, 6, 6, 6, 6, 6, hide=counties, microdata=False)
    assert (part.quantities, part.untried_quantities) == (1, whole.quantities - 1)


def test_too_many_small_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_of_quantities, "MOST_SMALL", 0)
    with pytest.raises(DisclosureError, match="too many to be protected"):
        protected(TWO_GEOGRAPHIES, 40, 2, 35, 30)


def test_each_set_of_leaves_is_one_count_and_cells_are_left_out() -> None:
    """q is H1 minus P1, P2 minus H2, and what H1 and P2 have in common."""
    spec = spec_of(TWO_GEOGRAPHIES)
    release = release_of(spec, 1, 1, 1, 1)
    model = build_model(release.table_set)
    found_ones = find_quantities(
        model, requirements(model, threshold_rule(spec, "")), quantities_of(spec), model.tabulate(release)
    )
    assert found_ones.names == ("table1: region H1 minus P1", "table1: region total minus (overlap of H1 and P2)")
