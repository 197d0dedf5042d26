"""Marts -> the release to protect: every public table's leaf counts, with the levels its margins name."""

from collections.abc import Iterable, Mapping

import duckdb

from anonymization.tables import TOTAL_LEVEL, Dimension, Release, Table
from publications.specification import DimensionSpec, TableSpec

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


def release_of(tables: Iterable[TableSpec], warehouse: duckdb.DuckDBPyConnection, quarter: str) -> Release:
    """All public tables of `quarter` together. `warehouse` holds the marts; a flow counts the quarter's events only."""
    return Release(tuple(_table(spec, warehouse, quarter) for spec in tables))


def _table(spec: TableSpec, warehouse: duckdb.DuckDBPyConnection, quarter: str) -> Table:
    columns = ", ".join(f"{dimension.column} as {name}" for name, dimension in spec.dimensions.items())
    counted = f"select {columns}, sum({spec.measure})::bigint as count from marts.{spec.mart}"
    if spec.period == "flow":
        rows = warehouse.execute(f"{counted} where quarter = $quarter group by all order by all", {"quarter": quarter})
    else:
        rows = warehouse.execute(f"{counted} group by all order by all")
    counts = rows.df()
    dimensions = tuple(_dimension(name, dimension, warehouse) for name, dimension in spec.dimensions.items())
    return Table(spec.id, spec.mart, dimensions, tuple(_margin(margin) for margin in spec.margins), counts)


def _dimension(name: str, spec: DimensionSpec, warehouse: duckdb.DuckDBPyConnection) -> Dimension:
    levels = {level: warehouse.execute(query).fetchall() for level, query in LEVELS[spec.classification].items()}
    return Dimension(
        name,
        {level: {leaf: code for leaf, code in rows if leaf not in spec.without} for level, rows in levels.items()},
    )


def _margin(levels: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(WHOLE_LEVELS.get(level, level) for level in named) for name, named in levels.items()}
