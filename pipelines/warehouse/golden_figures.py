"""A deployment's published figures, counted again: one query a figure, made from its row of published_figures.yml."""

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from case_store.published_figures import FILE, Counted, FigureCounted, PublishedFigure
from pipelines.errors import RunError

UNKNOWN = "_U"
Roles = Mapping[tuple[str, str], Sequence[str]]
# a month without any counts, one before the launch does not
MONTHS = """select months.month, coalesce(sum(counted.n), 0) as n from marts.dim_month as months
    inner join marts.dim_run as run on months.month_start between date_trunc('month', run.launch_date) and run.as_of
    left join counted on months.month = counted.month group by months.month"""


def count_figures(
    warehouse: duckdb.DuckDBPyConnection, figures: Iterable[PublishedFigure], roles: Roles
) -> dict[str, float | None]:
    """Figure -> its value in the warehouse, None where there is nothing to divide by.

    roles: (dimension, role) -> concepts. Raises RunError naming the figure and what the warehouse does not have.
    """
    found = {}
    for figure in figures:
        _refuse_unknown(warehouse, figure, roles)
        row = warehouse.execute(_query(figure.counted, roles)).fetchone()
        found[figure.figure] = None if row is None or row[0] is None else float(row[0])
    return found


def tables_of(counted: FigureCounted) -> tuple[Counted, ...]:
    """What a figure is made from: itself, and what it is a percentage of."""
    return (counted, counted.percent_of) if counted.percent_of else (counted,)


def _query(counted: FigureCounted, roles: Roles) -> str:
    if counted.percent_of:
        whole = _number(counted.percent_of, roles)
        return f"select 100 * ({_number(counted, roles)}) / ({whole})"
    if counted.of_months:
        monthly = f"select month, {_measure(counted)} as n {_source(counted, roles)} group by month"
        value = "replace(month, '-', '')::double" if counted.give else "n::double"
        order = "desc" if counted.of_months == "highest" else "asc"
        found = f"select {value} from months order by n {order}, month limit 1"
        return f"with counted as ({monthly}), months as ({MONTHS}) {found}"
    if counted.rank:
        ranked = f"select {counted.by} as code, {_measure(counted)} as n {_source(counted, roles)} group by all"
        return f"""select sort_order::double from ({ranked}) inner join marts.dim_concept using (code)
            where dimension = '{counted.by}' and code <> '{UNKNOWN}'
            order by n desc, code limit 1 offset {counted.rank - 1}"""
    return _number(counted, roles)


def _number(counted: Counted, roles: Roles) -> str:
    return f"select coalesce({_measure(counted)}, 0)::double {_source(counted, roles)}"


def _measure(counted: Counted) -> str:
    if counted.sum:
        return f"sum({counted.sum})"
    return f"count(distinct nullif({counted.distinct}, '{UNKNOWN}'))" if counted.distinct else "count(*)"


def _source(counted: Counted, roles: Roles) -> str:
    conditions = [_condition(column, said, roles) for column, said in counted.where.items()]
    return f"from {_place(counted.table)} where {' and '.join(conditions) or 'true'}"


def _place(table: str) -> str:
    return f"main.{table}" if table.startswith("int_") else f"marts.{table}"


def _condition(column: str, said: bool | Sequence[str], roles: Roles) -> str:
    if isinstance(said, bool):
        return f"{column} = {str(said).lower()}"
    codes = [code for one in said for code in ([one] if one.startswith("_") else roles[column, one])]
    listed = ", ".join(f"'{code}'" for code in codes)
    return f"{column} in ({listed})"


def _refuse_unknown(warehouse: duckdb.DuckDBPyConnection, figure: PublishedFigure, roles: Roles) -> None:
    for counted in tables_of(figure.counted):
        _refuse_column(warehouse, figure, counted)
        for column, said in counted.where.items():
            for role in () if isinstance(said, bool) else said:
                if not role.startswith("_") and (column, role) not in roles:
                    known = ", ".join(name for dimension, name in roles if dimension == column)
                    raise _wrong(figure, f"where.{column}: {role} is not a role; known: {known or 'none'}")


def _refuse_column(warehouse: duckdb.DuckDBPyConnection, figure: PublishedFigure, counted: Counted) -> None:
    rows = warehouse.execute(
        "select table_name, column_name from duckdb_columns() where not internal and schema_name in ('main', 'marts')"
    ).fetchall()
    columns = [column for table, column in rows if table == counted.table]
    if not columns:
        tables = sorted({table for table, _ in rows})
        raise _wrong(figure, f"table: {counted.table} is not a table of the warehouse; known: {', '.join(tables)}")
    for name in counted.columns:
        if name not in columns:
            raise _wrong(figure, f"{name} is not a column of {counted.table}; known: {', '.join(columns)}")


def _wrong(figure: PublishedFigure, what: str) -> RunError:
    return RunError(f"{FILE}: the figure {figure.figure}: {what}.")
