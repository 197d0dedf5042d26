"""Marts -> the release to protect: public tables with the levels their margins name, and leaf counts by population."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pandas as pd

from anonymization.disclosure.ledger.editions import Timing
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Dimension, Release, Table, TableSet
from anonymization.errors import DisclosureError
from pipelines.release.populations import refuse_same_children
from pipelines.warehouse.not_asked import public_tables
from pipelines.warehouse.warehouse_file import open_warehouse
from publications.public_tables import DimensionSpec, TableSpec

# how each classification's levels are made from its leaf codes: level -> query of (leaf, code)
LEVELS: Mapping[str, Mapping[str, str]] = {
    "area": {
        "COUNTY": "select area, area from marts.dim_area where area_level in ('COUNTY', 'UNKNOWN') order by sort_order",
        "NUTS2": """select area, case when area_level = 'UNKNOWN' then area else parent_area end
            from marts.dim_area where area_level in ('COUNTY', 'UNKNOWN') order by sort_order""",
    },
    "seed3": {"SEED3": "select age, seed3 from marts.dim_age order by sort_order, age"},
    "sex": {
        "SEX": "select code, code from marts.dim_concept where dimension = 'sex' and code <> '_T' order by sort_order"
    },
    "care_status": {
        "CARE_STATUS": """select code, code from marts.dim_concept
            where dimension = 'care_status' and code in ('UNACC', 'SEP') order by sort_order"""
    },
}
# a level that holds the whole population is the total
WHOLE_LEVELS = {"COUNTRY": TOTAL_LEVEL}
SINCE_LAUNCH = "_since_launch"  # ends the name of a population that is counted since then


def release_in(build: Path, quarter: str) -> Release:
    """The public tables of `quarter` that its deployment can have, from the marts of a build; else as `release_of`."""
    with open_warehouse(build) as warehouse:
        return release_of(public_tables(build).made, warehouse, quarter)


def refused_in(build: Path) -> tuple[Table, ...]:
    """The public tables that the deployment of a build cannot have, as definitions: of them nothing is counted."""
    with open_warehouse(build) as warehouse:
        return tuple(_table(one.spec, warehouse) for one in public_tables(build).refused)


def release_of(specs: Iterable[TableSpec], warehouse: duckdb.DuckDBPyConnection, quarter: str) -> Release:
    """All public tables of `quarter` together, and one frame of leaf counts for each population.

    `warehouse` holds the marts. Raises DisclosureError when two tables of one population read a dimension from two
    columns, or count two measures: they would pass for the same persons; and when two marts count the same persons:
    they would pass for others.
    """
    specs = tuple(specs)
    refuse_same_children(specs)
    by_population: dict[str, list[TableSpec]] = {}
    for spec in specs:
        by_population.setdefault(population_of(spec), []).append(spec)
    tables = [_table(spec, warehouse) for members in by_population.values() for spec in members]
    counts = {name: _counts(name, members, warehouse, quarter) for name, members in by_population.items()}
    return Release(TableSet(tuple(tables)), counts)


def timings_of(specs: Iterable[TableSpec]) -> dict[str, Timing]:
    """How each population's quarters hang together; a flow of a mart is what its total since the launch grows by."""
    periods = {population_of(spec): spec for spec in specs}
    return {
        population: Timing(spec.period, spec.mart if spec.period == "cumulative" and spec.mart in periods else "")
        for population, spec in periods.items()
    }


def population_of(spec: TableSpec) -> str:
    """What a table counts: its mart's persons, of the quarter or of the day, or everyone since the launch."""
    return f"{spec.mart}{SINCE_LAUNCH}" if spec.period == "cumulative" else spec.mart


def mart_of(population: str) -> str:
    """The mart that a population of `population_of` is counted in."""
    return population.removesuffix(SINCE_LAUNCH)


def _counts(
    population: str, members: list[TableSpec], warehouse: duckdb.DuckDBPyConnection, quarter: str
) -> pd.DataFrame:
    columns = {name: dimension.column for spec in members for name, dimension in spec.dimensions.items()}
    sources = {(spec.mart, spec.measure, spec.period) for spec in members}
    agree = all(columns[name] == d.column for spec in members for name, d in spec.dimensions.items())
    if len(sources) > 1 or not agree:
        raise DisclosureError(
            f"The tables of {population} do not count the same: give them one measure, one column each."
        )
    (mart, measure, period) = sources.pop()
    chosen = ", ".join(f"{column} as {name}" for name, column in columns.items())
    events = "where quarter = $quarter" if period == "flow" else ""
    query = f"select {chosen}, sum({measure})::bigint as count from marts.{mart} {events} group by all order by all"
    return warehouse.execute(query, {"quarter": quarter} if events else {}).df()


def _table(spec: TableSpec, warehouse: duckdb.DuckDBPyConnection) -> Table:
    dimensions = tuple(_dimension(name, dimension, warehouse) for name, dimension in spec.dimensions.items())
    return Table(spec.id, population_of(spec), dimensions, tuple(_margin(margin) for margin in spec.margins))


def _dimension(name: str, spec: DimensionSpec, warehouse: duckdb.DuckDBPyConnection) -> Dimension:
    if spec.classification not in LEVELS:
        raise DisclosureError(
            f"The dimension {name} is classified by {spec.classification}, whose levels nobody says how to make; add "
            f"it to LEVELS in pipelines/release/tabulation.py. Known there: {', '.join(LEVELS)}."
        )
    levels = {level: warehouse.execute(query).fetchall() for level, query in LEVELS[spec.classification].items()}
    return Dimension(
        name,
        {level: {leaf: code for leaf, code in rows if leaf not in spec.without} for level, rows in levels.items()},
    )


def _margin(levels: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(WHOLE_LEVELS.get(level, level) for level in named) for name, named in levels.items()}
