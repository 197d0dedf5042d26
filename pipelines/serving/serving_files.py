"""Marts -> serving files: one small database an audience, holding that audience's figures and nothing else."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

from case_store.profile import Profile
from dashboards.serving_contract import NATIONAL
from pipelines.errors import RunError
from pipelines.run.progress import report
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.sealing import sealed
from pipelines.serving.page_words import write_page_words
from pipelines.serving.served_tables import PAGES, ServedTable, served_tables
from pipelines.warehouse.not_asked import BY_NAME, refused_figures
from pipelines.warehouse.provenance import source_of
from pipelines.warehouse.warehouse_file import open_warehouse
from publications.source import Source

HEADLINE = "select classification from marts.dim_dimension where dimension = 'age'"
# table -> query of the marts for one $audience, besides those that the pages' marts declare
ABOUT = {
    "about": """select $as_of::date as as_of, $known_at::date as known_at, $audience as audience,
        $build as build, $is_synthetic::boolean as is_synthetic, $source_code as source_code""",
    "about_label": f"""select 'area' as kind, language, label from marts.dim_label
        where classification = 'area' and code = case when $audience = '{NATIONAL}'
            then (select area from marts.dim_area where area <> '_U' and parent_area is null) else $audience end
        union all
        select 'source' as kind, unnest($source_languages::varchar[]) as language,
            unnest($source_names::varchar[]) as label
        order by all""",
}
# table -> query, the same for everybody
WORDS = {
    "dim_concept": """select dimension, code, sort_order from marts.dim_concept
        order by dimension, sort_order, code""",
    "dim_age_band": f"""select age_system, age_band, sort_order from marts.dim_age_band where age_system = ({HEADLINE})
        order by sort_order, age_band""",
    "dim_label": f"""select classification, code, language, label from marts.dim_label
        where classification = 'dimension' or classification in (select dimension from marts.dim_concept)
        or classification = ({HEADLINE}) order by all""",
    "served_columns": """select unnest($served_tables::varchar[]) as table_name,
        unnest($served_names::varchar[]) as column_name, unnest($served_types::varchar[]) as data_type,
        unnest($served_filters::boolean[]) as is_filter""",
}


@sealed("the serving files")
def write_serving(build: Path, build_id: str, time: ReferenceTime, profile: Profile, pages: Path = PAGES) -> list[str]:
    """Writes `serving/<audience>.duckdb` into `build`, for the country and every area of coordinators; gives these.

    profile: whose words the pages use. pages: the folder of the passports in which the pages' marts declare what is
    served.
    """
    tables = served_tables(pages)
    figures = {table.name: _figures(table) for table in tables} | ABOUT
    report("Writing the serving files")
    folder = build / "serving"
    folder.mkdir(mode=0o700, exist_ok=True)
    about = {
        "build": build_id,
        "as_of": time.as_of,
        "known_at": time.known_at,
        "refused": list(refused_figures(build)),
        **_stated(source_of(build)),
    }
    with open_warehouse(build) as warehouse:
        found = warehouse.execute("select distinct audience from marts.overview order by audience").fetchall()
        _refuse_filters_without_codes(warehouse, tables)
        words = folder / ".words.duckdb"  # made once and copied, which costs less than making it for every audience
        words.unlink(missing_ok=True)
        _write(warehouse, words, WORDS, _described(tables))
        for (audience,) in found:
            file = folder / f"{audience}.duckdb"
            shutil.copyfile(words, file)
            _write(warehouse, file, figures, about | {"audience": audience})
        words.unlink()
    write_page_words(folder, profile)
    return [audience for (audience,) in found]


def _figures(table: ServedTable) -> str:
    """The query of one audience's rows, without the figures that this deployment is refused."""
    where = f"{table.audience} = $audience"
    if table.name in BY_NAME:
        where += f" and not list_contains($refused, {BY_NAME[table.name]})"
    order = ", ".join(table.key)
    return f"select {', '.join(table.columns)} from marts.{table.name} where {where} order by {order}"


def _described(tables: Iterable[ServedTable]) -> dict[str, object]:
    """What a serving file says of its own tables: a row a column."""
    columns = [(table, name) for table in tables for name in table.columns]
    return {
        "served_tables": [table.name for table, _ in columns],
        "served_names": [name for _, name in columns],
        "served_types": [table.columns[name] for table, name in columns],
        "served_filters": [name in table.filters for table, name in columns],
    }


def _refuse_filters_without_codes(warehouse: duckdb.DuckDBPyConnection, tables: Iterable[ServedTable]) -> None:
    found = warehouse.execute("select distinct dimension from marts.dim_concept order by dimension").fetchall()
    known = [dimension for (dimension,) in found]
    for table in tables:
        for name in table.filters:
            if name not in known:
                raise RunError(
                    f"{table.name}.yml: config.meta.serving.filters: {name} is not a dimension that has concepts; "
                    f"known: {', '.join(known)}."
                )


def _stated(source: Source) -> dict[str, object]:
    return {
        "is_synthetic": source.is_synthetic,
        "source_code": source.stated_code,
        "source_languages": [*source.name.root],
        "source_names": [*source.name.root.values()],
    }


def _write(
    warehouse: duckdb.DuckDBPyConnection, file: Path, tables: Mapping[str, str], about: Mapping[str, object]
) -> None:
    """Adds tables to a file that may not be there yet, in one transaction: one wait for the disk, not one a table."""
    warehouse.execute(f"attach '{file}' as serving (block_size 16384); begin")
    for table, query in tables.items():
        named = {name: value for name, value in about.items() if f"${name}" in query}
        warehouse.execute(f"create table serving.{table} as {query}", named)
    warehouse.execute("commit; detach serving")
    file.chmod(0o600)
