"""A disk that fills while a run writes: a plain sentence, and what readers had before is still whole."""

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from case_store.database import connect
from tests.support import small_disk
from tests.support.leavings import Digests, half_made, leavings
from tests.support.line import RUN, House
from tests.support.small_store import populate

# what is left free, in parts of what a run needs: nothing for its log, too little for the snapshot, for the warehouse,
# for the serving files; the second number says whether the run is tried again once there is room
FREE = {0.0: False, 0.03: True, 0.15: False, 0.5: False, 0.9: True}


@dataclass(frozen=True)
class Attempt:
    """How one run ended, what it printed, and what could be seen after it."""

    code: int
    printed: str
    seen: dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """Two lanes, what readers had before, what a run with room makes, and how many bytes that run needed."""

    lanes: tuple[House, House]
    saved: Path
    before: dict[str, Digests]
    after: dict[str, Digests]
    needed: int


def look(house: House, before: dict[str, Digests], after: dict[str, Digests]) -> dict[str, Any]:
    """What can be seen of the house, and what of it is only half there."""
    known = {f"{part} {n}": made[part] for n, made in enumerate((before, after)) for part in ("snapshot", "build")}
    hidden = [str(path) for path in house.data.rglob(".*") if not {"dbt", "dagster"} & {*path.parts}]
    return {"half": half_made(house, known), "left": leavings(house), "hidden": hidden}


@pytest.fixture(scope="module")
def scene(lanes: tuple[House, House], new_store: Callable[[], str], tmp_path_factory: Any) -> Scene:
    """The build of one store, saved aside; a second store has forty more children."""
    first, second = new_store(), new_store()
    with connect(second) as connection:
        populate(connection, 40, seed=2)
    folder = tmp_path_factory.mktemp("full_disk")
    houses = tuple(lane.begin_anew(second) for lane in lanes)
    model = houses[0]
    model.environment["CASESTORE_DSN"] = first
    assert model.run(*RUN).code == 0
    before = leavings(model)
    shutil.copytree(model.data, folder / "saved", symlinks=True)
    model.environment["CASESTORE_DSN"] = second
    assert model.run(*RUN).code == 0
    return Scene(houses, folder / "saved", before, leavings(model), size(model.data) - size(folder / "saved"))


def size(folder: Path) -> int:
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if not path.is_symlink())


def attempts_on(house: House, scene: Scene, share: float) -> list[Attempt]:
    told = house.root / f"told {share}.json"
    asked = partial(look, house, scene.before, scene.after)
    free = int(scene.needed * share)
    limited = partial(small_disk.run_on_small_disk, house.data, scene.saved, free, asked, told, FREE[share])
    ended = house.run(*RUN, sabotage=[limited])
    printed = ended.printed.split(small_disk.BETWEEN)
    return [
        Attempt(code, text, seen) for (code, seen), text in zip(json.loads(told.read_text()), printed, strict=False)
    ]


@pytest.fixture(scope="module")
def attempts(scene: Scene) -> dict[float, list[Attempt]]:
    """Every disk, two at a time."""

    def work(lane: int) -> dict[float, list[Attempt]]:
        return {share: attempts_on(scene.lanes[lane], scene, share) for share in list(FREE)[lane::2]}

    with ThreadPoolExecutor(2) as pool:
        return {share: found for told in pool.map(work, range(2)) for share, found in told.items()}


@pytest.mark.parametrize("share", FREE)
def test_a_full_disk_is_told_in_a_sentence(attempts: dict[float, list[Attempt]], share: float) -> None:
    attempt = attempts[share][0]
    assert attempt.code == 1
    assert "Traceback" not in attempt.printed
    assert "the disk is full in " in attempt.printed and "free some space" in attempt.printed


@pytest.mark.parametrize("share", FREE)
def test_a_full_disk_leaves_what_readers_had(attempts: dict[float, list[Attempt]], scene: Scene, share: float) -> None:
    seen = attempts[share][0].seen
    assert seen["half"] == []
    assert seen["left"]["build"] == scene.before["build"]
    for part in ("warehouse.duckdb", "serving/national.duckdb"):
        assert seen["left"][part] == scene.before[part]
    assert seen["hidden"] == []


@pytest.mark.parametrize("share", [share for share, twice in FREE.items() if twice])
def test_with_room_again_the_run_ends_well(attempts: dict[float, list[Attempt]], scene: Scene, share: float) -> None:
    again = attempts[share][1]
    assert again.code == 0, again.printed
    assert again.seen["left"] == scene.after
