"""The two quality gates as asset checks: an error blocks everything after it, a warning is shown."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from data_quality.registry import rules_of
from data_quality.rule import Gate
from pipelines.assets.resources import CaselightRun
from pipelines.assets.warehouse import LAYERS
from pipelines.gates.check_tables import BY_FIELD, Checked, check

# a rule over several tables is shown at the table that counts the children
MAIN_TABLE: dict[Gate, str] = {"snapshot": "cases", "marts": "registrations"}
SEVERITY = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}


def _asset(gate: Gate, table: str) -> dg.AssetKey:
    """The table that a rule is about; the main one for rules over several, or over what the snapshot says of marts."""
    is_own = LAYERS.get(table) == "marts" if gate == "marts" else table.isidentifier()
    return dg.AssetKey([gate, table if is_own else MAIN_TABLE[gate]])


def _specs(gate: Gate) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            rule.rule_id.replace("-", "_"),
            asset=_asset(gate, rule.table),
            description=f"{rule.title}. {rule.sentence}",
            blocking=rule.severity == "error",
        )
        for rule in rules_of(gate)
    ]


@dg.multi_asset_check(specs=_specs("snapshot"), name="gate_1")
def gate_1(context: dg.AssetCheckExecutionContext, run: CaselightRun) -> Iterator[dg.AssetCheckResult]:
    """Is the snapshot fit to use?"""
    yield from _results("snapshot", check("snapshot", run.policy, _snapshot(context, run)))


@dg.multi_asset_check(specs=_specs("marts"), name="gate_2")
def gate_2(context: dg.AssetCheckExecutionContext, run: CaselightRun) -> Iterator[dg.AssetCheckResult]:
    """Do the marts agree with each other?"""
    yield from _results("marts", check("marts", run.policy, _snapshot(context, run), run.settings.building))


def _snapshot(context: dg.AssetCheckExecutionContext, run: CaselightRun) -> Path:
    return run.snapshot(context.op_execution_context.partition_key)


def _results(gate: Gate, checked: Checked) -> Iterator[dg.AssetCheckResult]:
    for finding in checked.findings:
        fields = {name_of(*found[:3]): found[3] for found in checked.by_field.get(finding.rule_id, [])}
        yield dg.AssetCheckResult(
            asset_key=_asset(gate, finding.table),
            check_name=finding.check_name,
            passed=finding.passed,
            severity=SEVERITY[finding.severity],
            description=finding.sentence,
            metadata={
                "failing": finding.failing or 0,
                "total": finding.total or 0,
                **({BY_FIELD: dg.MetadataValue.json(fields)} if fields else {}),
            },
        )


def name_of(table: str, field: str, reason: str) -> str:
    """A kind of finding in one line, such as `case_states.residence (UNKNOWN_CODE)`."""
    return f"{table}.{field} ({reason})"
