"""The gate itself: Great Expectations judges truly, errors close it, and nothing it says holds a value."""

import json
from collections.abc import Callable
from dataclasses import asdict

import pytest

from data_quality import gate as gate_module
from data_quality.errors import QualityError
from data_quality.expectations import Measure, judge
from data_quality.gate import RuleFinding, check_gate
from data_quality.registry import RULES, rules_of

LIMITS = {"quarantined_share": 0.05, "lost_value_share": 0.05}
SENTINEL = "Ileana Sentinelescu"


def nothing_fails(sql: str) -> tuple[int, int]:
    return 0, 20


def failing_in(rule_id: str, failing: int) -> Callable[[str], tuple[int, int]]:
    sql = next(rule.sql for rule in RULES if rule.rule_id == rule_id)
    return lambda asked: (failing, 20) if asked == sql else (0, 20)


def raising_in(rule_id: str) -> Callable[[str], tuple[int, int]]:
    counted = failing_in(rule_id, 1)

    def query(sql: str) -> tuple[int, int]:
        if counted(sql) == (1, 20):
            raise ValueError(f"could not cast '{SENTINEL}'")
        return 0, 20

    return query


def failed(findings: list[RuleFinding]) -> list[RuleFinding]:
    return [finding for finding in findings if not finding.passed]


def test_great_expectations_passes_what_is_true_and_fails_what_is_false() -> None:
    verdicts = judge({"A": Measure(0.0, 0.0, "error"), "B": Measure(0.01, 0.0, "error")})
    assert verdicts == {"A": True, "B": False}


@pytest.mark.parametrize(("failing", "total", "is_allowed"), [(1, 20, True), (29, 580, True), (30, 580, False)])
def test_a_share_at_its_limit_is_allowed_and_one_row_more_is_not(failing: int, total: int, is_allowed: bool) -> None:
    assert judge({"A": Measure(failing / total, 0.05, "warning")}) == {"A": is_allowed}


def test_one_row_in_millions_still_fails() -> None:
    assert judge({"A": Measure(1 / 50_000_000, 0.0, "error")}) == {"A": False}


def test_a_check_that_raises_inside_great_expectations_is_not_judged() -> None:
    verdicts = judge({"A": Measure(SENTINEL, 0.0, "error"), "B": Measure(0.0, 0.0, "error")})  # type: ignore[arg-type]
    assert verdicts == {"A": None, "B": True}


def test_no_rule_is_no_question() -> None:
    assert judge({}) == {}


@pytest.mark.parametrize("gate", ["snapshot", "marts"])
def test_a_gate_answers_for_each_of_its_rules_in_order(gate: str) -> None:
    findings = check_gate(gate, nothing_fails, LIMITS)
    assert [finding.rule_id for finding in findings] == [rule.rule_id for rule in rules_of(gate)]
    assert failed(findings) == []


def test_a_failed_error_is_told_with_id_title_counts_and_way_out() -> None:
    (finding,) = failed(check_gate("snapshot", failing_in("SNP-12", 3), LIMITS))
    assert (finding.rule_id, finding.severity, finding.table) == ("SNP-12", "error", "cases")
    assert (finding.failing, finding.total) == (3, 20)
    assert finding.title == "a child stands in the snapshot once"
    assert "Mark the duplicate in the case store" in finding.sentence


def test_a_failed_warning_is_told_as_a_warning() -> None:
    findings = check_gate("snapshot", failing_in("SNP-37", 3), LIMITS)
    assert [(finding.rule_id, finding.severity) for finding in failed(findings)] == [("SNP-37", "warning")]


@pytest.mark.parametrize(("limit", "passes"), [(0.05, True), (0.0499, False), (0.0, False), (1.0, True)])
def test_policy_sets_how_much_may_be_quarantined(limit: float, passes: bool) -> None:
    findings = check_gate("snapshot", failing_in("SNP-05", 1), {**LIMITS, "quarantined_share": limit})
    assert (failed(findings) == []) is passes


def test_a_limit_that_policy_does_not_give_is_asked_for_by_name() -> None:
    with pytest.raises(QualityError, match="quarantined_share"):
        check_gate("snapshot", nothing_fails, {})


def test_an_unknown_gate_is_refused_with_the_known_ones() -> None:
    with pytest.raises(QualityError, match="snapshot, marts"):
        check_gate("marks", nothing_fails, LIMITS)  # type: ignore[arg-type]


@pytest.mark.parametrize("rule_id", ["SNP-12", "SNP-37"])
def test_a_rule_that_cannot_be_counted_closes_the_gate_and_keeps_the_message(rule_id: str) -> None:
    findings = check_gate("snapshot", raising_in(rule_id), LIMITS)
    finding = failed(findings)[0]
    assert (finding.rule_id, finding.severity, finding.failing) == (rule_id, "error", None)
    assert "could not be counted" in finding.sentence
    assert SENTINEL not in repr(findings)


def test_a_count_that_is_no_number_closes_the_gate() -> None:
    findings = check_gate("marts", lambda sql: (None, 1), {})  # type: ignore[arg-type,return-value]
    assert len(failed(findings)) == len(rules_of("marts"))


def test_when_great_expectations_falls_over_every_rule_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(measures: object) -> None:
        raise RuntimeError(SENTINEL)

    monkeypatch.setattr(gate_module, "judge", stumble)
    findings = check_gate("marts", nothing_fails, {})
    assert failed(findings) == findings
    assert {finding.severity for finding in findings} == {"error"}
    assert SENTINEL not in repr(findings)


def test_a_finding_is_plain_counts_and_words() -> None:
    findings = check_gate("snapshot", failing_in("SNP-12", 3), LIMITS)
    row = asdict(next(finding for finding in findings if finding.rule_id == "SNP-12"))
    assert row == json.loads(json.dumps(row))
    assert (row["failing"], row["total"], row["passed"]) == (3, 20, False)


def test_check_names_are_fit_for_an_orchestrator() -> None:
    names = [finding.check_name for finding in check_gate("snapshot", nothing_fails, LIMITS)]
    assert all(name.replace("_", "").isalnum() for name in names)
    assert names[0] == "SNP_01"
