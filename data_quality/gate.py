"""A gate: count what fails, and judge it. Who asks keeps the gate closed while an error rule fails."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data_quality.errors import QualityError
from data_quality.expectations import Measure, judge
from data_quality.registry import rules_of
from data_quality.rule import GATES, Gate, Rule, Severity

Query = Callable[[str], tuple[int, int] | tuple[int, int, str]]
FieldFinding = tuple[str, str, str, int]
RowsQuery = Callable[[str], Sequence[tuple[Any, ...]]]
Counts = tuple[int, int, str] | None
NOT_ASKED = "Not judged: it is about what this deployment does not ask."
NOT_COUNTED = "This rule could not be counted, so it counts as failed: is the table there, with the columns it needs?"
NOT_JUDGED = "Great Expectations could not judge this rule, so it counts as failed: is there room for temporary files?"


@dataclass(frozen=True)
class RuleFinding:
    """What one rule found: counts only, never a value of a record; `failing` is None where it could not be judged."""

    rule_id: str
    title: str
    severity: Severity
    table: str
    passed: bool
    failing: int | None
    total: int | None
    sentence: str

    @property
    def check_name(self) -> str:
        """The rule id in the letters that orchestrators allow."""
        return self.rule_id.replace("-", "_")


def findings_by_field(gate: Gate, query: RowsQuery) -> dict[str, list[FieldFinding]]:
    """What the rules of a gate found, by field: rule id -> (table, field, reason, records), most records first.

    `query` runs one SQL statement and gives its rows; tables are named as in `check_gate`. A rule without such detail,
    or with nothing found, is left out, and so is one whose detail cannot be read: its counts are reported all the same.
    """
    found = {rule.rule_id: _rows(query, rule.by_field) for rule in rules_of(gate) if rule.by_field}
    return {rule_id: rows for rule_id, rows in found.items() if rows}


def _rows(query: RowsQuery, sql: str) -> list[FieldFinding]:
    try:
        return [(str(table), str(field), str(reason), int(records)) for table, field, reason, records in query(sql)]
    except Exception:  # sealed: a driver's message may quote a person's value
        return []


def check_gate(
    gate: Gate, query: Query, limits: Mapping[str, float], not_asked: Collection[str] = ()
) -> list[RuleFinding]:
    """Check every rule of a gate; one finding a rule, in the registry's order, passed or not.

    `query` runs one SQL statement and gives its single row: failing, total and, of some rules, the table and field
    where most fail; the statement names tables as `snapshot.<table>` and, at gate "marts", `marts.<table>`. `limits`
    holds the shares that policy sets, by the names that rules give (`quarantined_share`, `lost_value_share`).
    `not_asked`: tables and columns (`table.column`) of what the deployment does not ask; rules about them pass, and say
    so. Raises QualityError for an unknown gate or a missing limit.
    """
    if gate not in GATES.values():
        raise QualityError(f"There is no gate '{gate}'; the gates are {', '.join(GATES.values())}.")
    return check_rules(rules_of(gate), query, limits, not_asked)


def check_rules(
    rules: Sequence[Rule], query: Query, limits: Mapping[str, float], not_asked: Collection[str] = ()
) -> list[RuleFinding]:
    """Check the given rules, as `check_gate` does."""
    missing = sorted({rule.limit for rule in rules if rule.limit} - limits.keys())
    if missing:
        raise QualityError(f"The rules need these limits, which the policy sets: {', '.join(missing)}.")
    asked = [rule for rule in rules if not {rule.about, rule.table} & {*not_asked}]
    counted = {rule.rule_id: _count(rule, query) for rule in asked}
    verdicts = _judge(asked, counted, limits)
    return [
        _finding(rule, counted[rule.rule_id], verdicts.get(rule.rule_id)) if rule in asked else _not_asked(rule)
        for rule in rules
    ]


def _not_asked(rule: Rule) -> RuleFinding:
    return RuleFinding(rule.rule_id, rule.title, rule.severity, rule.table, True, 0, 0, NOT_ASKED)


def _count(rule: Rule, query: Query) -> Counts:
    try:
        failing, total, *place = query(rule.sql)
        return int(failing), int(total), str(place[0]) if place else ""
    except Exception:  # sealed: a driver's message may quote a person's value, and a rule that cannot run must not pass
        return None


def _judge(rules: Sequence[Rule], counted: Mapping[str, Counts], limits: Mapping[str, float]) -> dict[str, bool | None]:
    measures = {
        rule.rule_id: Measure(
            _share(*counts[:2]), limits[rule.limit] if rule.limit else rule.allowed_share, rule.severity
        )
        for rule in rules
        if (counts := counted[rule.rule_id]) is not None
    }
    try:
        return judge(measures)
    except Exception:  # sealed, as above: no verdict closes the gate, and findings say so without the message
        return {}


def _placed(rule: Rule, place: str) -> str:
    return f"{rule.sentence} Most are in {place}." if place else rule.sentence


def _share(failing: int, total: int) -> float:
    """Exact against a limit such as 0.05: division and literal round to the same nearest number."""
    return failing / max(total, failing, 1)


def _finding(rule: Rule, counts: Counts, verdict: bool | None) -> RuleFinding:
    failing, total, place = counts or (None, None, "")
    passed = verdict is True
    finding = RuleFinding(
        rule.rule_id, rule.title, rule.severity, rule.table, passed, failing, total, _placed(rule, place)
    )
    if verdict is None:
        return replace(finding, severity="error", sentence=NOT_JUDGED if counts else NOT_COUNTED)
    return finding
