"""Extraction with typing and HMAC beside plain ADBC-to-Parquet: the same rows, in turn, in the same process."""

import shutil
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as postgres
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.commands.seed import fill_with_children
from pipelines.run.reference_time import ReferenceTime, day
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.bench.costs import Cost, cost_of_call
from tests.bench.generator import CHILDREN, SEED
from tests.bench.house import MEMORY, House, new_house
from tests.bench.spread import median

TIME = ReferenceTime(day("2023-12-31"), day("2023-12-31"), "Europe/Bucharest")
PLAIN = {
    "cases": "select id::text as id, data::text as data from cases",
    "histories": """select record_id::text as record_id, datetime, id, record_changes::text as record_changes
        from record_histories where action <> 'create'""",
    "transitions": """select id::text as id, record_id::text as record_id, type, status, service, created_at,
        responded_at from transitions""",
}
REPEATS = 3


def measure() -> dict[str, Any]:
    """Rows a CPU second of both ways, with the server's CPU and without."""
    with new_house() as house:
        house.settings.make_data_folder()
        fill_with_children(house.settings, CHILDREN, SEED)
        rows = _read_plainly(house)  # also warms the server's cache
        take_snapshot(house.settings, TIME)
        plain, typed = [], []
        for _ in range(REPEATS):
            plain.append(cost_of_call(lambda: _read_plainly(house), house.postmaster))
            typed.append(cost_of_call(lambda: take_snapshot(house.settings, TIME), house.postmaster))
    return {"rows": rows, "plain": _rates(rows, plain), "typed": _rates(rows, typed)}


def _rates(rows: int, costs: list[Cost]) -> dict[str, Any]:
    ours, with_server = median([c.cpu for c in costs]), median([c.cpu + c.server_cpu for c in costs])
    return {
        "cpu": round(ours, 2),
        "cpu_with_server": round(with_server, 2),
        "rows_per_cpu_second": round(rows / ours),
        "rows_per_cpu_second_with_server": round(rows / with_server),
    }


def _read_plainly(house: House) -> int:
    """Every row that a snapshot reads, as it is, batch by batch to zstd Parquet in memory; gives how many."""
    folder = MEMORY / f"caselight-bench-{house.postmaster}"
    folder.mkdir(mode=0o700)
    try:
        with postgres.connect(house.dsn) as connection:
            return sum(_write(connection, query, folder / f"{name}.parquet") for name, query in PLAIN.items())
    finally:
        shutil.rmtree(folder)


def _write(connection: Any, query: str, file: Path) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        batches = cursor.fetch_record_batch()
        with pq.ParquetWriter(file, batches.schema, compression="zstd") as writer:
            return sum(_written(writer, batch) for batch in batches)


def _written(writer: pq.ParquetWriter, batch: pa.RecordBatch) -> int:
    writer.write_batch(batch)
    return batch.num_rows
