"""Promise: a country unlike the first is seeded, run, published, audited and shown: its profile is all it needs."""

import csv
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import psycopg
import pytest

from case_store.synthetic.record_histories import make_population
from case_store.synthetic.truth import Truth, expected
from dashboards.accounts import create_demo_accounts, load_accounts
from dashboards.app import create_app
from pipelines.run.builds import current_build
from pipelines.serving.page_words import page_words
from tests.support.line import House
from tests.support.profiles import SECOND
from tests.support.searching import Sought, search

CHILDREN, SEED = "900", "7"
DAY, QUARTER = date(2024, 6, 30), "2024-Q2"
THRESHOLD = 5
APPROVAL = ("release", "approve", QUARTER, "--by", "Somchai Jaidee", "--second", "Malee Srisuk")


@pytest.fixture(scope="module")
def house(store_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The whole line by the command line: seeded, run, drafted, approved."""
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("create database second_country")
    dsn = store_dsn.replace("///caselight?", "///second_country?")
    made = House(tmp_path_factory.mktemp("second"), dsn, SECOND.name)
    for command in (
        ("case-store", "seed", "--children", CHILDREN, "--seed", SEED),
        ("run", "--as-of", str(DAY), "--known-at", str(DAY)),
        APPROVAL,
    ):
        ended = made.run(*command)
        assert ended.code == 0, ended.printed
    return made


@pytest.fixture(scope="module")
def truth() -> Truth:
    """What the generator knows of the same children."""
    return expected(make_population(SECOND, int(CHILDREN), int(SEED)), DAY, DAY)


@pytest.fixture(scope="module")
def published(house: House) -> Path:
    return house.data / "publications" / QUARTER / "v1"


def _cells(published: Path, table: str) -> list[dict[str, str]]:
    (file,) = published.glob(f"{table}_*.csv")
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_country_publishes_what_the_generator_knows(published: Path, truth: Truth) -> None:
    (registered,) = [
        cell
        for cell in _cells(published, "T1")
        if cell["REF_AREA"] == SECOND.country and (cell["SEX"], cell["AGE"]) == ("_T", "_T")
    ]
    in_quarter = sum(truth.registrations[month] for month in ("2024-04", "2024-05", "2024-06"))
    assert int(registered["OBS_VALUE"]) == in_quarter
    (alone,) = [
        cell
        for cell in _cells(published, "T4")
        if cell["REF_AREA"] == SECOND.country and {cell[name] for name in ("SEX", "AGE", "CARE_STATUS")} == {"_T"}
    ]
    assert int(alone["OBS_VALUE"]) == truth.open_unaccompanied_separated.total()


def test_its_own_areas_and_age_bands_stand_in_the_files(published: Path) -> None:
    cells = [*_cells(published, "T1"), *_cells(published, "T4")]
    catalogue = SECOND.catalogue
    assert {cell["REF_AREA"] for cell in cells} == {row["area"] for row in catalogue.areas} | {"_U"}
    bands = {row["age_band"] for row in catalogue.age_bands if row["age_system"] == SECOND.headline_ages}
    assert {cell["AGE"] for cell in cells} - {"_T", "_U", "Y_GE18"} == bands


def test_no_small_count_is_published_and_the_release_passed_its_audit(house: House, published: Path) -> None:
    cells = [*_cells(published, "T1"), *_cells(published, "T4")]
    shown = [int(cell["OBS_VALUE"]) for cell in cells if cell["OBS_STATUS"] == "A"]
    assert Counter(cell["OBS_STATUS"] for cell in cells)["Q"] > 0
    assert [count for count in shown if 0 < count < THRESHOLD] == []
    report = json.loads((current_build(house.builds) / "disclosure_report.json").read_text("utf-8"))
    assert report["safe"] is True


@pytest.mark.parametrize("language", SECOND.languages)
def test_the_workbook_speaks_each_language(published: Path, language: str) -> None:
    book = openpyxl.load_workbook(published / f"caselight_{QUARTER}_{language}.xlsx", read_only=True)
    words = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell}
    labels = SECOND.catalogue.labels
    for area in SECOND.catalogue.leaf_areas:
        assert labels["area", area][language] in words
    assert (published / f"caselight_{QUARTER}_hidden_{language}.html").is_file()


def test_a_workbook_in_another_script_holds_no_sentence_in_latin_letters(published: Path) -> None:
    language = SECOND.languages[1]
    book = openpyxl.load_workbook(published / f"caselight_{QUARTER}_{language}.xlsx", read_only=True)
    words = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell}
    assert [text for text in words if re.search(r"[A-Za-z]{3,} [a-z]{3,}", text)] == []


def within(counts: Counter[str], area: str) -> int:
    """Counts of the finest level, summed for an area above it."""
    parents = {row["area"]: row["parent"] for row in SECOND.catalogue.areas}
    return sum(count for leaf, count in counts.items() if area in (leaf, parents.get(leaf)))


def test_each_coordinator_has_a_file_with_the_exact_counts_of_an_area_above_the_finest(
    house: House, truth: Truth
) -> None:
    folder, areas = current_build(house.builds) / "serving", SECOND.catalogue.coordinated_areas
    assert not {*areas} & {*SECOND.catalogue.leaf_areas} and len(areas) > 1
    assert {file.stem for file in folder.glob("*.duckdb")} == {"national", *areas}
    for area in areas:
        assert _overview(folder / f"{area}.duckdb")["registered"] == within(truth.residence, area) > 0
    whole = _overview(folder / "national.duckdb")
    assert (whole["registered"], whole["closed"]) == (truth.loaded, truth.closed)
    assert (whole["with_concern"], whole["caregivers"]) == (truth.with_concern, truth.caregivers)


def _overview(file: Path) -> dict[str, int]:
    with duckdb.connect(str(file), read_only=True) as serving:
        return dict(serving.execute("select indicator, value from overview").fetchall())


def test_what_is_not_asked_is_refused_by_name_and_no_golden_table_is_made(house: House) -> None:
    ended = house.run("golden")
    assert (ended.code, "has published no figures" in ended.printed) == (0, True), ended.printed
    report = json.loads((current_build(house.builds) / "absent_columns.json").read_text("utf-8"))
    assert "case.intention" in report


def test_the_same_again_changes_nothing(house: House) -> None:
    again = house.run("case-store", "seed", "--children", CHILDREN, "--seed", SEED)
    assert (again.code, "already" in again.printed) == (0, True), again.printed


def test_a_coordinator_signs_in_and_reads_the_pages_of_one_province(house: House, tmp_path: Path, truth: Truth) -> None:
    area = SECOND.catalogue.coordinated_areas[0]
    serving = current_build(house.builds) / "serving"
    passwords = create_demo_accounts(tmp_path / "accounts.json", [area], lambda size: bytes(size))
    app = create_app(lambda: serving, load_accounts(tmp_path / "accounts.json"), bytes(32))
    client = app.server.test_client()
    form = re.search(r'name="form" value="([^"]+)"', client.get("/sign-in").text)
    assert form
    user, password = next(iter(passwords.items()))
    client.post("/sign-in", data={"user": user, "password": password, "form": form[1]})
    rows = list(csv.DictReader(client.get("/registrations.csv?lang=en").text.lstrip("\ufeff").splitlines()))
    assert {row["area"] for row in rows} == {SECOND.catalogue.labels["area", area]["en"]}
    assert sum(int(row["children"]) for row in rows) == within(truth.residence_at_registration, area)
    words = page_words(SECOND)
    for language in SECOND.languages:
        page = client.post("/_dash-update-component", json=PAGE | {"inputs": _inputs("/", f"?lang={language}")}).json
        shown = json.dumps(page, ensure_ascii=False)
        assert SECOND.catalogue.labels["area", area][language] in shown
        for key in ("title_overview", "tile_registered", "sign_out", "banner"):
            assert words[key][language] in shown, key
        assert words["sign_in_text"][language] in client.get(f"/sign-in?lang={language}").text
    unknown = client.post("/_dash-update-component", json=PAGE | {"inputs": _inputs("/", "?lang=ro")}).json
    assert words["ignored"][SECOND.languages[0]] in json.dumps(unknown, ensure_ascii=False)


def test_no_name_number_or_address_leaves_the_store_in_whatever_script(house: House) -> None:
    form = SECOND.table("form").to_pylist()
    identifying = {"name", "case_id", *(row["field"] for row in form if row["sensitivity"] == "direct_identifier")}
    with psycopg.connect(house.dsn) as connection:
        documents = [data for (data,) in connection.execute("select data from cases order by id limit 60").fetchall()]
    family = [row for document in documents for row in document.get(SECOND.subform("family")) or ()]
    values = {row[name] for row in (*documents, *family) for name in identifying & row.keys()}
    sought = Sought(frozenset(), frozenset(value for value in values if isinstance(value, str) and len(value) > 12))
    assert len(sought.identifiers) > 200
    assert search(house.root, sought, {}) == {}


PAGE = {"output": "page.children", "outputs": {"id": "page", "property": "children"}, "changedPropIds": []}


def _inputs(path: str, search: str) -> list[dict[str, str]]:
    values = {"pathname": path, "search": search}
    return [{"id": "address", "property": name, "value": value} for name, value in values.items()]
