"""The two quality gates: rules count over views of the snapshot's Parquet and of the warehouse's marts."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from anonymization.policy import Policy
from data_quality.gate import FieldFinding, RuleFinding, check_gate, findings_by_field
from data_quality.rule import Gate
from pipelines.gates.cell_views import create_case_codes, create_cell_views
from pipelines.release.populations import PASSPORTS
from pipelines.run.progress import report
from pipelines.run.sealing import sealed
from pipelines.snapshot.snapshot_hashes import check_snapshot
from pipelines.warehouse.not_asked import judged_by_nothing
from pipelines.warehouse.warehouse_file import PRIVATE_MEMORY, open_warehouse

BY_FIELD = "records_by_field"  # the metadata of a check that names fields


@dataclass(frozen=True)
class Checked:
    """What every rule of a gate found; `by_field`: rule id -> table, field, reason, records, where a rule says so."""

    findings: list[RuleFinding]
    by_field: dict[str, list[FieldFinding]]


@sealed("the quality gate")
def check(gate: Gate, policy: Policy, snapshot: Path, build: Path | None = None) -> Checked:
    """What every rule of `gate` found in the snapshot and, where given, in the build's marts: counts only."""
    report(f"Checking the {gate}")
    not_asked = judged_by_nothing(check_snapshot(snapshot).get("absent_columns", []))
    intake = policy.intake
    limits = {
        "quarantined_share": intake.largest_quarantined_share,
        "lost_value_share": intake.largest_lost_value_share,
    }
    with _views(snapshot, build) as connection:

        def query(sql: str) -> tuple[int, int, str]:
            row = connection.execute(sql).fetchone()
            return (int(row[0]), int(row[1]), str(row[2]) if len(row) > 2 else "") if row else (1, 1, "")

        detail = findings_by_field(gate, lambda sql: connection.execute(sql).fetchall())
        return Checked(check_gate(gate, query, limits, not_asked), detail)


@contextmanager
def _views(snapshot: Path, build: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_warehouse(build) if build else closing(duckdb.connect(":memory:", config=PRIVATE_MEMORY)) as connection:
        connection.execute("use memory; create schema snapshot; create schema marts")
        for file in sorted(snapshot.glob("*.parquet")):
            connection.execute(f"create view snapshot.{file.stem} as from read_parquet('{file}')")
        create_case_codes(connection, pq.read_table(snapshot / "ref_fields.parquet").to_pylist())
        marts = "select table_name from duckdb_tables() where database_name = 'warehouse' and schema_name = 'marts'"
        for (name,) in connection.execute(marts).fetchall():
            connection.execute(f"create view marts.{name} as from warehouse.marts.{name}")
        create_cell_views(connection, [passport.stem for passport in PASSPORTS.glob("*.yml")])
        yield connection
