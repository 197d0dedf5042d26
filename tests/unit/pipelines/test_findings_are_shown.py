"""Findings of a snapshot reach the reader: by field, with counts, at both gates, whatever rows there are."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from data_quality.gate import check_gate, findings_by_field
from data_quality.registry import rules_of
from data_quality.rule import GATES, Gate
from pipelines.assets.gates import _results
from pipelines.gates.cell_views import create_case_codes, create_cell_views
from pipelines.gates.check_tables import BY_FIELD, Checked
from pipelines.release.populations import PASSPORTS

DATASET = Path(__file__).parents[1] / "data_quality" / "quality_dataset.sql"
FINDINGS = [
    ("SNP-FIELD", "cases", "not in the forms", "UNKNOWN_FIELD", 7),
    ("SNP-CODE", "case_states", "risk", "UNKNOWN_CODE", 2),
    ("SNP-CODE", "case_states", "residence", "ABOVE_COUNTY", 3),
    ("SNP-NEW", "cases", "birth_date", "NOT_THOUGHT_OF_YET", 1),
    ("SNP-CODE", "cases", "sex", "UNKNOWN_CODE", 0),
]


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, int]]:
    """Check name -> what its metadata say by field, as Dagster and the command line show it; failed checks only."""
    shown: dict[str, dict[str, int]] = {}
    with duckdb.connect() as connection:
        connection.execute(DATASET.read_text("utf-8"))
        create_case_codes(connection, connection.sql("from snapshot.ref_fields").to_arrow_table().to_pylist())
        create_cell_views(connection, [passport.stem for passport in PASSPORTS.glob("*.yml")])
        rows = [(rule, "warning", *rest) for rule, *rest in FINDINGS]
        connection.executemany("insert into snapshot.findings values (?, ?, ?, ?, ?, ?)", rows)
        for gate in GATES.values():
            shown |= _shown(gate, connection)
    return shown


def _shown(gate: Gate, connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, int]]:
    limits = {rule.limit: 1.0 for rule in rules_of(gate) if rule.limit}

    def counts(sql: str) -> tuple[int, int]:
        ((failing, total, *_),) = connection.execute(sql).fetchall()
        return failing, total

    found = check_gate(gate, counts, limits)
    by_field = findings_by_field(gate, lambda sql: connection.execute(sql).fetchall())
    told = {}
    for result in _results(gate, Checked(found, by_field)):
        if not result.passed:
            assert result.severity == dg.AssetCheckSeverity.WARN
            told[str(result.check_name)] = dict(result.metadata[BY_FIELD].value)  # type: ignore[arg-type]
    return told


def test_each_kind_of_finding_is_a_warning_of_gate_one(results: dict[str, dict[str, int]]) -> None:
    assert results["SNP_60"] == {"cases.not in the forms (UNKNOWN_FIELD)": 7}
    assert results["SNP_61"] == {"case_states.residence (ABOVE_COUNTY)": 3, "case_states.risk (UNKNOWN_CODE)": 2}
    assert results["SNP_62"] == {"cases.birth_date (NOT_THOUGHT_OF_YET)": 1}


def test_gate_two_shows_all_of_them(results: dict[str, dict[str, int]]) -> None:
    assert sum(results["MRT_70"].values()) == sum(records for *_, records in FINDINGS)


def test_a_detail_that_cannot_be_read_does_not_stop_the_gate() -> None:
    def broken(sql: str) -> list[tuple[object, ...]]:
        raise duckdb.Error("a value of a record")

    assert findings_by_field("snapshot", broken) == {}
