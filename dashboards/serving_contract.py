"""What these pages name in a serving file; more tables and columns may be in it, which it describes itself.

The file is written by the pipeline as `<serving folder>/<audience>.duckdb`. `served_columns` in it says which tables,
columns, types and filters it holds, as declared beside each mart; a page offers whatever filters are declared there.
"""

import duckdb

from dashboards.errors import DashboardError

NATIONAL = "national"

TABLES: dict[str, dict[str, str]] = {
    "about": {
        "as_of": "DATE",
        "known_at": "DATE",
        "audience": "VARCHAR",
        "build": "VARCHAR",
        "is_synthetic": "BOOLEAN",
        "source_code": "VARCHAR",
    },
    "about_label": {"kind": "VARCHAR", "language": "VARCHAR", "label": "VARCHAR"},
    "overview": {"indicator": "VARCHAR", "value": "BIGINT"},
    "registrations_monthly": {"month": "VARCHAR", "age_band": "VARCHAR", "children": "BIGINT"},
    "dim_concept": {"dimension": "VARCHAR", "code": "VARCHAR", "sort_order": "INTEGER"},
    "dim_age_band": {"age_system": "VARCHAR", "age_band": "VARCHAR", "sort_order": "INTEGER"},
    "dim_label": {"classification": "VARCHAR", "code": "VARCHAR", "language": "VARCHAR", "label": "VARCHAR"},
    "served_columns": {
        "table_name": "VARCHAR",
        "column_name": "VARCHAR",
        "data_type": "VARCHAR",
        "is_filter": "BOOLEAN",
    },
}
"""Table -> column -> DuckDB type."""


def check_served(connection: duckdb.DuckDBPyConnection, audience: str) -> None:
    """Raises DashboardError naming the first column that is missing, or of another type.

    Looked for is what these pages name, and what the file says that it holds.
    """
    query = "select table_name, column_name, data_type from duckdb_columns() where not internal"
    found = {(table, column): kind for table, column, kind in connection.execute(query).fetchall()}
    needed = {(table, column): kind for table, columns in TABLES.items() for column, kind in columns.items()}
    _compare(needed, found, audience)
    said = connection.execute("select table_name, column_name, data_type from served_columns").fetchall()
    _compare({(table, column): kind for table, column, kind in said}, found, audience)


def _compare(needed: dict[tuple[str, str], str], found: dict[tuple[str, str], str], audience: str) -> None:
    for (table, column), kind in needed.items():
        if found.get((table, column)) != kind:
            raise DashboardError(
                f"The serving file of {audience} has no column {table}.{column} of type {kind}. Run the pipeline again."
            )
