"""A real PostgreSQL for each test that starts one, and databases of their own in the server of the session."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.temporary_server import temporary_state


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that does not exist yet; the server a test starts in it, as cluster `tests`, is stopped."""
    with temporary_state() as folder:
        yield folder / "state"


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
