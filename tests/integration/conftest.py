"""A real PostgreSQL for the tests: our own server in a state folder of its own, stopped and removed at the end."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from case_store import server

CLUSTER = "tests"


@contextmanager
def temporary_state() -> Iterator[Path]:
    """Give a short-lived state folder that the server's account can pass through, unlike pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="caselight-test-", dir="/tmp"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield folder
    finally:
        server.stop(folder / "state", CLUSTER)
        shutil.rmtree(folder)


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that does not exist yet; the server a test starts in it, as cluster `tests`, is stopped."""
    with temporary_state() as folder:
        yield folder / "state"


@pytest.fixture(scope="session")
def store_dsn() -> Iterator[str]:
    """The DSN of one running server for the whole session."""
    with temporary_state() as folder:
        yield server.start(folder / "state", CLUSTER)


@pytest.fixture
def new_database(store_dsn: str) -> Iterator[Callable[[], str]]:
    """Make an empty database in the session's server and give its DSN; it is dropped when the test ends."""
    made: list[str] = []

    def make() -> str:
        made.append(f"test_{len(made)}")
        with psycopg.connect(store_dsn, autocommit=True) as connection:
            connection.execute(f"create database {made[-1]}")
        return store_dsn.replace("///caselight?", f"///{made[-1]}?")

    yield make
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")
