"""All rules, in the order in which they are checked and reported."""

from data_quality.rule import Gate, Rule
from data_quality.rules import (
    accounting,
    children,
    codes,
    found,
    histories,
    links,
    mart_cells,
    mart_plausibility,
    mart_totals,
    unknowns,
)

RULES: tuple[Rule, ...] = (
    *accounting.RULES,
    *children.RULES,
    *codes.RULES,
    *histories.RULES,
    *links.RULES,
    *unknowns.SNAPSHOT_RULES,
    *found.SNAPSHOT_RULES,
    *mart_totals.RULES,
    *mart_cells.RULES,
    *mart_plausibility.RULES,
    *unknowns.MART_RULES,
    *found.MART_RULES,
)


def rules_of(gate: Gate) -> list[Rule]:
    """The rules of one gate, in order."""
    return [rule for rule in RULES if rule.gate == gate]


def describe_rules() -> list[dict[str, str]]:
    """The catalogue for the documentation: one row a rule, in order, with what it means and what to do."""
    return [
        {
            "rule_id": rule.rule_id,
            "gate": rule.gate,
            "severity": rule.severity,
            "table": rule.table,
            "title": rule.title,
            "sentence": rule.sentence,
            "allowed": rule.limit or f"{rule.allowed_share:.0%}",
        }
        for rule in RULES
    ]
