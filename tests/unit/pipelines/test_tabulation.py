"""From marts to the release: one frame of leaf counts a population, and how its quarters hang together."""

from collections.abc import Iterator

import duckdb
import pytest

from anonymization.disclosure.ledger.editions import Timing
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.errors import DisclosureError
from pipelines.release.tabulation import release_of, timings_of
from tests.support.tables_by_id import table, tables


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute("""create table marts.dim_level as from (values
            ('area', 'COUNTRY', 0, true), ('area', 'REGION', 1, false), ('area', 'COUNTY', 2, false),
            ('seed3', 'TOTAL', 0, true), ('seed3', 'SEED3', 1, false), ('sex', 'TOTAL', 0, true),
            ('sex', 'SEX', 1, false), ('care_status', 'TOTAL', 0, true), ('care_status', 'CARE_STATUS', 1, false))
            t(classification, level, rank, is_whole)""")
        connection.execute("""create table marts.dim_level_code as from (values
            ('area', 'REGION', 'RO421', 'RO42', 1), ('area', 'REGION', 'RO424', 'RO42', 2),
            ('area', 'REGION', 'RO321', 'RO32', 3), ('area', 'REGION', '_U', '_U', 4),
            ('area', 'COUNTY', 'RO421', 'RO421', 1), ('area', 'COUNTY', 'RO424', 'RO424', 2),
            ('area', 'COUNTY', 'RO321', 'RO321', 3), ('area', 'COUNTY', '_U', '_U', 4),
            ('seed3', 'SEED3', 'Y3', 'Y0T5', 3), ('seed3', 'SEED3', 'Y7', 'Y6T13', 7),
            ('seed3', 'SEED3', 'Y_GE18', 'Y_GE18', 99), ('sex', 'SEX', 'F', 'F', 1), ('sex', 'SEX', 'M', 'M', 2),
            ('care_status', 'CARE_STATUS', 'UNACC', 'UNACC', 1), ('care_status', 'CARE_STATUS', 'SEP', 'SEP', 2),
            ('care_status', 'CARE_STATUS', 'ACC', 'ACC', 3))
            t(classification, level, leaf, code, sort_order)""")
        connection.execute("""create table marts.dim_concept as from (values
            ('care_status', 'UNACC', 'unaccompanied'), ('care_status', 'SEP', 'separated'),
            ('care_status', 'ACC', null))
            t(dimension, code, role)""")
        connection.execute("""create table marts.registrations as from (values
            ('2023-Q3', 'RO421', 'RO321', 'Y3', 'F', 4), ('2023-Q4', 'RO421', 'RO321', 'Y3', 'F', 2),
            ('2023-Q4', 'RO424', 'RO321', 'Y7', 'M', 7), ('2023-Q4', 'RO424', 'RO421', 'Y7', 'M', 1))
            t(quarter, county, owner_county, age, sex, children)""")
        connection.execute("""create table marts.unaccompanied_separated as from (values
            ('RO421', 'Y3', 'F', 'SEP', 3), ('_U', 'Y_GE18', 'M', 'UNACC', 5))
            t(county, age, sex, care_status, children)""")
        yield connection


def test_the_public_tables_count_two_populations(warehouse: duckdb.DuckDBPyConnection) -> None:
    release = release_of(tables("T1", "T4"), warehouse, "2023-Q4")
    assert [*release.counts] == ["registrations", "unaccompanied_separated"]
    counts = release.counts["registrations"]
    assert [*counts.columns] == ["area", "age", "sex", "count"]
    assert counts["count"].tolist() == [2, 8]  # of the quarter only; two owners' counties are one leaf
    assert release.counts["unaccompanied_separated"]["count"].sum() == 8
    model = build_model(release.table_set)
    true = model.cells @ model.tabulate(release)
    rows = model.rows.assign(count=true[model.rows["cell"]]).set_index(
        ["table_id", "area", "age", "sex", "care_status"]
    )
    assert rows.loc[("T1", "RO42", "Y0T5", "F", "_T"), "count"] == 2
    assert rows.loc[("T4", "_T", "Y_GE18", "M", "UNACC"), "count"] == 5


def test_a_flow_a_stock_and_a_total_are_told_apart() -> None:
    assert timings_of(tables("T1", "T4")) == {
        "registrations": Timing("flow"),
        "unaccompanied_separated": Timing("stock"),
    }
    total = table("T1", id="T2", period="cumulative")
    assert timings_of((*tables("T1", "T4"), total))["registrations_since_launch"] == Timing(
        "cumulative", "registrations"
    )
    assert timings_of((total,)) == {"registrations_since_launch": Timing("cumulative")}


def test_a_total_since_the_launch_counts_every_quarter(warehouse: duckdb.DuckDBPyConnection) -> None:
    release = release_of((table("T1"), table("T1", id="T2", period="cumulative")), warehouse, "2023-Q4")
    assert {name: counts["count"].sum() for name, counts in release.counts.items()} == {
        "registrations": 10,
        "registrations_since_launch": 14,
    }


def test_one_population_is_read_from_one_column_and_counts_one_measure(warehouse: duckdb.DuckDBPyConnection) -> None:
    area = table("T1").dimensions["area"].model_copy(update={"column": "owner_county"})
    other = table("T1", id="T2", dimensions={**table("T1").dimensions, "area": area})
    for wrong in (other, table("T1", id="T2", measure="age")):
        with pytest.raises(DisclosureError, match="tables of registrations do not count the same"):
            release_of((table("T1"), wrong), warehouse, "2023-Q4")
