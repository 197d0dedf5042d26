"""The only queries of the dashboard. One audience's file is opened, read-only, for one request, and closed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from dashboards.errors import DashboardError
from dashboards.serving_contract import NATIONAL, check_served

_AUDIENCE = re.compile(rf"[A-Z0-9_]+|{NATIONAL}")
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "temp_directory": "",
    "threads": "1",
    "memory_limit": "256MB",
    "lock_configuration": "true",
}


@dataclass(frozen=True)
class About:
    """What a serving file says of itself. `*_labels`: language -> name of the area, of the source of the records."""

    as_of: date
    known_at: date
    audience: str
    area_labels: dict[str, str]
    build: str
    is_synthetic: bool
    source_code: str
    source_labels: dict[str, str]


@dataclass(frozen=True)
class Filter:
    """What a reader may choose one of: its name, and code -> label of the choices, in order."""

    label: str
    choices: dict[str, str]


def serving_file(folder: Path, audience: str) -> Path:
    """Give the one file of an audience ('national' or a county code) inside the serving folder.

    The name is checked, and so is where the file really is: a link that leaves the folder is refused.
    """
    if not _AUDIENCE.fullmatch(audience):
        raise DashboardError("An account has an audience that is neither 'national' nor a county code. Correct it.")
    inside = folder.resolve()
    path = (inside / f"{audience}.duckdb").resolve()
    if path.parent != inside:
        raise DashboardError(
            f"The serving file of {audience} is a link to a location outside its folder. Run the pipeline again."
        )
    if not path.is_file():
        raise DashboardError(f"There are no figures for {audience} yet. Run the pipeline (`caselight run`) first.")
    return path


@contextmanager
def open_serving(folder: Path, audience: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the audience's file for the length of one request: read-only, no other file reachable, settings locked."""
    path = serving_file(folder, audience)
    try:
        with duckdb.connect(str(path), read_only=True, config=_CONFIG) as connection:
            yield connection
    except duckdb.Error as error:
        kind = type(error).__name__
        raise DashboardError(
            f"The serving file of {audience} cannot be read ({kind}). Run the pipeline again."
        ) from error


def about(connection: duckdb.DuckDBPyConnection, audience: str) -> About:
    """Read what the file is about; a file of another audience is refused, and one that lacks what pages read."""
    check_served(connection, audience)
    row = connection.execute("select as_of, known_at, audience, build, is_synthetic, source_code from about").fetchone()
    if row is None or row[2] != audience:
        raise DashboardError(f"The serving file of {audience} was made for somebody else. Run the pipeline again.")
    query = "select language, label from about_label where kind = ?"
    areas, sources = (dict(connection.execute(query, [kind]).fetchall()) for kind in ("area", "source"))
    return About(row[0], row[1], row[2], areas, row[3], row[4], row[5], sources)


def overview(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Give indicator -> value, for the area of the file."""
    return dict(connection.execute("select indicator, value from overview").fetchall())


def filters(connection: duckdb.DuckDBPyConnection, lang: str) -> dict[str, Filter]:
    """Give the filters that the file declares, by column: its name and its choices, in their order."""
    query = "select distinct column_name from served_columns where is_filter order by column_name"
    names = _labels(connection, "dimension", lang)
    columns = [column for (column,) in connection.execute(query).fetchall()]
    return {column: Filter(names.get(column, column), concepts(connection, column, lang)) for column in columns}


def registrations(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Give one row per month ('YYYY-MM'), code of each declared filter and age band, with the number of children.

    Raises DashboardError when the file has another dimension, which the page could not show, or repeats a key.
    """
    table = "registrations_monthly"
    query = "select column_name from served_columns where table_name = ? and is_filter"
    keys = ["month", *(column for (column,) in connection.execute(query, [table]).fetchall()), "age_band"]
    listed = ", ".join(f'"{key}"' for key in keys)
    columns = {column[0] for column in connection.execute(f"from {table} limit 0").description or ()}
    others = sorted(columns - {*keys, "children"})
    found = connection.execute(
        f"select {listed}, sum(children)::bigint as children, count(*) as rows from {table} "
        f"group by {listed} order by {listed}"
    ).df()
    if others or found["rows"].gt(1).any():
        raise DashboardError(
            f"The table {table} of the serving file repeats a key of {', '.join(keys)}, or has a "
            f"dimension that no page shows ({', '.join(others) or 'none'}). Run the pipeline again."
        )
    return found[[*keys, "children"]]


def age_bands(connection: duckdb.DuckDBPyConnection, lang: str) -> dict[str, str]:
    """Give code -> label of the age bands in which the file counts, in their order."""
    query = """select age_band, label from dim_age_band
        left join dim_label on classification = age_system and code = age_band and language = ?
        order by sort_order, age_band"""
    return {code: label or code for code, label in connection.execute(query, [lang]).fetchall()}


def concepts(connection: duckdb.DuckDBPyConnection, dimension: str, lang: str) -> dict[str, str]:
    """Give code -> label of a dimension (such as 'sex'), in its order, without the total."""
    query = "select code from dim_concept where dimension = ? and code <> '_T' order by sort_order, code"
    labels = _labels(connection, dimension, lang)
    return {code: labels.get(code, code) for (code,) in connection.execute(query, [dimension]).fetchall()}


def _labels(connection: duckdb.DuckDBPyConnection, classification: str, lang: str) -> dict[str, str]:
    query = "select code, label from dim_label where classification = ? and language = ?"
    return dict(connection.execute(query, [classification, lang]).fetchall())
