"""Serving files hold what the pages read, and of one audience only."""

import shutil
from datetime import date

import duckdb
import pytest

from case_store.profile import load_profile
from dashboards import app, data
from dashboards.address import Address
from dashboards.errors import DashboardError
from dashboards.page_texts import Words
from dashboards.pages.overview import INDICATORS
from dashboards.pages.registrations import csv_rows, registrations
from dashboards.serving_contract import NATIONAL, TABLES, check_served
from pipelines.errors import RunError
from pipelines.run.reference_time import ReferenceTime
from pipelines.serving.graph_picture import draw_graph_1
from pipelines.serving.served_tables import PAGES, served_tables
from pipelines.serving.serving_files import write_serving
from pipelines.warehouse.warehouse_file import open_warehouse
from tests.support.marts_line import build_marts

CHILDREN, SEED = 2_500, 12
DAY = date(2023, 12, 31)


@pytest.fixture(scope="module")
def build(seeded_store, tmp_path_factory):
    made = build_marts(tmp_path_factory.mktemp("line"), seeded_store(CHILDREN, SEED), DAY, DAY)
    write_serving(made, "b1", ReferenceTime(DAY, DAY, load_profile().time_zone), load_profile())
    return made


def _read(file, query):
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def _files(build):
    return {file.stem: file for file in (build / "serving").glob("*.duckdb")}


def test_there_is_one_file_for_the_country_and_each_county(build):
    with open_warehouse(build) as warehouse:
        counties = warehouse.execute("select area from marts.dim_area where area_level = 'COUNTY'").fetchall()
    assert set(_files(build)) == {NATIONAL, *(county for (county,) in counties)}
    assert len(counties) == 42
    assert {file.stat().st_mode & 0o777 for file in _files(build).values()} == {0o600}


def test_every_file_has_the_tables_and_types_that_the_pages_read(build):
    columns = "select table_name, column_name, data_type from information_schema.columns"
    for file in _files(build).values():
        found = {}
        for table, column, kind in _read(file, columns):
            found.setdefault(table, {})[column] = kind
        assert set(found) == set(TABLES)
        assert all(columns.items() <= found[table].items() for table, columns in TABLES.items())


def test_every_audience_reads_its_own_figures_only(build):
    files = _files(build)
    overview = {a: dict(_read(file, "from overview")) for a, file in files.items()}
    monthly = {a: set(_read(file, "from registrations_monthly")) for a, file in files.items()}
    with open_warehouse(build) as warehouse:
        for audience, figures in overview.items():
            assert set(figures) == set(INDICATORS)
            where = "true" if audience == NATIONAL else f"county = '{audience}'"
            opened = warehouse.execute(
                f"select coalesce(sum(children), 0) from marts.open_cases where {where}"
            ).fetchone()
            months = warehouse.execute(
                f"""select month, sex, headline_band, sum(children)::bigint from marts.registrations
                inner join marts.dim_age using (age) where {where} group by all"""
            ).fetchall()
            assert figures["open"] == int(opened[0])
            assert monthly[audience] == set(months)
            assert _read(files[audience], "select audience, as_of, known_at, build from about") == [
                (audience, DAY, DAY, "b1")
            ]
    assert overview[NATIONAL]["registered"] == CHILDREN


def test_graph_1_shows_every_month_since_the_launch(build):
    assert draw_graph_1(build, load_profile()) == ["graph1_en.svg", "graph1_ro.svg", "graph1_uk.svg"]
    picture = (build / "graph1_en.svg").read_text("utf-8")
    assert "2022-07" in picture
    assert "2023-12" in picture
    assert "2024-01" not in picture


def _declared(folder, old, new):
    """A copy of the pages' passports in which the registrations page's says something else."""
    shutil.copytree(PAGES, folder)
    file = folder / "registrations_monthly.yml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    return folder


def test_a_column_of_a_mart_declared_as_a_filter_is_served_and_offered(build, tmp_path):
    """Nothing is edited but the mart and its passport: the page offers the filter, and its CSV has the column."""
    copied = shutil.copytree(build, tmp_path / "build")
    with duckdb.connect(str(copied / "warehouse.duckdb")) as warehouse:
        warehouse.execute("""create or replace table marts.registrations_monthly as
            select 'national' as audience, month, sex, care_status, headline_band as age_band,
                sum(children)::bigint as children
            from marts.registrations inner join marts.dim_age using (age) group by all""")
    pages = _declared(tmp_path / "pages", "filters: [sex]", "filters: [sex, care_status]")
    _named = (pages / "registrations_monthly.yml").read_text("utf-8")
    column = "      - {name: care_status, data_type: varchar, description: Care status.}\n"
    (pages / "registrations_monthly.yml").write_text(
        _named.replace("      - name: age_band\n", column + "      - name: age_band\n"), "utf-8"
    )
    write_serving(copied, "b2", ReferenceTime(DAY, DAY, load_profile().time_zone), load_profile(), pages)
    with data.open_serving(copied / "serving", NATIONAL) as connection:
        about = data.about(connection, NATIONAL)
        figures = app._registrations(connection, "en")
    assert list(figures.filters) == ["sex", "care_status"]
    (code, label), *_ = figures.filters["care_status"].choices.items()
    page = str(registrations(figures, Address("en", {"care_status": code}), about))
    assert f"Care status: {label}" in page and f"care_status={code}" in page
    assert {"care_status", "care_status_label"} <= set(csv_rows(figures, about, Words("en")).columns)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("filters: [sex]", "filters: [gender]", "filters: 'gender' .*known columns: month, sex, age_band"),
        ("filters: [sex]", "filter: [sex]", "needs audience, measures, filters"),
        ("measures: [children]", "measures: [child]", "measures: 'child' .*known columns"),
        ("audience: audience", "audience: area", "audience: 'area' .*known columns"),
        ("filters: [sex]", "filters: [sex, sex]", "lists sex twice"),
    ],
)
def test_a_passport_that_declares_what_is_not_there_is_refused(tmp_path, old, new, told):
    with pytest.raises(RunError, match=rf"registrations_monthly\.yml: .*{told}"):
        served_tables(_declared(tmp_path / "pages", old, new))


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ("drop table dim_label", r"dim_label\.classification of type VARCHAR"),
        ("alter table registrations_monthly drop sex", r"registrations_monthly\.sex of type VARCHAR"),
        ("alter table overview alter value type double", r"overview\.value of type BIGINT"),
    ],
)
def test_a_serving_file_that_lacks_what_it_should_hold_is_refused(build, tmp_path, spoilt, told):
    file = shutil.copyfile(_files(build)[NATIONAL], tmp_path / "national.duckdb")
    with duckdb.connect(str(file)) as connection:
        check_served(connection, NATIONAL)
        connection.execute(spoilt)
        with pytest.raises(DashboardError, match=told):
            check_served(connection, NATIONAL)
