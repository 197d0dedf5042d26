"""Killed at any moment, a run leaves what was there before or what it was about to make, and the next one finishes it.

Twenty seeded moments of whole runs on a store that has changed since the build that readers see: around every rename on
the disk, and anywhere between. Each of five chains is killed in the snapshot, twice on the way, and near the end, and
is then let run; all the while a reader asks for figures.
"""

import os
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from case_store.database import connect
from dashboards import data as figures
from pipelines.run.builds import current_serving, name_build, point_to, remove_old_builds, start_build
from tests.support import sabotage
from tests.support.leavings import Digests, half_made, leavings
from tests.support.line import RUN, House
from tests.support.small_store import populate

AUDIENCES = ("national", "RO424")
IN_THE_SNAPSHOT = (
    ("os.mkdir", ".2023-12-31.making"),
    ("open", ".making/manifest.json"),
    ("os.rename", ".2023-12-31.replaced"),
    ("os.rename", "snapshots/2023-12-31/2023-12-31"),
    ("os.remove", "coverage.parquet"),
)
NEAR_THE_END = (
    ("os.rename", "drafts/2023-Q4/.v1.writing.replaced"),
    ("os.rename", "drafts/2023-Q4/v1"),
    ("os.rename", "ledger/drafts.json"),
    ("os.rename", "builds/.building"),
    ("os.rename", "builds/current"),
)
WHILE_APPROVING = (
    ("os.mkdir", "ledger/staging"),
    ("os.rename", "ledger/pending"),
    ("os.mkdir", "drafts/2023-Q4/.v1.publishing"),
    ("open", ".v1.publishing/release.json"),
    ("open", ".v1.publishing/checksums.sha256"),
    ("os.mkdir", "publications"),
    ("os.rename", "publications/2023-Q4/v1"),
)
ONCE_PUBLIC = (
    ("os.mkdir", "ledger/internal"),
    ("os.rename", "ledger/internal/0001_2023-Q4_v1.json"),
    ("os.rename", "ledger/published/0001_2023-Q4_v1.json"),
    ("os.mkdir", "ledger/events"),
    ("os.rename", "ledger/events/0001_2023-Q4_v1.json"),
)
APPROVE = ("release", "approve", "2023-Q4", "--by", "Synthetic One", "--second", "Synthetic Two")
Page = tuple[str, str, str]  # audience, build, digest of all its figures


@dataclass(frozen=True)
class Moment:
    """When a run is killed, and the sabotage that does it."""

    name: str
    kill: Callable[[], object]


@dataclass
class Story:
    """What became of one chain of kills: problems seen after each kill, what readers saw, what was left in the end."""

    problems: list[str] = field(default_factory=list)
    seen: set[Page] = field(default_factory=set)
    left: dict[str, Digests] = field(default_factory=dict)


@dataclass(frozen=True)
class Scene:
    """Two lanes with the same build of the first store, what a run never killed makes of the second, their pages."""

    lanes: tuple[House, House]
    before: dict[str, Digests]
    after: dict[str, Digests]
    pages: set[Page]
    events: int


def page(house: House, audience: str) -> Page:
    """One audience's figures, as a page would read them."""
    with figures.open_serving(current_serving(house.builds), audience) as connection:
        build = figures.about(connection, audience).build
        read = (figures.overview(connection), figures.registrations(connection).to_csv())
    return audience, build, str(hash(str(read)))


@contextmanager
def reader(house: House, story: Story) -> Iterator[None]:
    """Ask for every audience's figures, again and again; an error is a problem of the story.

    One whole round is read before anything happens, and one after everything has.
    """
    is_over = threading.Event()

    def read_once() -> None:
        for audience in AUDIENCES:
            try:
                story.seen.add(page(house, audience))
            except Exception as error:
                story.problems.append(f"a reader of {audience} met {error!r}")

    def read_on() -> None:
        while not is_over.is_set():
            read_once()

    read_once()
    thread = threading.Thread(target=read_on)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
        read_once()


