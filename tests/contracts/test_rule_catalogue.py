"""The catalogue of rules: ids are stable and ordered, and each rule says in words what to do."""

import re
import subprocess
import sys
from pathlib import Path

import data_quality
from data_quality.registry import RULES, describe_rules, rules_of
from data_quality.rule import GATES

HOUSE = Path(data_quality.__file__).parent


def test_ids_are_unique_well_formed_and_in_order_of_the_gates() -> None:
    ids = [rule.rule_id for rule in RULES]
    assert all(re.fullmatch(r"(SNP|MRT)-\d{2}", rule_id) for rule_id in ids)
    assert ids == sorted(set(ids), key=lambda rule_id: (rule_id.startswith("MRT"), rule_id))


def test_each_gate_has_rules_and_each_rule_one_gate() -> None:
    assert [rule for gate in GATES.values() for rule in rules_of(gate)] == list(RULES)
    assert all(rules_of(gate) for gate in GATES.values())


def test_each_rule_has_a_severity_a_title_and_a_sentence() -> None:
    for rule in RULES:
        assert rule.severity in ("error", "warning"), rule.rule_id
        assert rule.title and not rule.title.endswith("."), rule.rule_id
        assert rule.sentence.endswith(".") and len(rule.sentence) > 40, rule.rule_id
        assert 0.0 <= rule.allowed_share < 1.0, rule.rule_id


def test_errors_allow_nothing_unless_policy_does() -> None:
    assert [rule.rule_id for rule in RULES if rule.severity == "error" and rule.allowed_share] == []


def test_titles_are_told_apart() -> None:
    titles = [rule.title for rule in RULES]
    assert len(titles) == len(set(titles))


def test_gate_one_reads_the_snapshot_alone() -> None:
    assert [rule.rule_id for rule in rules_of("snapshot") if "marts." in rule.sql] == []


def test_the_catalogue_describes_every_rule_in_words() -> None:
    rows = describe_rules()
    assert [row["rule_id"] for row in rows] == [rule.rule_id for rule in RULES]
    assert all(isinstance(value, str) and value for row in rows for value in row.values())


def test_every_file_of_rules_is_in_the_registry() -> None:
    text = (HOUSE / "registry.py").read_text(encoding="utf-8")
    areas = [path.stem for path in (HOUSE / "rules").glob("*.py") if path.stem != "__init__"]
    assert [area for area in areas if f"*{area}." not in text] == []


def test_great_expectations_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, data_quality.gate; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
