"""The dbt project as tests use it: run by dbt itself, or compiled once and then executed directly, which is fast."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from tests.support.snapshot_factory import reference_rows, write_snapshot

PROJECT = Path(__file__).parents[2] / "dbt_project"


def run_dbt(folder: Path, snapshot: Path, *command: str, heard: set[str] | None = None) -> Any:
    """One dbt command over `snapshot`, with the warehouse and everything dbt writes in `folder`; its node results.

    `heard` collects the names of the events that dbt tells.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    os.environ |= {"CASELIGHT_WAREHOUSE": str(folder / "warehouse.duckdb"), "CASELIGHT_SNAPSHOT": str(snapshot)}
    paths = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", folder, "--log-path", folder]
    try:
        listener = [] if heard is None else [lambda event: heard.add(event.info.name)]
        outcome = dbtRunner(callbacks=listener).invoke(
            ["--quiet", "--log-level-file", "none", *command, *map(str, paths)]
        )
    finally:
        DuckDBConnectionManager.close_all_connections()
    if outcome.exception is not None:
        raise outcome.exception
    return outcome.result


@dataclass(frozen=True)
class CompiledProject:
    """Table name -> SELECT for every model, in the order in which they can be built, and the data tests."""

    tables: dict[str, str]
    tests: dict[str, str]

    @classmethod
    def compile(cls, folder: Path) -> "CompiledProject":
        """Compile the project with dbt, over a snapshot without records."""
        snapshot = write_snapshot(folder / "empty", reference_rows(date(2023, 12, 31), date(2023, 12, 31)))
        results = run_dbt(folder, snapshot, "compile", "--no-populate-cache")
        nodes = [result.node for result in results]
        models = [n for n in _of(nodes, "model") if n.config.materialized != "ephemeral"]
        tests = {str(n.name): str(n.compiled_code) for n in _of(nodes, "test")}
        return cls({str(n.relation_name): str(n.compiled_code) for n in models}, tests)

    def build(self, snapshot: Path) -> duckdb.DuckDBPyConnection:
        """The warehouse of one snapshot, in memory."""
        warehouse = duckdb.connect(config={"threads": 1})
        warehouse.execute("attach ':memory:' as warehouse; use warehouse; create schema snapshot; create schema marts")
        for file in snapshot.glob("*.parquet"):
            warehouse.execute(f"create view snapshot.{file.stem} as from '{file}'")
        for name, select in self.tables.items():
            warehouse.execute(f"create table {name} as {select}")
        return warehouse


def _of(nodes: Sequence[Any], resource_type: str) -> list[Any]:
    return [node for node in nodes if node.resource_type == resource_type]
