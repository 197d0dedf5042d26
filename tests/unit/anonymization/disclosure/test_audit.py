"""The auditor: every kind of leak is found and named, and what it proves is checked without it. Synthetic counts."""

import io
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anonymization.disclosure.audit.attackers import (
    Attacker,
    audience,
    caseworker,
    contributors,
    rule_knower,
    siblings,
)
from anonymization.disclosure.audit.audit import audit
from anonymization.disclosure.audit.certificate import certificate_bytes
from anonymization.disclosure.audit.derivation import proven_end
from anonymization.disclosure.audit.homogeneity import Sensitive
from anonymization.disclosure.audit.intervals import exact_intervals
from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.audit.report import AuditReport
from anonymization.disclosure.audit.system import percentage_rows, public_system
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.quantities import find_quantities
from anonymization.disclosure.tables.relations import Cumulative, Flows, Revision, Subset
from anonymization.disclosure.tables.requirements import Requirements, requirements
from anonymization.disclosure.tables.shown import Shown, shown_when_hidden
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"
RULE = ThresholdRule(threshold=5, width=4, knowledge="zeros_published")
WEAK = ThresholdRule(threshold=5, width=5, knowledge="nonnegative")
AREAS = ("C1", "C2", "C3", "C4")
AREA = Dimension(
    "area",
    {
        "COUNTY": {area: area for area in AREAS},
        "REGION": {area: "R1" if area in AREAS[:2] else "R2" for area in AREAS},
    },
)
INTENT = Dimension("intent", {"INTENT": {code: code for code in ("stay", "transit", "return")}})
AGES = ("0", "1", "2", "3", "4", "5")
AGE = Dimension(
    "age",
    {
        "TWOS": {age: "0-1" if age in "01" else "2-3" if age in "23" else "4-5" for age in AGES},
        "THREES": {age: "0-2" if age in "012" else "3-5" for age in AGES},
    },
)


class Attacked:
    """Tables with counts behind them and cells hidden, to be attacked. hidden: table and codes, totals left out."""

    def __init__(
        self,
        tables: tuple[Table, ...],
        counts: dict[str, pd.DataFrame],
        hidden: set[tuple[str, ...]],
        rule: ThresholdRule = RULE,
        relations: tuple = (),
    ) -> None:
        release = Release(TableSet(tables, relations), counts)
        self.model: JointModel = build_model(release.table_set)
        self.truth: np.ndarray = self.model.tabulate(release)
        self.required: Requirements = requirements(self.model, rule)
        self.names = {cell: place for place, cell in enumerate(self._names())}
        self.hidden = np.zeros(self.model.cells.shape[0], dtype=bool)
        self.hidden[[self.cell(*name) for name in hidden]] = True

    def _names(self) -> list[tuple[str, ...]]:
        return [
            tuple(str(code) for code in row if code != "_T")
            for row in self.model.rows[self.model.keys].itertuples(index=False)
        ]

    def cell(self, *name: str) -> int:
        return int(self.model.rows["cell"].iloc[self.names[name]])

    @property
    def shown(self) -> Shown:
        return shown_when_hidden(self.model.cells @ self.truth, self.hidden, self.required)

    def audit(self, **options) -> AuditReport:
        return audit(self.model, self.shown, self.required, self.truth, **options)

    def quantities(self, named: Named) -> AuditReport:
        return self.audit(quantities=find_quantities(self.model, self.required, named, self.truth))


def by_area(table_id: str = "T1", population: str = "p", levels: tuple[str, ...] = ("TOTAL", "COUNTY")) -> Table:
    return Table(table_id, population, (AREA,), ({"area": levels},))


def area_counts(*counts: int) -> pd.DataFrame:
    return pd.DataFrame({"area": AREAS, "count": counts})


def area_by_intent() -> Table:
    return Table("T1", "p", (AREA, INTENT), ({"area": ("TOTAL", "COUNTY"), "intent": ("TOTAL", "INTENT")},))


def intent_counts(*counts: int) -> pd.DataFrame:
    leaves = [(area, intent) for area in AREAS for intent in INTENT.leaves]
    return pd.DataFrame(leaves, columns=["area", "intent"]).assign(count=counts)


