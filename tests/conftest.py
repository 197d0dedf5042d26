"""Fixtures that several folders of tests share: serving files of three audiences with numbers that tell them apart."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import settings

from case_store import server
from dashboards.accounts import Accounts, create_demo_accounts, load_accounts
from dashboards.page_texts import languages
from dashboards.pages.overview import INDICATORS
from dashboards.serving_contract import TABLES
from tests.support.temporary_server import CLUSTER, temporary_state

# a shared machine is sometimes slow; that is no property of ours
settings.register_profile("caselight", deadline=None)
settings.load_profile("caselight")

AREAS = {
    "national": (11_000, ("Romania", "România", "Румунія")),
    "RO424": (41_000, ("Timiș county", "județul Timiș", "повіт Тіміш")),
    "RO113": (73_000, ("Cluj county", "județul Cluj", "повіт Клуж")),
}
_SEXES = (
    ("F", "Girls", "Fete", "Дівчата"),
    ("M", "Boys", "Băieți", "Хлопці"),
    ("_U", "Unknown", "Necunoscut", "Невідомо"),
    ("_T", "Total", "Total", "Усього"),
)
_BANDS = (("Y0T5", "0–5"), ("Y6T13", "6–13"), ("Y14T17", "14–17"))
_REGISTRATIONS = {"month": "VARCHAR", "sex": "VARCHAR", "age_band": "VARCHAR", "children": "BIGINT"}
AGE_SYSTEM = "seed3"
_MONTHS = ("2023-09", "2023-10", "2023-12")  # none in November: the pages fill it with zeros


def write_serving_file(folder: Path, audience: str, build: str = "b1", shift: int = 0) -> list[int]:
    """Write one audience's file; gives its numbers, every one a count that no other audience has."""
    base, labels = AREAS[audience]
    numbers = iter(range(base + shift + 1, base + shift + 1000))
    about = [
        (
            date(2023, 12, 31),
            date(2024, 1, 15),
            audience,
            build,
            True,
            "SYNTHETIC",
        )
    ]
    names = [("area", lang, label) for lang, label in zip(languages(), labels, strict=True)]
    names += [("source", lang, f"Primero {lang}") for lang in languages()]
    overview = [(indicator, next(numbers)) for indicator in INDICATORS]
    cells = [(month, sex[0], band[0]) for month in _MONTHS for sex in _SEXES[:2] for band in _BANDS]
    registrations = [(*cell, next(numbers)) for cell in cells]
    tables = {
        "about": about,
        "about_label": names,
        "overview": overview,
        "registrations_monthly": registrations,
        "dim_concept": [("sex", sex[0], order) for order, sex in enumerate(_SEXES)],
        "dim_age_band": [(AGE_SYSTEM, code, order) for order, (code, _) in enumerate(_BANDS)],
        "dim_label": [
            ("dimension", "sex", "en", "Sex"),
            *(
                ("sex", code, lang, label)
                for code, *labels in _SEXES
                for lang, label in zip(languages(), labels, strict=True)
            ),
            *((AGE_SYSTEM, code, lang, label) for code, label in _BANDS for lang in languages()),
        ],
        "served_columns": [
            *(("overview", name, kind, False) for name, kind in TABLES["overview"].items()),
            *(("registrations_monthly", name, kind, name == "sex") for name, kind in _REGISTRATIONS.items()),
        ],
    }
    with duckdb.connect(str(folder / f"{audience}.duckdb")) as connection:
        for name, rows in tables.items():
            columns = _REGISTRATIONS if name == "registrations_monthly" else TABLES[name]
            connection.execute(f"create table {name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
            connection.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", rows)
    return [row[-1] for row in [*overview, *registrations]]


@pytest.fixture
def write_serving() -> Callable[..., list[int]]:
    """The function above, for tests that make a second build."""
    return write_serving_file


@pytest.fixture(scope="session")
def _serving_master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    for audience in AREAS:
        write_serving_file(folder, audience)
    return folder


@pytest.fixture
def serving_folder(tmp_path: Path, _serving_master: Path) -> Path:
    """A build's serving folder with the files of the country, Timiș (RO424) and Cluj (RO113)."""
    return Path(shutil.copytree(_serving_master, tmp_path / "builds" / "b1" / "serving"))


@pytest.fixture
def serving_numbers() -> dict[str, list[int]]:
    """Audience -> all numbers that stand in its file of `serving_folder`: 12 of the overview, then 18 cells."""
    return {audience: list(range(base + 1, base + 31)) for audience, (base, _) in AREAS.items()}


@pytest.fixture(scope="session")
def demo_accounts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Accounts, dict[str, str]]:
    """The accounts of the three audiences, and user name -> password."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.json"
    drawn = iter(range(1000))
    passwords = create_demo_accounts(path, AREAS, lambda n: hashlib.sha256(bytes([next(drawn)])).digest()[:n])
    return load_accounts(path), passwords


@pytest.fixture(scope="session")
def store_dsn() -> Iterator[str]:
    """The DSN of one running PostgreSQL for the whole session."""
    with temporary_state() as folder:
        yield server.start(folder / "state", CLUSTER)