@pytest.fixture(scope="module")
def scene(lanes: tuple[House, House], new_store: Callable[[], str], tmp_path_factory: Any) -> Scene:
    """In each lane the build of the first store, saved aside; the second store has forty more children."""
    first, second = new_store(), new_store()
    with connect(second) as connection:
        populate(connection, 40, seed=2)
    counted = tmp_path_factory.mktemp("events") / "count"
    houses = tuple(lane.begin_anew(second) for lane in lanes)
    model = houses[0]
    model.environment["CASESTORE_DSN"] = first
    assert model.run(*RUN).code == 0
    before, pages = leavings(model), {page(model, audience) for audience in AUDIENCES}
    for house in houses:
        shutil.copytree(model.data, house.root / "saved", symlinks=True, ignore=shutil.ignore_patterns("dbt"))
    model.environment["CASESTORE_DSN"] = second
    assert model.run(*RUN, sabotage=[partial(sabotage.count_events, counted)]).code == 0
    pages |= {page(model, audience) for audience in AUDIENCES}
    return Scene(houses, before, leavings(model), pages, int(counted.read_text("utf-8")))


def return_to_saved(house: House) -> None:
    """The lane as it was when the first store had been built."""
    for path in house.data.glob("*"):
        if path.name != "dbt":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(house.root / "saved", house.data, symlinks=True, dirs_exist_ok=True)


