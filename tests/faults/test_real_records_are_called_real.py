"""A small store without the synthetic mark: every file made from it says real, and a store of both kinds is refused."""

import io
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import psycopg
import pytest

from case_store.errors import CaseStoreError
from case_store.profile import load_profile
from pipelines.run.builds import current_build
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_folder import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.leavings import SNAPSHOT
from tests.support.line import AS_OF, RUN, House, write_key
from tests.support.marts_line import settings_for
from tests.support.small_store import CHILDREN, key

CLAIM = re.compile("synthetic|invented|made up|sintetic|inventat|синтетич|вигадан", re.IGNORECASE)
SOURCE = load_profile().data_source
TIME = ReferenceTime(date.fromisoformat(AS_OF), date.fromisoformat(AS_OF), load_profile().time_zone)
UNMARK = "update cases set data = data - %s::text"


def _unmark(dsn: str, where: str = "true") -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"{UNMARK} where {where}", [key("is_synthetic")])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def real(lanes: tuple[House, House], new_store: Callable[[], str]) -> House:
    """A run, and an approved release, of a store whose records bear no mark; the table of the mark is still there."""
    dsn = new_store()
    _unmark(dsn)
    house = lanes[0].begin_anew(dsn)
    for command in (RUN, ("release", "approve", "2023-Q4", "--by", "Ana Munteanu", "--second", "Olena Kovalenko")):
        ended = house.run(*command)
        assert ended.code == 0, ended.printed
    return house


def _publication(house: House) -> Path:
    return house.data / "publications" / "2023-Q4" / "v1"


def test_the_manifest_counts_the_mark(real: House) -> None:
    assert read_manifest(real.data / SNAPSHOT)["records"] == {"synthetic": 0, "real": CHILDREN}


def test_no_public_file_calls_them_synthetic(real: House) -> None:
    files = sorted(path for path in _publication(real).iterdir() if path.suffix != ".xlsx")
    assert len(files) > 6
    for path in files:
        text = path.read_text("utf-8").replace('"synthetic": false', "")
        assert not CLAIM.search(text), path.name
    for name in ("release.json", "metadata.json"):
        assert json.loads((_publication(real) / name).read_text("utf-8"))["synthetic"] is False
    metadata = json.loads((_publication(real) / "metadata.json").read_text("utf-8"))
    assert metadata["source"]["code"] == SOURCE.code
    for language, name in SOURCE.labels.items():
        assert name in metadata["banner"][language] and name in metadata["source"]["name"][language]


@pytest.mark.parametrize("language", SOURCE.labels)
def test_the_workbook_names_the_source_on_every_sheet(real: House, language: str) -> None:
    file = _publication(real) / f"caselight_2023-Q4_{language}.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(file.read_bytes()))
    assert SOURCE.labels[language] in str(book.properties.description)
    for name in book.sheetnames:
        words = " ".join(str(cell.value) for row in book[name].iter_rows() for cell in row if cell.value is not None)
        assert not CLAIM.search(words), name
        assert SOURCE.labels[language] in words, name


def test_each_row_of_the_csv_names_the_source(real: House) -> None:
    for file in _publication(real).glob("*.csv"):
        header, *rows = file.read_text("utf-8").splitlines()
        column = header.split(",").index("DATA_SOURCE")
        assert {row.split(",")[column] for row in rows} == {SOURCE.code}


def test_graph_reports_and_serving_files_say_real(real: House) -> None:
    build = current_build(real.builds)
    for language, name in SOURCE.labels.items():
        picture = (build / f"graph1_{language}.svg").read_text("utf-8")
        assert name.replace("'", "&#x27;") in picture or name in picture
        assert not CLAIM.search(picture)
    for name in ("disclosure_report.html", "disclosure_report.json"):
        assert not CLAIM.search((build / name).read_text("utf-8"))
    for file in (build / "serving").glob("*.duckdb"):
        with duckdb.connect(str(file), read_only=True) as serving:
            said = """select is_synthetic, source_code, label from about, about_label
                where kind = 'source' and language = 'ro'"""
            assert serving.execute(said).fetchall() == [(False, SOURCE.code, SOURCE.labels["ro"])]


@pytest.mark.parametrize(
    "unmarked", ["id = (select min(id::text)::uuid from cases)", "id <> (select min(id::text)::uuid from cases)"]
)
def test_a_store_of_both_kinds_is_refused_and_nothing_is_kept(
    lanes: tuple[House, House], new_store: Callable[[], str], unmarked: str
) -> None:
    dsn = new_store()
    _unmark(dsn, unmarked)
    house = lanes[1].begin_anew(dsn)
    ended = house.run(*RUN)
    assert ended.code != 0
    assert "both kinds of records" in " ".join(ended.printed.split())
    left = [path for folder in ("snapshots", "builds", "drafts") for path in (house.data / folder).rglob("*")]
    assert not [path for path in left if path.is_file()]


@pytest.mark.parametrize("mark", ["1", "0", '"perhaps"', "[true, false]", '{"is": true}', "1.0"])
@pytest.mark.parametrize("of", ["true", "id = (select min(id::text)::uuid from cases)"], ids=["all", "one"])
def test_a_mark_that_says_neither_is_refused(new_store: Callable[[], str], tmp_path: Path, mark: str, of: str) -> None:
    """Not taken for no mark: then invented children that somebody marked with 1 would be published as real."""
    settings = _settings(tmp_path, _marked(new_store(), mark, of))
    with pytest.raises(CaseStoreError, match="neither true nor false"):
        take_snapshot(settings, TIME)
    assert not [path for path in settings.snapshots.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("mark", "are_synthetic"),
    [
        ("true", True),
        ('"true"', True),
        ('"TRUE"', True),
        ("[true]", True),
        ("[]", False),
        ("null", False),
        ("false", False),
        ('"false"', False),
    ],
)
def test_a_mark_as_text_is_read_and_none_is_no_mark(
    new_store: Callable[[], str], tmp_path: Path, mark: str, are_synthetic: bool
) -> None:
    settings = _settings(tmp_path, _marked(new_store(), mark))
    records = read_manifest(take_snapshot(settings, TIME))["records"]
    assert records == {"synthetic": CHILDREN * are_synthetic, "real": CHILDREN * (not are_synthetic)}


@pytest.mark.parametrize("mark", ["null", "false", '"no"'])
def test_one_document_that_does_not_say_so_is_a_mixture(
    new_store: Callable[[], str], tmp_path: Path, mark: str
) -> None:
    settings = _settings(tmp_path, _marked(new_store(), mark, "id = (select min(id::text)::uuid from cases)"))
    with pytest.raises(CaseStoreError, match="both kinds of records"):
        take_snapshot(settings, TIME)


def _settings(folder: Path, dsn: str) -> Settings:
    settings = settings_for(folder, dsn)
    settings.make_data_folder()
    write_key(settings.key_file)
    return settings


def _marked(dsn: str, mark: str, where: str = "true") -> str:
    """The store, with another value of the mark in the documents of these cases."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = f"update cases set data = jsonb_set(data, array[%s::text], %s::jsonb) where {where}"
        connection.execute(query, [key("is_synthetic"), mark])  # type: ignore[arg-type]
    return dsn
