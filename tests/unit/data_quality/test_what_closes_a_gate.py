"""Every rule closes its gate but those named here, each with the reason why a child is not harmed by going on."""

import re

import pytest

from data_quality.gate import check_gate
from data_quality.registry import RULES
from data_quality.rule import Rule

# pattern of rule ids -> why a failure is shown and does not stop the run
WARN_ONLY = {
    "SNP-18": "an odd date of one row; the child is counted rightly all the same",
    "SNP-3[5-7]": "an odd order of dates, as workers enter them",
    "SNP-5[0-3]|MRT-6[0-4]": "unknown values are counted and shown as unknown",
    "SNP-6[0-2]|MRT-70": "a value that is missing or unknown does not make the rest wrong",
    "MRT-5[0-2]": "unlikely, and not impossible",
}


def is_warning(rule: Rule) -> bool:
    return any(re.fullmatch(pattern, rule.rule_id) for pattern in WARN_ONLY)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.rule_id)
def test_a_failure_closes_the_gate_unless_it_is_named_as_a_warning(rule: Rule) -> None:
    limits = {other.limit: 0.0 for other in RULES if other.limit}
    findings = check_gate(rule.gate, lambda sql: (19, 20) if sql == rule.sql else (0, 20), limits)
    closed = {finding.rule_id for finding in findings if not finding.passed and finding.severity == "error"}
    assert closed == (set() if is_warning(rule) else {rule.rule_id})


def test_every_named_warning_is_a_rule() -> None:
    for pattern in WARN_ONLY:
        assert any(re.fullmatch(pattern, rule.rule_id) for rule in RULES), pattern
