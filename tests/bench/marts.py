"""The mart tables built twice from the same intermediate tables: by dbt, and by SQL as an analyst writes it."""

import json
import sys
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import yaml

import pipelines.run.quiet  # noqa: F401  telemetry off before dbt is imported
from pipelines.run.settings import Settings
from pipelines.warehouse.build_warehouse import PROJECT, NodeResult, build_warehouse
from pipelines.warehouse.warehouse_file import warehouse_file
from tests.bench.spread import median

BY_HAND = Path(__file__).with_name("hand_written.sql")
REPEATS = 3


def main(file: Path, snapshot: Path) -> None:
    """Writes to `file` what dbt took for the marts, what of it DuckDB took, and what the SQL by hand takes."""
    settings = Settings.from_environment()
    dbt = by_dbt(settings, snapshot)
    warehouse = warehouse_file(settings.building)
    hand = [by_hand(warehouse, settings.building / "by_hand.duckdb") for _ in range(REPEATS)]
    file.write_text(json.dumps(dbt | {"by_hand": round(median(hand), 3), "rows": _refuse_difference(settings)}))


def by_dbt(settings: Settings, snapshot: Path) -> dict[str, Any]:
    """Seconds of DuckDB's statements by dbt's own log, of the mart nodes as dbt times them, and of the whole."""
    import dbt.cli.main

    statements: defaultdict[str, float] = defaultdict(float)

    def hear(event: Any) -> None:
        if event.info.name == "SQLQueryStatus":
            statements[event.data.node_info.node_name] += event.data.elapsed

    dbt.cli.main.dbtRunner = partial(dbt.cli.main.dbtRunner, callbacks=[hear])  # type: ignore[assignment,misc]
    began = time.monotonic()
    nodes = build_warehouse(settings, snapshot)
    wall = time.monotonic() - began
    marts = [node for node in nodes if is_mart(node)]
    return {
        "marts": len(marts),
        "marts_duckdb": round(sum(statements[node.name] for node in marts), 3),
        "marts_nodes": round(sum(node.seconds for node in marts), 3),
        "all_duckdb": round(sum(statements.values()), 3),
        "all_nodes": round(sum(node.seconds for node in nodes), 3),
        "dbt_wall": round(wall, 3),
    }


def is_mart(node: NodeResult) -> bool:
    """Whether a node is a table of the marts."""
    return any((PROJECT / "models" / "marts").rglob(f"{node.name}.sql"))


def by_hand(warehouse: Path, file: Path) -> float:
    """Seconds to build every mart table by hand, with the settings that dbt has."""
    file.unlink(missing_ok=True)
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text("utf-8"))
    with duckdb.connect(str(file), config=profile["caselight"]["outputs"]["build"]["config_options"]) as connection:
        connection.execute(f"attach '{warehouse}' as built (read_only); create schema marts")
        began = time.monotonic()
        connection.execute(BY_HAND.read_text("utf-8"))
        return time.monotonic() - began


def _refuse_difference(settings: Settings) -> int:
    """How many rows the tables have; raises ValueError where a table by hand differs from dbt's."""
    with duckdb.connect(str(settings.building / "by_hand.duckdb")) as connection:
        connection.execute(f"attach '{warehouse_file(settings.building)}' as built (read_only)")
        names = connection.execute("select table_name from duckdb_tables() where database_name = 'by_hand'").fetchall()
        rows = 0
        for (name,) in names:
            first = f"from by_hand.marts.{name}"
            columns = [row[0] for row in connection.execute(f"describe {first}").fetchall()]
            second = f"select {', '.join(columns)} from built.marts.{name}"
            differing = f"select count(*) from (({first} except all {second}) union all ({second} except all {first}))"
            if _number(connection, differing):
                raise ValueError(f"marts.{name} by hand differs from dbt's; mend hand_written.sql")
            rows += _number(connection, f"select count(*) {first}")
    return rows


def _number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