def chain_of(number: int, events: int) -> list[Moment]:
    """The four moments of a chain: two at named steps, two drawn from its seed."""
    rng = random.Random(number)
    drawn = sorted(rng.randrange(events // 8, events * 9 // 10) for _ in range(2))
    near = [Moment(f"event {n} of {events}", partial(sabotage.kill_near, n, rng.random() / 5)) for n in drawn]
    begins, ends = (
        Moment(f"before {steps[number]}", partial(sabotage.kill_before, *steps[number]))
        for steps in (IN_THE_SNAPSHOT, NEAR_THE_END)
    )
    return [begins, *near, ends]


def tell(house: House, moments: list[Moment], scene: Scene) -> Story:
    """Run and kill at each moment, look at what can be seen, and run once more to the end."""
    story = Story()
    whole = {
        f"{kind} {n}": made[kind]
        for n, made in enumerate((scene.before, scene.after))
        for kind in ("snapshot", "build")
    }
    return_to_saved(house)
    with reader(house, story):
        for moment in moments:
            ended = house.run(*RUN, sabotage=[moment.kill])
            if ended.code != -9:
                story.problems.append(f"{moment.name}: not killed, ended with {ended.code}: {ended.printed}")
            story.problems += [f"{moment.name}: {problem}" for problem in half_made(house, whole)]
        ended = house.run(*RUN)
        story.problems += [] if ended.code == 0 else [f"the last run failed: {ended.printed}"]
    story.left = leavings(house)
    return story


@pytest.fixture(scope="module")
def stories(scene: Scene) -> dict[int, Story]:
    """All chains, two at a time."""
    chains = {number: chain_of(number, scene.events) for number in range(len(IN_THE_SNAPSHOT))}

    def work(lane: int) -> dict[int, Story]:
        return {n: tell(scene.lanes[lane], moments, scene) for n, moments in chains.items() if n % 2 == lane}

    with ThreadPoolExecutor(2) as pool:
        return {number: story for told in pool.map(work, range(2)) for number, story in told.items()}


CHAINS = range(len(IN_THE_SNAPSHOT))


@pytest.mark.parametrize("chain", CHAINS)
def test_after_kills_and_a_restart_the_bytes_are_those_of_a_run_never_killed(
    stories: dict[int, Story], scene: Scene, chain: int
) -> None:
    assert stories[chain].left == scene.after
    assert stories[chain].left != scene.before


@pytest.mark.parametrize("chain", CHAINS)
def test_nothing_half_made_is_ever_seen(stories: dict[int, Story], scene: Scene, chain: int) -> None:
    assert stories[chain].problems == []


@pytest.mark.parametrize("chain", CHAINS)
def test_a_reader_sees_one_build_or_the_other_and_no_mixture(
    stories: dict[int, Story], scene: Scene, chain: int
) -> None:
    assert stories[chain].seen == scene.pages


def test_nothing_is_left_lying_about(stories: dict[int, Story], scene: Scene) -> None:
    for house in scene.lanes:
        hidden = [path for path in house.data.rglob(".*") if not {"dbt", "dagster"} & {*path.parts}]
        assert hidden == []
        assert len([path for path in house.builds.iterdir() if not path.is_symlink()]) == 2


@pytest.mark.parametrize("step", WHILE_APPROVING)
def test_killed_while_approving_the_public_sees_all_or_nothing(
    stories: dict[int, Story], scene: Scene, step: tuple[str, str]
) -> None:
    house = scene.lanes[0]
    publish_nothing(house)
    assert house.run(*APPROVE, sabotage=[partial(sabotage.kill_before, *step)]).code == -9
    assert list(house.data.glob("publications/*/*")) == []
    assert list(house.data.glob("ledger/*/*_v1.json")) == []
    assert house.run(*APPROVE).code == 0
    assert_published_once(house)
    assert (
        half_made(
            house, {"build": scene.after["build"], "before": scene.before["build"], "snapshot": scene.after["snapshot"]}
        )
        == []
    )


def publish_nothing(house: House) -> None:
    """As before the first publication, when only the draft was noted."""
    for part in (house.data / "publications", *house.data.glob("ledger/*/")):
        shutil.rmtree(part, ignore_errors=True)


def assert_published_once(house: House) -> None:
    """The publication and its entry in the ledger are there, and nothing half-made."""
    assert [path.name for path in house.data.glob("publications/*/*")] == ["v1"]
    assert list(house.data.glob("drafts/*/.*")) == []
    found = sorted(path.relative_to(house.data / "ledger").as_posix() for path in house.data.glob("ledger/*/*"))
    assert found == [f"{part}/0001_2023-Q4_v1.json" for part in ("events", "internal", "published")]
    assert not (house.data / "ledger" / "pending").exists()


@pytest.mark.parametrize("step", ONCE_PUBLIC)
def test_killed_once_the_release_is_public_the_ledger_is_finished_by_whoever_opens_it_next(
    stories: dict[int, Story], scene: Scene, step: tuple[str, str]
) -> None:
    house = scene.lanes[0]
    publish_nothing(house)
    assert house.run(*APPROVE, sabotage=[partial(sabotage.kill_before, *step)]).code == -9
    assert [path.name for path in house.data.glob("publications/*/*")] == ["v1"]
    assert house.run(*APPROVE).code == 0
    assert_published_once(house)


# The swap alone, killed at every step it takes on the disk -----------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours runs to clean up after it."""


STEPS = ("rename", "symlink", "unlink", "rmdir", "mkdir", "fsync")


def finish(builds: Path, name: str) -> None:
    building = builds / ".building"
    start_build(building)
    for part in ("one", "two", "three"):
        (building / part).write_text(name, "utf-8")
    name_build(building, builds, name)
    point_to(builds, name)
    remove_old_builds(builds)


def kill_at(monkeypatch: pytest.MonkeyPatch, moment: int) -> None:
    steps = iter(range(10_000))

    def killing(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            if next(steps) == moment:
                raise Killed
            return real(*args, **options)

        return step

    for name in STEPS:
        monkeypatch.setattr(os, name, killing(getattr(os, name)))


def parts(build: Path) -> list[str]:
    return sorted(f"{path.name} {path.read_text('utf-8')}" for path in build.iterdir())


@pytest.mark.parametrize("moment", range(24))
def test_a_swap_killed_at_any_step_shows_whole_builds_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    """Four builds follow each other and the last is the first again: one half removed must not come back as whole."""
    for name in ("a", "b"):
        finish(tmp_path, name)
    with monkeypatch.context() as broken:
        kill_at(broken, moment)
        with pytest.raises(Killed):
            for name in ("c", "d"):
                finish(tmp_path, name)
    for name in ("a", "b"):
        current = tmp_path / "current"
        assert parts(current) == [f"{part} {current.readlink()}" for part in ("one", "three", "two")]
        finish(tmp_path, name)
        for build in tmp_path.glob("[!.]*"):
            assert parts(build) == [f"{part} {build.resolve().name}" for part in ("one", "three", "two")]
    assert len(list(tmp_path.iterdir())) == 3
