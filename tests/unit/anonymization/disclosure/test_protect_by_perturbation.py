"""Rounding and noise behind the one door: what leaves, what is refused, and the past beside it. Synthetic counts."""

from dataclasses import replace

import pandas as pd
import pytest

from anonymization.disclosure.ledger.editions import LedgerEdition, Timing
from anonymization.disclosure.ledger.entry import described, entry_of
from anonymization.disclosure.ledger.history import History, entry_of_release, joint_history
from anonymization.disclosure.ledger.past import Published
from anonymization.disclosure.perturbation.perturbation_rules import (
    CellKey,
    ControlledRounding,
    Gate,
    PerturbationRule,
    SmallCountRounding,
)
from anonymization.disclosure.perturbation.record_keys import record_keys, sums_of_keys
from anonymization.disclosure.protect import ProtectedRelease, fingerprint, protect, protect_by_perturbation
from anonymization.disclosure.tables.table_set import Dimension, Release, Table, TableSet
from anonymization.errors import DisclosureError
from anonymization.keys import PseudonymKey
from tests.support.perturbation_cases import RULE, bench_table, linked, one_table

GATE = Gate(least_width=4, largest_certainty=0.4)
SURE = Gate(least_width=4, largest_certainty=1.0)
SMALL, MULTIPLES = SmallCountRounding(base=5, most_change=10), ControlledRounding(base=5)
COUNTIES = ("C1", "C2", "C3", "C4")
BY_COUNTY = Table(
    "T1", "children", (Dimension("area", {"COUNTY": {c: c for c in COUNTIES}}),), ({"area": ("TOTAL", "COUNTY")},)
)


def county_release(counts: list[int]) -> Release:
    return Release(TableSet((BY_COUNTY,)), {"children": pd.DataFrame({"area": COUNTIES, "count": counts})})


PUBLIC = LedgerEdition("2026-Q1", 1, "2026-04-14")
OTHERS = LedgerEdition("2026-Q1", 1, "2026-04-14", audience="coordinators")  # who see the same children counted again


def history(edition: LedgerEdition, *past: Published) -> History:
    return History(past, edition, {"children": Timing("flow")})


def published(release: Release, protected: ProtectedRelease) -> Published:
    """The public release in the ledger: written down and read again."""
    entry = entry_of_release(history(PUBLIC), release, protected.joint.stated, RULE, protected.cells)
    return Published(entry_of(described(entry)), release.counts)


# What leaves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "least"), [(SMALL, 366), (MULTIPLES, 1166)])
def test_the_bench_table_leaves_rounded_and_safe(method: PerturbationRule, least: int) -> None:
    release = bench_table(20260401)
    protected = protect_by_perturbation(release, History(), RULE, method, GATE)
    report, cells = protected.audit, protected.cells
    assert (report.verdict, report.primary, report.exact_integer, report.narrow_integer) == ("safe", 125, 0, 0)
    assert protected.perturbed is not None and protected.perturbed.total_change == least
    assert list(cells.columns) == ["table_id", "county", "age_group", "sex", "count", "lower", "upper", "status"]
    assert set(cells["status"]) == {"rounded"} and cells["count"].notna().all()
    truth = joint_history(History(), release, RULE)
    true_counts = truth.counts[truth.model.rows["cell"]]
    assert ((cells["lower"] <= true_counts) & (true_counts <= cells["upper"])).all()
    small = (true_counts > 0) & (true_counts < 5)
    assert (cells["upper"] - cells["lower"])[small].min() >= 4
    assert not cells["count"].between(1, 4).any()
    assert not protected.pattern.hidden.any()


def test_noise_leaves_with_its_intervals_and_needs_keys() -> None:
    release, noise = one_table([1, 2, 7, 4, 30, 6]), CellKey(largest=5, variance=3, never_shown=2)
    with pytest.raises(DisclosureError, match="no record keys for children"):
        protect_by_perturbation(release, History(), RULE, noise, SURE)
    counts = release.counts["children"]
    records = counts.loc[counts.index.repeat(counts["count"]), ["area", "sex"]].reset_index(drop=True)
    names = pd.Series([f"child {number}" for number in records.index])
    keys = sums_of_keys(records.assign(key=record_keys(names, PseudonymKey(b"k" * 32), 32)), ["area", "sex"], 32)
    protected = protect_by_perturbation(release, History(), RULE, noise, SURE, {"children": keys})
    assert set(protected.cells["status"]) == {"perturbed"}
    assert not protected.cells["count"].isin([1, 2]).any()
    again = protect_by_perturbation(release, History(), RULE, noise, SURE, {"children": keys})
    assert again.audited == protected.audited


def test_only_the_audited_counts_and_intervals_become_a_protected_release() -> None:
    protected = protect_by_perturbation(linked([3, 0, 8, 1, 4, 4, 4, 5, 9, 0, 9, 0]), History(), RULE, SMALL, SURE)
    for name in ("count", "lower", "upper"):
        with pytest.raises(DisclosureError, match="not the ones that were audited"):
            replace(protected, cells=protected.cells.assign(**{name: protected.cells[name] + 1}))
    assert fingerprint(protected.cells) == protected.audited


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "why"), [(Gate(5, 1.0), "interval narrower than 5"), (Gate(4, 0.2), r"the policy allows 0\.20")]
)
def test_a_gate_that_the_method_cannot_pass_is_refused(gate: Gate, why: str) -> None:
    with pytest.raises(DisclosureError, match=why):
        protect_by_perturbation(bench_table(20260401), History(), RULE, SMALL, gate)


