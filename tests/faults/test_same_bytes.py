"""The same store and the same key give the same bytes, whatever the machine's habits are."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest

from case_store.profile import load_profile
from pipelines.commands.seed import fill_with_children
from pipelines.release.drafts import released_content
from pipelines.release.protect_release import CELLS_FILE
from pipelines.run.builds import current_build
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from tests.support.leavings import SNAPSHOT, Digests, digest, files_of, leavings, tables_of
from tests.support.line import AS_OF, RUN, House

CHILDREN = 2_600  # the generator's broken records, one of each kind at least, are few enough for the first gate here
APPROVE = ("release", "approve", "2023-Q4", "--by", "Synthetic One", "--second", "Synthetic Two")
# a set is walked in another order, days and decimal points are others', files are closed to all but their owner
ELSEWHERE = {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Auckland", "LC_ALL": "C"}


@pytest.fixture(scope="module")
def twice(
    lanes: tuple[House, House], store_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Digests], dict[str, Digests]]:
    """What two runs of the generator's children leave, publication included: one here, one elsewhere."""
    folder = tmp_path_factory.mktemp("seeding")
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("create database generated")
    dsn = store_dsn.replace("///caselight?", "///generated?")
    fill_with_children(Settings(folder, folder, folder / "key", dsn), CHILDREN, seed=1)
    houses = [lane.begin_anew(dsn) for lane in lanes]
    commands: list[Callable[..., object]] = [houses[0].run, partial(houses[1].run_fresh, **ELSEWHERE)]
    with ThreadPoolExecutor(2) as pool:
        here, elsewhere = pool.map(lambda run: [run(*RUN), run(*APPROVE)], commands)
    for ended in (*here, *elsewhere):
        assert ended.code == 0, ended.printed
    first, second = (leavings(house) | {"publication": published(house)} for house in houses)
    return first, second


def published(house: House) -> Digests:
    """What was published, but for the record of who approved it on which day."""
    files = files_of(house.data / "publications").items()
    return {name: digest for name, digest in files if not name.endswith(("release.json", "checksums.sha256"))}


@pytest.mark.parametrize("part", ["snapshot", "draft", "publication", "build"])
def test_files_are_the_same_byte_for_byte(twice: tuple[dict[str, Digests], dict[str, Digests]], part: str) -> None:
    first, second = twice
    assert len(first[part]) > 5
    assert first[part] == second[part]


SWAPPED = {"primary": "secondary", "secondary": "primary", "published": "published"}


def test_public_files_do_not_tell_small_counts_from_those_hidden_with_them(
    twice: tuple[dict[str, Digests], dict[str, Digests]], lanes: tuple[House, House], tmp_path: Path
) -> None:
    """Every byte of the publication, made again from a build in which the two kinds of hidden cells are swapped."""
    build, snapshot = current_build(lanes[0].builds), lanes[0].data / SNAPSHOT
    time = ReferenceTime(date.fromisoformat(AS_OF), date.fromisoformat(AS_OF), load_profile().time_zone)
    swapped = tmp_path / "swapped"
    shutil.copytree(build, swapped)
    cells = pd.read_parquet(build / CELLS_FILE)
    assert set(cells["status"]) == set(SWAPPED)
    cells.assign(status=cells["status"].map(SWAPPED)).to_parquet(swapped / CELLS_FILE)
    policy = policy_of(load_profile()).disclosure["public"]
    content = released_content(policy, load_profile(), swapped, snapshot, time)
    assert content == released_content(policy, load_profile(), build, snapshot, time)
    published = {f"2023-Q4/v1/{name}": digest(file) for name, file in content.items()}
    assert published == twice[0]["publication"] and any(name.endswith("hidden_uk.html") for name in published)


def test_every_mart_is_the_same_as_ordered_parquet(twice: tuple[dict[str, Digests], dict[str, Digests]]) -> None:
    first, second = (left["warehouse.duckdb"] for left in twice)
    assert len([name for name in first if name.startswith("marts.")]) > 15
    assert first == second


def test_every_serving_file_holds_the_same(twice: tuple[dict[str, Digests], dict[str, Digests]]) -> None:
    first, second = ({name: t for name, t in left.items() if name.startswith("serving/")} for left in twice)
    assert len(first) == 43
    assert first == second


def test_a_comparison_would_tell_another_row(
    twice: tuple[dict[str, Digests], dict[str, Digests]], tmp_path: Path
) -> None:
    """The control: digests of a table differ when one of its cells does."""
    found = []
    for value in (1, 2):
        with duckdb.connect(str(tmp_path / f"{value}.duckdb")) as connection:
            connection.execute(f"create table t as select {value} as x")
        found.append(tables_of(tmp_path / f"{value}.duckdb"))
    assert found[0] != found[1]
