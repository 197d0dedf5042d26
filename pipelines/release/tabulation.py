"""Marts -> the release to protect: public tables with the levels their margins name, and leaf counts by population."""

from collections.abc import Collection, Iterable, Mapping
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

SINCE_LAUNCH = "_since_launch"  # ends the name of a population that is counted since then


def release_in(build: Path, quarter: str) -> Release:
    """The public tables of `quarter` that its deployment can have, from the marts of a build; else as `release_of`."""
    with open_warehouse(build) as warehouse:
        return release_of(public_tables(build).made, warehouse, quarter)


def refused_in(build: Path) -> tuple[Table, ...]:
    """The public tables that the deployment of a build cannot have, as definitions: of them nothing is counted."""
    with open_warehouse(build) as warehouse:
        return tuple(_table(one.spec, warehouse) for one in public_tables(build).refused)


def coordinated_level(build: Path) -> str:
    """The level of areas at which the coordinators of a build's deployment work."""
    query = "select level from marts.dim_level where classification = 'area' and is_coordinated"
    with open_warehouse(build) as warehouse:
        ((level,),) = warehouse.execute(query).fetchall()
    return str(level)


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
    whole = _whole_levels(warehouse)
    return Table(spec.id, population_of(spec), dimensions, tuple(_margin(margin, whole) for margin in spec.margins))


def _dimension(name: str, spec: DimensionSpec, warehouse: duckdb.DuckDBPyConnection) -> Dimension:
    """The levels of a dimension but the whole, from the catalogue that came with the snapshot."""
    rows = warehouse.execute(
        """select level, leaf, code from marts.dim_level_code inner join marts.dim_level using (classification, level)
        where classification = $classification order by rank desc, sort_order, leaf""",
        {"classification": spec.classification},
    ).fetchall()
    if not rows:
        known = warehouse.execute("select distinct classification from marts.dim_level order by all").fetchall()
        raise DisclosureError(
            f"The dimension {name} is classified by {spec.classification}, which the profile's catalogue does not "
            f"have; known: {', '.join(one for (one,) in known)}."
        )
    levels: dict[str, dict[str, str]] = {level: {} for level, _, _ in rows}
    possible = _with_roles(spec, warehouse)
    for level, leaf, code in rows:
        if leaf not in spec.without and (possible is None or leaf in possible):
            levels[level][leaf] = code
    return Dimension(name, levels)


def _with_roles(spec: DimensionSpec, warehouse: duckdb.DuckDBPyConnection) -> set[str] | None:
    """The concepts with the roles that the population can have; None where it can have any."""
    if not spec.only:
        return None
    rows = warehouse.execute(
        "select code from marts.dim_concept where dimension = $classification and list_contains($only, role)",
        {"classification": spec.classification, "only": list(spec.only)},
    ).fetchall()
    return {code for (code,) in rows}


def _whole_levels(warehouse: duckdb.DuckDBPyConnection) -> frozenset[str]:
    rows = warehouse.execute("select distinct level from marts.dim_level where is_whole").fetchall()
    return frozenset(level for (level,) in rows)


def _margin(levels: Mapping[str, Iterable[str]], whole: Collection[str]) -> dict[str, tuple[str, ...]]:
    """A level that holds the whole population is the total."""
    return {name: tuple(TOTAL_LEVEL if level in whole else level for level in named) for name, named in levels.items()}