def test_intervals_that_are_wide_alone_and_narrow_together_are_refused() -> None:
    """Eight cells of 4 shown as 6, so each is 4 to 8; their total of 32 shown as 30, so it is at most 32: all are 4."""
    codes = [f"C{number}" for number in range(8)]
    area = Dimension("area", {"COUNTY": {code: code for code in codes}})
    table = Table("T1", "children", (area,), ({"area": ("TOTAL", "COUNTY")},))
    release = Release(TableSet((table,)), {"children": pd.DataFrame({"area": codes, "count": 4})})
    noise = CellKey(largest=2, variance=1.5)
    keys = {"children": pd.DataFrame({"area": codes, "count": 2**32 - 2**29})}  # high ones, whose sum is the lowest
    with pytest.raises(DisclosureError, match=r"one value left: 8; too closely known or undecided: 8"):
        protect_by_perturbation(release, History(), RULE, noise, SURE, keys)
    apart = {"children": keys["children"].assign(count=[2**31] * 7 + [3 * 2**30])}
    assert protect_by_perturbation(release, History(), RULE, noise, SURE, apart).audit.verdict == "safe"


# With a past ----------------------------------------------------------------------------------------------------------


def test_a_rounded_release_is_part_of_the_past_of_a_suppressed_one() -> None:
    """A 4 is shown as 5, so it is 1 to 5; hidden the next time it is at least 1: together still 1 to 5."""
    release = county_release([4, 10, 20, 30])
    rounded = protect_by_perturbation(release, history(PUBLIC), RULE, SMALL, SURE)
    second = protect(release, history(OTHERS, published(release, rounded)), RULE)
    joint = second.joint
    assert joint.is_old.sum() == 5 and joint.old_primaries.sum() == 1
    assert second.audit.primary == 2
    old = joint.model.rows.loc[joint.is_old[joint.model.rows["cell"]] & (joint.model.rows["area"] == "C1"), "cell"]
    assert (joint.before.lower[old].item(), joint.before.upper[old].item()) == (1, 5)


def test_what_is_safe_alone_and_not_beside_a_rounded_release_is_refused() -> None:
    """A 2 is shown as 0, so it is 0 to 4; hidden the next time it is at least 1: together 1 to 4, too narrow."""
    release = county_release([2, 10, 20, 30])
    rounded = protect_by_perturbation(release, history(PUBLIC), RULE, SMALL, SURE)
    assert protect(release, history(OTHERS), RULE).audit.verdict == "safe"
    with pytest.raises(DisclosureError, match=r"not safe|cannot be protected by hiding other cells"):
        protect(release, history(OTHERS, published(release, rounded)), RULE)


def test_old_primaries_keep_their_own_rule_beside_a_rounded_release() -> None:
    """A 2 was hidden as 1 or more; shown as 0 it is 0 to 4: together 1 to 4, less than the rule of its time asks."""
    two, four = county_release([2, 10, 20, 30]), county_release([4, 10, 20, 30])
    first = published(two, protect(two, history(PUBLIC), RULE))
    with pytest.raises(DisclosureError, match="not safe"):
        protect_by_perturbation(two, history(OTHERS, first), RULE, MULTIPLES, SURE)
    first = published(four, protect(four, history(PUBLIC), RULE))
    second = protect_by_perturbation(four, history(OTHERS, first), RULE, MULTIPLES, SURE)
    assert second.audit.primary == 2 and second.joint.old_primaries.sum() == 1


def test_a_count_that_rounding_leaves_as_it_is_gives_away_one_hidden_before() -> None:
    """The 10 was hidden beside the 4; small-count rounding shows it, and the old total then gives the 4."""
    release = county_release([4, 10, 20, 30])
    first = published(release, protect(release, history(PUBLIC), RULE))
    with pytest.raises(DisclosureError, match="one value left: 2"):
        protect_by_perturbation(release, history(OTHERS, first), RULE, SMALL, SURE)


def test_the_same_rounding_twice_is_safe_and_an_incident_stops_it() -> None:
    release = county_release([2, 10, 20, 30])
    first = published(release, protect_by_perturbation(release, history(PUBLIC), RULE, SMALL, SURE))
    assert protect_by_perturbation(release, history(OTHERS, first), RULE, SMALL, SURE).audit.verdict == "safe"
    exact = first.entry.cells.assign(count=[62, 2, 10, 20, 30], lower=[62, 2, 10, 20, 30], upper=[62, 2, 10, 20, 30])
    leak = Published(replace(first.entry, cells=exact.astype(first.entry.cells.dtypes)), release.counts)
    with pytest.raises(DisclosureError, match="incident"):
        protect_by_perturbation(release, history(OTHERS, leak), RULE, SMALL, SURE)


def test_a_gate_below_the_rule_does_not_enter_the_ledger() -> None:
    release, loose = county_release([3, 10, 20, 30]), Gate(least_width=2, largest_certainty=1.0)
    assert protect_by_perturbation(release, History(), RULE, SMALL, loose).audit.verdict == "safe"
    with pytest.raises(DisclosureError, match="raise the gate's least_width"):
        protect_by_perturbation(release, history(PUBLIC), RULE, SMALL, loose)
