"""The whole line for 35,000 children: a fresh process, and a second reference time in the same process."""

import json
from typing import Any

from pipelines.commands.seed import fill_with_children
from tests.bench.costs import cost_of_command
from tests.bench.house import CASELIGHT, PYTHON, House, new_house
from tests.bench.spread import median, spread

CHILDREN, SEED = 35_000, 1
FIRST, SECOND = "2023-12-31", "2023-09-30"
REPEATS = 3


def measure() -> dict[str, Any]:
    """CPU of `caselight run` with dbt's project parsed and not, and CPU by stage of a first and a second run."""
    with new_house() as house:
        fill_with_children(house.settings, CHILDREN, SEED)
        _run(house)  # bytecode and the server's cache are warm afterwards, as on a machine in use
        unparsed = _run(house, forget_parsing=True)
        warm = [_run(house) for _ in range(REPEATS)]
        probes = [_probe(house) for _ in range(REPEATS)]
    return {
        "children": CHILDREN,
        "fresh_cpu": spread([cost.cpu for cost in warm]),
        "fresh_server_cpu": spread([cost.server_cpu for cost in warm]),
        "fresh_wall": spread([cost.wall for cost in warm]),
        "fresh_peak_mib": max(cost.peak_mib for cost in warm),
        "unparsed_cpu": round(unparsed.cpu, 1),
        "second_cpu": spread([sum(probe[SECOND].values()) for probe in probes]),
        "stages": _stages(probes),
    }


def _run(house: House, forget_parsing: bool = False) -> Any:
    house.settings.make_data_folder()
    house.forget_runs()
    if forget_parsing:
        (house.settings.data / "dbt" / "target" / "partial_parse.msgpack").unlink()
    command = [CASELIGHT, "run", "--as-of", FIRST, "--known-at", FIRST]
    return cost_of_command(command, house.environment, house.postmaster)


def _probe(house: House) -> dict[str, dict[str, float]]:
    house.forget_runs()
    told = house.root / "probe.json"
    command = [PYTHON, "-m", "tests.bench.one_process", str(told), FIRST, SECOND]
    cost_of_command(command, house.environment, house.postmaster)
    found: dict[str, dict[str, float]] = json.loads(told.read_text("utf-8"))
    return found


def _stages(probes: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """run -> stage -> median CPU seconds."""
    first = probes[0]
    return {
        run: {stage: round(median([probe[run][stage] for probe in probes]), 2) for stage in stages}
        for run, stages in first.items()
    }
