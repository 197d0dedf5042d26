"""A real PostgreSQL for each test that starts one, and databases of their own in the server of the session."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from case_store.profile import load_profile
from case_store.seeding import Seeding, fill_store
from case_store.synthetic.load import generator_of, seed_store
from tests.support.temporary_server import temporary_state


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


@pytest.fixture(scope="session")
def seeded_store(store_dsn: str) -> Iterator[Callable[..., str]]:
    """Give the DSN of a store with so many children of a seed, filled once a session; not to be written to.

    profile: the name of a country's; the first one's without.
    """
    made: dict[str, str] = {}

    def make(children: int, seed: int, profile: str = "") -> str:
        country = load_profile(profile)
        name = f"seeded_{country.name}_{children}_{seed}"
        if name not in made:
            with psycopg.connect(store_dsn, autocommit=True) as connection:
                connection.execute(f"create database {name}")
            made[name] = store_dsn.replace("///caselight?", f"///{name}?")
            mark = Seeding(seed, children, generator_of(country))
            fill_store(made[name], mark, lambda connection: seed_store(connection, country, children, seed))
        return made[name]

    yield make
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        for name in made:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def changed_store(seeded_store: Callable[[int, int], str], store_dsn: str) -> Iterator[Callable[[int, int], str]]:
    """Give the DSN of a copy of a seeded store that a test may change; dropped when the test ends."""

    def copy(children: int, seed: int) -> str:
        template = seeded_store(children, seed).partition("?")[0].rpartition("/")[2]
        with psycopg.connect(store_dsn, autocommit=True) as connection:
            connection.execute(f"create database changed template {template}")
        return store_dsn.replace("///caselight?", "///changed?")

    yield copy
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("drop database if exists changed with (force)")
