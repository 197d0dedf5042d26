"""Runs of the real command line, on copies of a small store that is filled once."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from case_store.database import connect, create_indexes, create_schema
from case_store.seeding import Seeding, mark_synthetic
from tests.support.line import House
from tests.support.small_store import CHILDREN, populate

MEMORY, ROOM_NEEDED = Path("/dev/shm"), 2 * 1024**3


@pytest.fixture(scope="session")
def new_store(store_dsn: str) -> Callable[[], str]:
    """Give the DSN of a new store that holds the hand-made synthetic children."""
    numbers = count()

    def make(template: str = "hand_made") -> str:
        name = f"store_{next(numbers)}"
        with psycopg.connect(store_dsn, autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}")
        return _database(store_dsn, name)

    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("create database hand_made")
    with connect(_database(store_dsn, "hand_made")) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, CHILDREN, "hand-made"), is_complete=True)
        populate(connection)
        create_indexes(connection)
    return make


def _database(store_dsn: str, name: str) -> str:
    return store_dsn.replace("///caselight?", f"///{name}?")


@pytest.fixture(scope="session")
def houses_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where houses stand: in memory where there is room, since a run's own log waits for the disk at every event."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_NEEDED:
        folder = Path(tempfile.mkdtemp(prefix="caselight-test-", dir=MEMORY))
        yield folder
        shutil.rmtree(folder)
    else:
        yield tmp_path_factory.mktemp("houses")


@pytest.fixture(scope="session")
def lanes(houses_folder: Path) -> tuple[House, House]:
    """Two places where runs may work side by side; `House.begin_anew` clears one for a test and gives it a store."""
    return House(houses_folder / "first", ""), House(houses_folder / "second", "")
