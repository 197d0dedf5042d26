"""A published figure that names what the warehouse does not have is refused by name; without figures there are none."""

import duckdb
import pytest

from case_store.published_figures import PublishedFigure
from pipelines.errors import RunError
from pipelines.warehouse.golden_figures import count_figures

ROLES = {("care_status", "unaccompanied"): ["X1"], ("care_status", "separated"): ["X2", "X3"]}


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.open_cases as select * from (values ('X1', 4), ('X3', 5)) as t(care_status, n)"
    )
    return connection


def figure(**counted: object) -> PublishedFigure:
    said = {"figure": "open", "published": 1, "check": "count", "label": "Open cases", "counted": counted}
    return PublishedFigure.model_validate(said)


def test_a_role_stands_for_every_code_that_has_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    for roles, value in ((["unaccompanied"], 4), (["separated"], 5), (["unaccompanied", "separated"], 9)):
        asked = figure(sum="n", table="open_cases", where={"care_status": roles})
        assert count_figures(warehouse, [asked], ROLES) == {"open": value}


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        ({"sum": "n", "table": "opened"}, "table: opened is not a table of the warehouse; known: open_cases"),
        ({"sum": "children", "table": "open_cases"}, "children is not a column of open_cases; known: care_status, n"),
        (
            {"sum": "n", "table": "open_cases", "where": {"sex": ["male"]}},
            "sex is not a column of open_cases; known: care_status, n",
        ),
        (
            {"sum": "n", "table": "open_cases", "where": {"care_status": ["alone"]}},
            "where.care_status: alone is not a role; known: unaccompanied, separated",
        ),
        (
            {"rows": True, "table": "open_cases", "percent_of": {"sum": "all", "table": "open_cases"}},
            "all is not a column of open_cases",
        ),
    ],
)
def test_what_the_warehouse_does_not_have_is_named(
    warehouse: duckdb.DuckDBPyConnection, counted: dict[str, object], said: str
) -> None:
    with pytest.raises(RunError) as refusal:
        count_figures(warehouse, [figure(**counted)], ROLES)
    assert str(refusal.value).startswith("published_figures.yml: the figure open: ") and said in str(refusal.value)


def test_a_country_without_published_figures_has_none(warehouse: duckdb.DuckDBPyConnection) -> None:
    assert count_figures(warehouse, [], ROLES) == {}
