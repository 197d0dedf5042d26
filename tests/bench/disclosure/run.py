"""`make bench-disclosure`: measures what hiding costs, how safe it is, how long it takes; writes docs/disclosure.md.

Everything takes some hours on one core. `--only` takes single measurements, `--seeds` single seeds; what is not
measured anew keeps its last figures, each with its own day. `--only` without a name just writes the page.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from tests.bench.conditions import conditions, stopwatch
from tests.bench.costs import Cost, cost_of_command
from tests.bench.disclosure.measurements import MEASUREMENTS
from tests.bench.disclosure.page import write_page
from tests.bench.house import PYTHON
from tests.bench.recorded import record, recorded

VERSIONS = ("highspy", "numpy", "scipy", "pandas")


def main() -> None:
    """Measure what is asked for, one process at a time, record it, and write the page from all that is recorded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="the day that the page tells")
    parser.add_argument("--only", nargs="*", choices=[*MEASUREMENTS], help="just these; none: write the page anew")
    parser.add_argument("--seeds", nargs="+", type=int, help="just these, of those that a measurement is taken on")
    asked = parser.parse_args()
    for name in MEASUREMENTS if asked.only is None else asked.only:
        seeds = MEASUREMENTS[name].seeds
        measure(name, [seed for seed in seeds if asked.seeds is None or seed in asked.seeds], asked.date)
    print(f"written: {write_page()}")


def measure(name: str, seeds: Iterable[int], day: date) -> None:
    """Take one measurement on each seed in a process of its own, and record it at once."""
    for seed in seeds:
        with stopwatch(f"measuring: {name}, seed {seed}"):
            found = conditions(day, VERSIONS)
            figures = one_seed(name, seed)
            taken = {key: found[key] for key in ("date", "load_average", "yardstick")}
            before = recorded(record_name(name)) or {"figures": {}}
            record(record_name(name), found, before["figures"] | {str(seed): {**taken, **figures}})


def one_seed(name: str, seed: int) -> dict[str, Any]:
    """What the measurement found, with the cost of its whole process; where it broke off, that is told."""
    with tempfile.TemporaryDirectory(prefix="caselight-bench-") as folder:
        told = Path(folder) / "found.json"
        command = [PYTHON, "-m", "tests.bench.disclosure.one_seed", str(told), name, str(seed)]
        try:
            cost = _as_figures(cost_of_command(command, {}))
        except subprocess.CalledProcessError as error:
            cost = {"stopped": f"ended with {error.returncode}"}
        found: dict[str, Any] = json.loads(told.read_text("utf-8")) if told.exists() else {}
        return {**found, **cost}


def record_name(name: str) -> str:
    """The name of its file of figures."""
    return f"disclosure-{name}"


def _as_figures(cost: Cost) -> dict[str, Any]:
    return {"process_cpu": round(cost.cpu, 1), "peak_mib": cost.peak_mib}


if __name__ == "__main__":
    main()
