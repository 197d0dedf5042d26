"""Snapshot -> warehouse: one `dbt run` in this process, into the folder of the running build."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import RunError
from pipelines.run.progress import report
from pipelines.run.sealing import is_full_disk, sealed
from pipelines.run.settings import CHECKOUT, Settings
from pipelines.snapshot.snapshot_hashes import check_snapshot
from pipelines.warehouse.not_asked import empty_refused_marts, keep_absent_columns
from pipelines.warehouse.warehouse_file import warehouse_file

PROJECT = CHECKOUT / "dbt_project"


@dataclass(frozen=True)
class NodeResult:
    """What became of one dbt node: its name, resource type, status and seconds; never its message."""

    name: str
    resource_type: str
    status: str
    seconds: float


@sealed("the warehouse")
def build_warehouse(settings: Settings, snapshot: Path) -> list[NodeResult]:
    """Builds every model from `snapshot`. Raises RunError naming the nodes that failed."""
    report("Building the warehouse")
    manifest = check_snapshot(snapshot)
    # the same path for every build, so that dbt's parsed project stays valid from run to run
    os.environ["CASELIGHT_WAREHOUSE"] = str(warehouse_file(settings.building))
    os.environ["CASELIGHT_SNAPSHOT"] = str(snapshot)
    results = _build(settings)
    keep_absent_columns(settings.building, manifest)
    failed = [r.name for r in results if r.status not in ("success", "pass", "warn")]
    if failed:
        raise RunError(f"the warehouse could not be built: {', '.join(failed)} failed; 'make test' tells more")
    empty_refused_marts(settings.building)
    return results


def _build(settings: Settings) -> list[NodeResult]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    # whether the code is right is asked by 'make test', whether the data are fit by the quality gates
    command = ["--quiet", "--no-use-colors", "--log-level=none", "--log-level-file=none", "--no-write-json", "build"]
    command += ["--resource-type=model"]
    folders: dict[str, str | Path] = {
        "project-dir": PROJECT,
        "profiles-dir": PROJECT,
        "target-path": "target",
        "log-path": "logs",
    }
    command += [part for name, path in folders.items() for part in (f"--{name}", str(settings.data / "dbt" / path))]
    try:
        outcome = dbtRunner().invoke(command)
    finally:
        # dbt keeps its connection; nobody else could open the file as a reader
        DuckDBConnectionManager.close_all_connections()
    results: Any = getattr(outcome.result, "results", None)
    told = [str(outcome.exception), *(str(result.message) for result in results or ())]
    if any(map(is_full_disk, told)):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if results is None:
        raise RunError(f"dbt stopped before it built anything ({type(outcome.exception).__name__}); see 'make check'")
    return [NodeResult(r.node.name, str(r.node.resource_type), str(r.status), r.execution_time) for r in results]
