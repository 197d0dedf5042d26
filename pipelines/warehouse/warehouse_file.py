"""The warehouse of a build, as readers open it: never written, never holding a writer up."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipelines.errors import RunError

PRIVATE_MEMORY: dict[str, Any] = {
    "temp_directory": "",
    "memory_limit": "2GB",
    "autoinstall_known_extensions": "false",
    "threads": 1,  # marts are small: a second thread would only wait, which costs as much CPU again
}


def warehouse_file(build: Path) -> Path:
    """Where a build keeps its warehouse."""
    return build / "warehouse.duckdb"


@contextmanager
def open_warehouse(build: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which `marts.x` is the build's mart; other files can be attached beside it.

    Raises RunError when the build has no warehouse.
    """
    file = warehouse_file(build)
    if not file.exists():
        raise RunError(f"there is no warehouse in {build}; run 'caselight run' first")
    connection = duckdb.connect(":memory:", config=PRIVATE_MEMORY)
    try:
        connection.execute(f"attach '{file}' as warehouse (read_only); use warehouse")
        yield connection
    finally:
        connection.close()
