"""Serving files hold what the pages read, and of one audience only."""

from datetime import date

import duckdb
import pytest

from case_store.profile import load_profile
from dashboards.serving_contract import INDICATORS, NATIONAL, TABLES
from pipelines.run.reference_time import ReferenceTime
from pipelines.serving.graph_picture import draw_graph_1
from pipelines.serving.serving_files import write_serving
from pipelines.warehouse.warehouse_file import open_warehouse
from tests.support.marts_line import build_marts

CHILDREN, SEED = 2_500, 12
DAY = date(2023, 12, 31)


@pytest.fixture(scope="module")
def build(seeded_store, tmp_path_factory):
    made = build_marts(tmp_path_factory.mktemp("line"), seeded_store(CHILDREN, SEED), DAY, DAY)
    write_serving(made, "b1", ReferenceTime(DAY, DAY, load_profile().time_zone))
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
        assert found == TABLES


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
                f"""select month, sex, seed3, sum(children)::bigint from marts.registrations
                inner join marts.dim_age using (age) where {where} group by all"""
            ).fetchall()
            assert figures["open"] == int(opened[0])
            assert monthly[audience] == set(months)
            assert _read(files[audience], "select audience, as_of, known_at, build from about") == [
                (audience, DAY, DAY, "b1")
            ]
    assert overview[NATIONAL]["registered"] == CHILDREN


def test_graph_1_shows_every_month_since_the_launch(build):
    assert draw_graph_1(build) == ["graph1_en.svg", "graph1_ro.svg", "graph1_uk.svg"]
    picture = (build / "graph1_en.svg").read_text("utf-8")
    assert "2022-07" in picture
    assert "2023-12" in picture
    assert "2024-01" not in picture
