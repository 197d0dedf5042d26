"""dbt's own unit tests of the calculations, run by dbt over a tiny snapshot; and what a finished warehouse is like."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.support.snapshot_factory import CATALOGUE, SCHEMAS, reference_rows, write_snapshot
from tests.support.warehouse_project import PROJECT, run_dbt

AS_OF = date(2023, 12, 31)
CASES = {
    "cases": [
        {"case_pseudonym": "boy", "registration_date": date(2022, 8, 3), "sex": "src_m", "age_at_registration": 4},
        {"case_pseudonym": "girl", "registration_date": AS_OF, "sex": "src_f", "age_at_registration": 17},
    ],
    "case_states": [
        {"case_pseudonym": "boy", "field": "residence", "value": "RO424", "since": date(2022, 8, 3), "entry_no": 0}
    ],
    "follow_ups": [{"case_pseudonym": "boy", "follow_up_pseudonym": "f", "due_date": date(2023, 1, 1)}],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("warehouse")


@pytest.fixture(scope="module")
def built(folder: Path) -> list[Any]:
    """The node results of one `dbt build`, unit tests included."""
    snapshot = write_snapshot(folder / "snapshot", reference_rows(AS_OF, AS_OF) | CASES)
    return list(run_dbt(folder, snapshot, "build"))


def test_every_node_succeeds(built: list[Any]) -> None:
    failed = {r.node.name: r.message for r in built if r.status not in ("success", "pass")}
    assert not failed


def test_every_declared_unit_test_ran(built: list[Any]) -> None:
    declared = "".join(file.read_text() for file in (PROJECT / "models").rglob("*.yml"))
    names = set(
        re.findall(r"^  - name: (\w+)\n(?:    description:.*\n(?:      .*\n)*)?    model:", declared, re.MULTILINE)
    )
    ran = {result.node.name for result in built if result.node.resource_type == "unit_test"}
    assert ran == names and len(names) >= 8


def test_a_run_of_the_demo_stays_small(built: list[Any]) -> None:
    """About 40 ms a node: the design allows a run 60 nodes."""
    assert len([result for result in built if result.node.resource_type != "unit_test"]) <= 60


@pytest.fixture
def warehouse(built: list[Any], folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        yield connection


def test_the_warehouse_stands_alone(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The snapshot is gone and every table can still be read."""
    assert warehouse.execute("select count(*) from duckdb_views() where not internal").fetchone() == (0,)
    assert warehouse.execute("select count(*) from duckdb_schemas() where schema_name = 'snapshot'").fetchone() == (0,)
    for schema, table in warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall():
        assert warehouse.execute(f"from {schema}.{table}").fetchall() is not None


def test_areas_are_the_country_eight_regions_and_42_counties(warehouse: duckdb.DuckDBPyConnection) -> None:
    levels = "select area_level, count(*), count(distinct iso_3166_2) from marts.dim_area group by 1 order by 1"
    assert warehouse.execute(levels).fetchall() == [
        ("COUNTRY", 1, 0),
        ("COUNTY", 42, 42),
        ("REGION", 8, 0),
        ("UNKNOWN", 1, 0),
    ]
    orphans = "select area from marts.dim_area a where parent_area not in (select area from marts.dim_area)"
    assert warehouse.execute(orphans).fetchall() == []


def test_every_age_system_covers_every_year_once(warehouse: duckdb.DuckDBPyConnection) -> None:
    counted = """
        select classification, count(distinct leaf) as years
        from marts.dim_level_code where leaf similar to 'Y[0-9]+' group by 1 having years <> 18"""
    assert warehouse.execute(counted).fetchall() == []


def test_no_romanian_name_has_a_cedilla(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert (
        warehouse.execute(
            "select code from marts.dim_label where language = 'ro' and regexp_matches(label, '[şţŞŢ]')"
        ).fetchall()
        == []
    )


def test_another_snapshot_needs_no_new_parse(built: list[Any], folder: Path) -> None:
    """What makes a second run in one process cheap: the snapshot and the day are no part of what dbt has parsed."""
    heard: set[str] = set()
    (folder / "warehouse.duckdb").unlink()
    snapshot = write_snapshot(folder / "another", reference_rows(date(2023, 9, 30), AS_OF) | CASES)
    run_dbt(folder, snapshot, "run", "--select", "dim_run", heard=heard)
    assert "PartialParsingSkipParsing" in heard
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as second:
        assert second.execute("select as_of from marts.dim_run").fetchone() == (date(2023, 9, 30),)


def test_every_source_of_the_project_is_in_the_factory() -> None:
    named = re.findall(r"^      - name: (\w+)", (PROJECT / "models/staging/_sources.yml").read_text(), re.MULTILINE)
    assert set(named) <= {*SCHEMAS, *CATALOGUE}
