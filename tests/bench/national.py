"""1.5 million children: does memory stay bounded, and what does dbt add to the marts' own SQL?"""

import json
import shutil
from typing import Any

from pipelines.warehouse.warehouse_file import warehouse_file
from tests.bench.conditions import stopwatch
from tests.bench.costs import Cost, cost_of_command
from tests.bench.house import CASELIGHT, PYTHON, House, new_house

CHILDREN, DAY = 1_500_000, "2023-12-31"


def measure() -> dict[str, Any]:
    """Cost of seeding and of a run by the command line, and the marts built by dbt and by hand."""
    with new_house() as house:
        with stopwatch(f"seeding {CHILDREN:,} children"):
            seeding = _command(house, CASELIGHT, "case-store", "seed", "--children", str(CHILDREN))
        with stopwatch("the whole run"):
            run = _command(house, CASELIGHT, "run", "--as-of", DAY, "--known-at", DAY)
        with stopwatch("the marts by dbt and by hand"):
            marts = _marts(house)
        return {"children": CHILDREN, "seeding": seeding.as_row(), "run": run.as_row(), "marts": marts}


def _command(house: House, *command: str) -> Cost:
    return cost_of_command(command, house.environment, house.postmaster)


def _marts(house: House) -> dict[str, Any]:
    """In a process of its own: dbt would keep this one's memory and connections."""
    told = house.root / "marts.json"
    snapshot = house.settings.snapshots / DAY / DAY
    shutil.rmtree(house.settings.building, ignore_errors=True)
    house.settings.building.mkdir(parents=True)
    _command(house, PYTHON, "-m", "tests.bench.marts", str(told), str(snapshot))
    found: dict[str, Any] = json.loads(told.read_text("utf-8"))
    return found | {"warehouse_mb": warehouse_file(house.settings.building).stat().st_size // 10**6}
