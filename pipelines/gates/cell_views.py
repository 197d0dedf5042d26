"""What the rules of codes and cells read: views over every coded column of the cases, and over every indicator.

Columns are read from the tables themselves, so a field that a profile adds and an indicator that is dropped into its
folder are judged without a word here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb

Columns = Mapping[str, Mapping[str, str]]  # table -> column -> type
TEXT, TRUTH, NUMBERS = ("VARCHAR",), ("BOOLEAN",), ("BIGINT", "INTEGER", "HUGEINT")
NOTHING = {
    "cell_counts": "select '' as mart, '' as column_name, 0 as n where false",
    "cell_keys": "select '' as mart, false as has_null, 0 as cells where false",
    "cell_values": "select '' as mart, '' as column_name, '' as value, 0 as cells where false",
    "cell_months": "select '' as mart, '' as month, '' as quarter where false",
}


def create_case_codes(connection: duckdb.DuckDBPyConnection, fields: Sequence[Mapping[str, Any]]) -> None:
    """`snapshot.case_codes`: column_name, code, records of each coded column that `snapshot.cases` holds.

    fields: rows of ref_fields.
    """
    held = _columns(connection, "snapshot").get("cases", {})
    coded = [one for one in fields if one["section"] == "case" and one["type"] in ("code", "codes")]
    counts = [
        f"""select '{one["column_name"]}' as column_name, code, count(*) as records
        from (select {_codes_in(one)} as code from snapshot.cases) group by code"""
        for one in coded
        if one["column_name"] in held
    ]
    nothing = "select '' as column_name, '' as code, 0 as records where false"
    connection.execute(f"create view snapshot.case_codes as {_all(counts, nothing)}")


def create_cell_views(connection: duckdb.DuckDBPyConnection, indicators: Collection[str]) -> None:
    """`marts.cell_counts`, `cell_keys`, `cell_values` and `cell_months` over these tables of the schema marts."""
    columns = _columns(connection, "marts")
    marts = {mart: columns[mart] for mart in sorted(indicators) if mart in columns}
    made = {
        "cell_counts": [
            f"select '{mart}' as mart, '{name}' as column_name, {name} as n from marts.{mart}"
            for mart, found in marts.items()
            for name in _of(found, NUMBERS)
        ],
        "cell_keys": [_keys(mart, _of(found, (*TEXT, *TRUTH))) for mart, found in marts.items()],
        "cell_values": [
            f"select '{mart}' as mart, '{name}' as column_name, {name} as value, count(*) as cells "
            f"from marts.{mart} group by {name}"
            for mart, found in marts.items()
            for name in _of(found, TEXT)
        ],
        "cell_months": [
            f"select '{mart}' as mart, month, quarter from marts.{mart}"
            for mart, found in marts.items()
            if {"month", "quarter"} <= {*found}
        ],
    }
    for name, selects in made.items():
        connection.execute(f"create view marts.{name} as {_all(selects, NOTHING[name])}")


def _keys(mart: str, dimensions: Sequence[str]) -> str:
    any_null = " or ".join(f"{name} is null" for name in dimensions) or "false"
    return f"""select '{mart}' as mart, coalesce(bool_or({any_null}), false) as has_null, count(*) as cells
        from marts.{mart} group by {", ".join(dimensions) or "true"}"""


def _codes_in(field: Mapping[str, Any]) -> str:
    name = field["column_name"]
    return f"unnest({name})" if field["type"] == "codes" else str(name)


def _of(columns: Mapping[str, str], types: Collection[str]) -> list[str]:
    return [name for name, found in columns.items() if found in types]


def _all(selects: Iterable[str], nothing: str) -> str:
    return " union all ".join(selects) or nothing


def _columns(connection: duckdb.DuckDBPyConnection, schema: str) -> Columns:
    rows = connection.execute(
        """select table_name, column_name, data_type from duckdb_columns()
        where schema_name = $schema and database_name = current_database() order by column_index""",
        {"schema": schema},
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, type_name in rows:
        found.setdefault(table, {})[column] = type_name
    return found
