"""The gate of rounding and noise: what it refuses, and the golden figures of the bench. Synthetic counts."""

import numpy as np
import pytest

from anonymization.disclosure.perturbation.certainty import largest_certainty
from anonymization.disclosure.perturbation.perturb import perturb
from anonymization.disclosure.perturbation.perturbation_rules import (
    CellKey,
    ControlledRounding,
    Gate,
    PerturbationRule,
    SmallCountRounding,
)
from anonymization.disclosure.perturbation.readers_view import requirements_of_gate
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.threshold_rules import ThresholdRule
from anonymization.errors import DisclosureError
from tests.support.perturbation_cases import RULE, bench_table, one_table

COUNTS = [1, 2, 7, 4, 30, 6]


def result_of(rule: PerturbationRule, gate: Gate, threshold: ThresholdRule = RULE) -> int:
    release = one_table(COUNTS)
    model = build_model(release.table_set)
    return perturb(model, release, rule, gate, requirements(model, threshold), nodes=100).total_change


@pytest.mark.parametrize(("least_width", "passes"), [(4, True), (5, False)])
def test_an_interval_narrower_than_the_policy_asks_is_refused(least_width: int, passes: bool) -> None:
    gate = Gate(least_width, 1.0)
    if passes:
        assert result_of(SmallCountRounding(5, 20), gate) > 0
    else:
        with pytest.raises(DisclosureError, match="narrower than 5"):
            result_of(SmallCountRounding(5, 20), gate)


def test_a_base_below_the_threshold_leaves_small_counts_open_and_is_refused() -> None:
    ten = ThresholdRule(threshold=10, width=9, knowledge="zeros_published")
    with pytest.raises(DisclosureError, match="2 small counts"):  # the 7 and the 6 are shown as they are
        result_of(SmallCountRounding(5, 20), Gate(1, 1.0), ten)


def test_a_small_count_that_can_be_named_with_too_much_certainty_is_refused() -> None:
    assert result_of(ControlledRounding(5), Gate(4, 0.9)) > 0
    with pytest.raises(DisclosureError, match=r"the policy allows 0\.20"):
        result_of(ControlledRounding(5), Gate(4, 0.2))


def test_certainty_is_the_rule_of_bayes_by_hand() -> None:
    counts, five = np.array([0, 1, 1, 2, 4]), np.full(5, 5)
    found = largest_certainty(SmallCountRounding(5, 5), counts, np.array([0, 0, 0, 0, 5]), five)
    assert found.flat == pytest.approx(0.8 / 3)  # behind 0: 1 + 0.8 + 0.6 + 0.4 + 0.2; behind 5 the same from above
    assert found.empirical == pytest.approx(0.8 / (2 * 0.2 + 0.4 + 0.8))  # a 4 behind the shown 5
    noise = CellKey(1, 0.5)  # 1 becomes 0, 1, 2 with chances 1/4, 1/2, 1/4; a shown 2 is 1, 2 or 3 in the same way
    found = largest_certainty(noise, np.array([1, 2, 2, 3]), np.array([1, 2, 2, 3]), np.full(4, 3))
    assert found.flat == pytest.approx(0.5 / 0.75)  # a shown 1 is 1 (1/2) or 2 (1/4): zeros are never changed
    assert found.empirical == pytest.approx(2 * 0.5 / (0.25 + 2 * 0.5 + 0.25))


def test_the_auditor_is_asked_for_the_width_of_the_gate() -> None:
    model = build_model(one_table(COUNTS).table_set)
    asked = requirements_of_gate(requirements(model, RULE), Gate(3, 1.0))
    assert set(asked.width) == {3}
    assert set(asked.lower) == {0}
    assert set(asked.threshold) == {5}


@pytest.mark.parametrize(("rule", "least"), [(SmallCountRounding(5, 10), 366), (ControlledRounding(5), 1166)])
def test_the_bench_table_is_rounded_with_the_least_change_there_is(rule: PerturbationRule, least: int) -> None:
    release = bench_table(20260401)
    model = build_model(release.table_set)
    result = perturb(model, release, rule, Gate(4, 0.4), requirements(model, RULE), nodes=100)
    assert result.total_change == result.bound == least  # the peer's small-count rounding changes 418
    assert result.is_optimal
    assert result.gap == 0
    assert result.largest_change == 4