def by_age(*levels: str) -> Table:
    return Table("T1", "p", (AGE,), ({"age": ("TOTAL", *levels)},))


def age_counts(*counts: int) -> pd.DataFrame:
    return pd.DataFrame({"age": AGES, "count": counts})


# each kind of leak: what is attacked, and words that the derivation of the hidden count must hold
LEAKS = {
    "subtraction in a table": (
        Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1")}),
        ["T1: area=_T", "T1: area=C2", "T1: area=C3", "T1: area=C4"],
    ),
    "county less region": (
        Attacked(
            (by_area("T1"), by_area("T2", levels=("REGION",))),
            {"p": area_counts(3, 10, 20, 30)},
            {("T1", "C1"), ("T1", "C3")},
        ),
        ["T2: area=R1", "T1: area=C2"],
    ),
    "hidden means at least one": (
        Attacked((by_area(),), {"p": area_counts(1, 1, 20, 30)}, {("T1", "C1"), ("T1", "C2")}),
        ["T1: area=_T", "T1: area=C1", "T1: area=C2"],
    ),
    "a part of a published whole": (
        Attacked(
            (by_area("T1"), by_area("T2", "q", ("COUNTY",))),
            {"p": area_counts(1, 10, 20, 30), "q": area_counts(1, 9, 9, 9)},
            {("T1", "C1"), ("T1", "C2"), ("T2", "C1")},
            relations=(Subset("q", "p"),),
        ),
        [],
    ),
    "cumulative quarters": (
        Attacked(
            (by_area("T1", "first"), by_area("T2", "second")),
            {"first": area_counts(4, 10, 20, 30), "second": area_counts(4, 11, 22, 33)},
            {("T1", "C1"), ("T1", "C2"), ("T2", "C1"), ("T2", "C3")},
            relations=(Cumulative("first", "second"),),
        ),
        [],
    ),
    "stocks with flows": (
        Attacked(
            tuple(by_area(f"T{number}", name) for number, name in enumerate(("opening", "in", "out", "closing"), 1)),
            {
                "opening": area_counts(30, 30, 30, 30), "in": area_counts(5, 5, 5, 5),
                "out": area_counts(2, 6, 6, 6), "closing": area_counts(33, 29, 29, 29),
            },
            {("T3", "C1"), ("T3", "C2")},
            relations=(Flows("opening", "in", "out", "closing"),),
        ),
        ["opening and its flows give closing"],
    ),
    "a revised vintage": (
        Attacked(
            (by_area("T1", "v1"), by_area("T2", "v2", ("COUNTY",))),
            {"v1": area_counts(3, 10, 20, 30), "v2": area_counts(3, 10, 20, 30)},
            {("T1", "C1"), ("T1", "C2"), ("T2", "C1")},
            relations=(Revision("v1", "v2", 1),),
        ),
        ["v2 revises v1 by at most 1"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", LEAKS)
def test_every_kind_of_leak_is_found_and_named(kind: str):
    attacked, words = LEAKS[kind]
    report = attacked.audit()
    blind = audit(attacked.model, attacked.shown, attacked.required, primary=attacked.required.primary(
        attacked.model.cells @ attacked.truth))  # fmt: skip
    assert report.verdict == blind.verdict == "unsafe"
    assert (report.exact, report.narrow) == (blind.exact, blind.narrow)
    told = " | ".join(text for finding in report.findings for text in finding.derivation)
    assert report.findings and all(word in told for word in words)
    assert all(finding.derivations for finding in report.findings)


def test_quarter_differencing_names_both_quarters():
    report = LEAKS["cumulative quarters"][0].audit()
    told = " | ".join(text for finding in report.findings for text in finding.derivation)
    assert "T1: area=" in told and "T2: area=" in told and "second holds first" in told


def test_the_change_of_a_cumulative_count_is_protected_though_no_table_shows_it():
    report = Attacked(
        (by_area("T1", "first"), by_area("T2", "second")),
        {"first": area_counts(10, 10, 20, 30), "second": area_counts(12, 20, 20, 30)},
        set(),
        relations=(Cumulative("first", "second"),),
    ).quantities(Named(first_differences=True))
    assert (report.verdict, report.narrow_quantities, report.primary) == ("unsafe", 1, 0)
    assert [finding.place for finding in report.findings] == ["T2: area=C1: first difference"]
    assert (report.findings[0].reason, report.findings[0].lower, report.findings[0].upper) == ("exact", 2, 2)


def test_neighbouring_ages_between_two_bandings_are_protected():
    """0-2 less 0-1 leaves the children of two years, whom no table shows."""
    attacked = Attacked((by_age("TWOS", "THREES"),), {"p": age_counts(9, 9, 2, 9, 9, 9)}, set())
    assert attacked.audit().verdict == "safe"
    report = attacked.quantities(Named(contiguous=("age",)))
    assert report.verdict == "unsafe"
    assert {finding.place for finding in report.findings} == {"T1: total, age from 2 to 2"}


def test_those_not_in_a_category_are_protected():
    """17 of 18 children stay: one does not, whatever it is that the one does."""
    counts = intent_counts(17, 1, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9)
    attacked = Attacked((area_by_intent(),), {"p": counts}, {("T1", "C1", "transit"), ("T1", "C2", "transit"),
        ("T1", "C1"), ("T1", "C2")})  # fmt: skip
    report = attacked.quantities(Named(complements=("intent",)))
    assert any("C1" in f.place and "any other intent" in f.place for f in report.findings) == (
        report.verdict == "unsafe"
    )
    shown = Attacked((area_by_intent(),), {"p": counts}, {("T1", "C1", "transit"), ("T1", "C2", "transit")})
    report = shown.quantities(Named(complements=("intent",)))
    assert "T1: area=C1, intent=stay: those of any other intent" in {finding.place for finding in report.findings}
    assert (
        shown.audit(
            quantities=find_quantities(shown.model, shown.required, Named(complements=("intent",)), shown.truth),
            only_told={"complement"},
        ).narrow_quantities
        == 0
    )


@pytest.mark.parametrize("gate", [True, False])
def test_a_group_in_one_category_is_told_whatever_its_size(gate: bool):
    counts = intent_counts(0, 40, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9)
    report = Attacked((area_by_intent(),), {"p": counts}, set()).audit(sensitive=Sensitive(("intent",), gate))
    assert [(group.place, group.at_least) for group in report.groups] == [("T1: area=C1, intent=transit", 40)]
    assert report.verdict == ("unsafe" if gate else "safe")


def test_a_published_percentage_is_an_attack_though_the_whole_is_hidden():
    """30.0 % of a hidden county of fewer than 28 stay: only 3 of 10 and 6 of 20 fit, in fractions much more."""
    hidden = {("T1", area, *intent) for area in ("C1", "C2") for intent in ((), *((code,) for code in INTENT.leaves))}
    attacked = Attacked((area_by_intent(),), {"p": intent_counts(3, 5, 2, 6, 6, 6, 9, 9, 9, 9, 9, 9)}, hidden)
    part, whole = (attacked.model.cells[[attacked.cell(*name)]] for name in (("T1", "C1", "stay"), ("T1", "C1")))
    facts = percentage_rows(part, whole, [Fraction(30)], Fraction(1, 20), ["share of those who stay"])
    assert attacked.audit().verdict == "safe"
    report = attacked.audit(more=[facts])
    assert (report.verdict, report.narrow, report.narrow_integer) == ("unsafe", 0, 1)
    finding = report.findings[0]
    assert (finding.cell, finding.whole_lower, finding.whole_upper, finding.values) == (
        attacked.cell("T1", "C1", "stay"), 3, 6, 2,
    )  # fmt: skip


def test_rounded_counts_are_attacked_as_intervals():
    attacked = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, set())
    counts = attacked.model.cells @ attacked.truth
    shown = Shown(np.floor(counts / 5) * 5, np.floor(counts / 5) * 5 + 4)
    assert audit(attacked.model, shown, attacked.required, attacked.truth).verdict == "safe"
    exact_total = Shown(np.where(counts == 63, 63, shown.lower), np.where(counts == 63, 63, shown.upper))
    lowest = replace(exact_total, upper=np.where(counts == 3, 1, exact_total.upper))
    with pytest.raises(DisclosureError, match="not what was counted: T1: area=C1"):
        audit(attacked.model, lowest, attacked.required, attacked.truth)


def two_singles() -> Attacked:
    """C1 and C2 hold one child each and hide each other with C3 and C4 of another sex of table: known 1 gives 1."""
    return Attacked((by_area(),), {"p": area_counts(1, 4, 20, 30)}, {("T1", "C1"), ("T1", "C2")}, replace(
        RULE, width=1, narrower_because="an example"))  # fmt: skip


def test_a_contributor_computes_another_small_count():
    attacked = two_singles()
    assert attacked.audit().verdict == "safe"
    who = contributors(attacked.model, attacked.truth, attacked.hidden, 1, gate=True)
    report = attacked.audit(attackers=who)
    assert [attacker.known.tolist() for attacker in who] == [[attacked.cell("T1", "C1")]]
    assert (report.verdict, report.attacks[0].failing) == ("unsafe", (attacked.cell("T1", "C2"),))
    demand = report.demands[0]
    assert (demand.target, demand.width, demand.fixed.tolist()) == (
        attacked.cell("T1", "C2"),
        1,
        [attacked.cell("T1", "C1")],
    )
    told = attacked.audit(attackers=[replace(one, gate=False) for one in who])
    assert (told.verdict, told.attacks[0].failing, told.demands) == ("safe", report.attacks[0].failing, ())


def test_siblings_know_two_cells_together():
    counts = area_counts(1, 1, 4, 30)
    attacked = Attacked((by_area(),), {"p": counts}, {("T1", "C1"), ("T1", "C2"), ("T1", "C3")}, replace(
        RULE, width=2, narrower_because="an example"))  # fmt: skip
    assert attacked.audit().verdict == "safe"
    alone = contributors(attacked.model, attacked.truth, attacked.hidden, 1, gate=True)
    assert attacked.audit(attackers=alone).verdict == "safe"
    pairs = siblings(attacked.model, attacked.truth, attacked.hidden, gate=True)
    report = attacked.audit(attackers=pairs)
    assert report.verdict == "unsafe"
    assert [attack.failing for attack in report.attacks] == [(attacked.cell("T1", "C3"),)]


def test_an_audience_that_sees_a_county_exactly_is_an_attacker():
    attacked = Attacked((by_area(),), {"p": area_counts(4, 9, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    assert attacked.audit().verdict == "safe"
    for county, found in (("C1", ()), ("C2", (attacked.cell("T1", "C1"),)), ("C3", ())):
        attack = attacked.audit(
            attackers=[audience(attacked.model, county, {"area": [county]}, "exact", True)]
        ).attacks[0]
        assert (attack.failing, attack.undecided) == (found, 0)


def test_a_caseworker_knows_that_there_are_at_least_their_own_children():
    attacked = Attacked((by_area(),), {"p": area_counts(4, 9, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    caseload = np.array([4, 9, 0, 0])
    attack = attacked.audit(attackers=[caseworker(attacked.model, "worker", caseload, False)]).attacks[0]
    assert (attack.kind, attack.failing) == ("caseworker", (attacked.cell("T1", "C1"),))
    half = attacked.audit(attackers=[caseworker(attacked.model, "worker", caseload // 2, False)]).attacks[0]
    assert half.failing == ()


def test_who_knows_the_rule_believes_only_tables_that_explain_the_hiding():
    """4 and 60 are hidden, and 50 of the 60 are known: only the 4 can be the reason, so it is 1 to 4, three apart."""
    tables = by_area(), by_area("T2", "part", ("COUNTY",))
    hidden = {("T1", "C1"), ("T1", "C2")}
    for known, verdict in ((50, "unsafe"), (0, "safe")):
        counts = {"p": area_counts(4, 60, 20, 30), "part": area_counts(0, known, 0, 0)}
        attacked = Attacked(tables, counts, hidden, relations=(Subset("part", "p"),))
        report = attacked.audit(attackers=[rule_knower(True)])
        assert (attacked.audit().verdict, report.verdict) == ("safe", verdict)
        assert report.attacks[0].failing == ((attacked.cell("T1", "C1"),) if known else ())


def test_attackers_who_know_true_counts_need_them():
    attacked = two_singles()
    known = Attacker("somebody", "audience", np.array([1]), "exact", True)
    with pytest.raises(DisclosureError, match="true counts"):
        audit(attacked.model, attacked.shown, attacked.required, attackers=[known])


def checked(script: str, certificate: bytes, folder: Path) -> int:
    path = folder / "certificate.npz"
    path.write_bytes(certificate)
    return subprocess.run([sys.executable, EXAMPLES / script, path], capture_output=True, check=False).returncode


def changed(certificate: bytes, name: str, add: int) -> bytes:
    arrays = dict(np.load(io.BytesIO(certificate)))
    arrays[name] = arrays[name].copy()
    arrays[name].flat[0] += add
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def test_a_certificate_is_checked_without_a_solver_and_a_forged_one_fails(tmp_path: Path):
    attacked = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    certificate = certificate_bytes(attacked.audit())
    assert certificate == certificate_bytes(attacked.audit())
    assert checked("check_certificate.py", certificate, tmp_path) == 0
    for name, add in (("tables", 1), ("tables", -1), ("width", 9), ("upper", -1)):
        assert checked("check_certificate.py", changed(certificate, name, add), tmp_path) == 1
    leak = certificate_bytes(LEAKS["subtraction in a table"][0].audit())
    assert checked("check_certificate.py", leak, tmp_path) == 1


@pytest.mark.parametrize("kind", LEAKS)
def test_a_leak_is_proven_by_adding_rows(kind: str, tmp_path: Path):
    attacked = LEAKS[kind][0]
    report = attacked.audit()
    certificate = certificate_bytes(report)
    assert checked("check_leaks.py", certificate, tmp_path) == 0
    assert checked("check_leaks.py", changed(certificate, "leak_end", 1), tmp_path) == 1
    system = public_system(attacked.model, attacked.shown)
    for finding in report.findings:
        row = attacked.model.cells[[finding.cell]]
        for proof in finding.derivations:
            wanted = dict.fromkeys(row.indices.tolist(), proof.sign)
            assert proven_end(system, wanted, proof.rows, proof.multipliers) == proof.end
            assert proof.end == pytest.approx(finding.upper if proof.sign > 0 else -finding.lower)


def test_a_stale_witness_is_no_witness():
    """Two tables proved the hidden pattern; after a cell is shown again they are possible no longer."""
    attacked = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    stale = attacked.audit().witnesses
    attacked.hidden[attacked.cell("T1", "C2")] = False
    report = attacked.audit(witnesses=stale)
    assert (report.verdict, report.exact_integer) == ("unsafe", 1)
    fresh = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    assert fresh.audit(witnesses=stale).linear_solves == 0  # they decide everything before anything is solved


def test_a_forged_witness_proves_nothing():
    attacked = LEAKS["subtraction in a table"][0]
    forged = [attacked.truth + np.array([5, 0, 0, 0]), attacked.truth - np.array([9, -9, 0, 0])]
    assert attacked.audit(witnesses=forged).exact_integer == 1


def test_tolerances_hold_at_counts_of_ten_million():
    large = (3, 10_000_000, 20_000_000, 30_000_000)
    safe = Attacked((by_area(),), {"p": area_counts(*large)}, {("T1", "C1"), ("T1", "C2")})
    leak = Attacked((by_area(),), {"p": area_counts(*large)}, {("T1", "C1")})
    narrow = Attacked(
        (by_area("T1", "p"), by_area("T2", "q")),
        {"p": area_counts(*large), "q": area_counts(2, 9_999_998, 20_000_000, 30_000_000)},
        {("T1", "C1"), ("T1", "C2"), ("T2", "C1"), ("T2", "C2")},
        relations=(Cumulative("q", "p"),),
    )
    for truth in (True, False):
        for attacked, verdict in ((safe, "safe"), (leak, "unsafe"), (narrow, "safe")):
            small = attacked.required.primary(attacked.model.cells @ attacked.truth)
            known = {"truth": attacked.truth} if truth else {"primary": small}
            report = audit(attacked.model, attacked.shown, attacked.required, **known)
            assert (report.verdict, report.undecided) == (verdict, 0)
    intervals = exact_intervals(safe.model, safe.shown)
    assert intervals["upper"].tolist() == [10_000_002, 10_000_002] and intervals["lower"].tolist() == [1, 1]


def test_what_time_leaves_open_is_not_safe():
    attacked = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    report = attacked.audit(limits=Limits(lambda: True))
    assert (report.verdict, report.undecided, report.narrow_integer) == ("unsafe", 1, 1)
    late = attacked.audit(attackers=[audience(attacked.model, "C3", {"area": ["C3"]}, "exact", True)],
                          limits=Limits(lambda: True))  # fmt: skip
    assert late.attacks[0].failing == (attacked.cell("T1", "C1"),)


def test_how_far_an_audit_is_is_told_in_counts():
    told: list[tuple[str, int, int]] = []
    attacked = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    assert attacked.audit(limits=Limits(report=lambda *said: told.append(said))).verdict == "safe"
    assert told and {what for what, _, _ in told} == {"Attacking what is shown"}
    assert all(0 <= done <= total == 1 for _, done, total in told)


def test_what_the_effort_leaves_open_in_whole_numbers_is_not_safe():
    """Of w, 2 and 4 alone are possible while these unions are shown: wide from 1 to 5 in fractions."""
    leaves, unions = ("x", "y", "z", "w", "s"), {"A": "xyw", "B": "yzw", "C": "xzw", "D": "ws", "W": "w"}
    levels = {code: {kind: code if kind in of else f"no {code}" for kind in leaves} for code, of in unions.items()}
    table = Table("T1", "p", (Dimension("kind", levels),), ({"kind": tuple(levels)},))
    counts = pd.DataFrame({"kind": leaves, "count": [3, 3, 3, 4, 1]})
    hidden = {("T1", code) for code in ("W", *(f"no {union}" for union in unions))}
    attacked = Attacked((table,), {"p": counts}, hidden)
    full, limited = attacked.audit(), attacked.audit(limits=Limits(effort=0))
    assert full.verdict == limited.verdict == "unsafe"
    assert full.undecided == 0 < limited.undecided
    assert limited.whole_solves == 0 < full.whole_solves


def test_without_truth_and_marks_every_hidden_cell_must_be_wide():
    attacked = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    report = audit(attacked.model, attacked.shown, attacked.required)
    assert (report.primary, report.verdict) == (2, "safe")


def test_marks_that_contradict_the_counts_are_refused():
    attacked = Attacked((by_area(),), {"p": area_counts(3, 10, 20, 30)}, {("T1", "C1"), ("T1", "C2")})
    with pytest.raises(DisclosureError, match="mark does not agree with its count: T1: area=C1"):
        attacked.audit(primary=np.zeros(5, dtype=bool))


def test_tables_that_contradict_each_other_are_refused_with_the_place():
    attacked = Attacked((by_area("T1"), by_area("T2", levels=("REGION",))), {"p": area_counts(3, 10, 20, 30)}, set())
    shown = attacked.shown
    wrong = shown.lower.copy()
    wrong[attacked.cell("T2", "R1")] = 14
    with pytest.raises(DisclosureError, match=r"contradict each other.*T2: area=R1"):
        audit(attacked.model, Shown(wrong, wrong), attacked.required)


def test_findings_hold_no_true_count_in_their_words():
    report = LEAKS["subtraction in a table"][0].audit()
    said = " ".join([report.findings[0].place, *report.findings[0].derivation])
    assert "3" not in said.replace("C3", "").replace("T1", "")


def test_the_figures_of_a_report_are_plain_numbers_and_texts():
    figures = LEAKS["county less region"][0].audit().figures()
    assert figures["verdict"] == "unsafe" and figures["findings"][0]["reason"] == "exact"
    assert "pool" not in figures and "derivations" not in figures["findings"][0]
