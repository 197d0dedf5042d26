"""Marts -> serving files: one small database an audience, holding that audience's figures and nothing else."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb

from pipelines.run.languages import LANGUAGES
from pipelines.run.progress import report
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.sealing import sealed
from pipelines.warehouse.not_asked import refused_figures
from pipelines.warehouse.provenance import source_of
from pipelines.warehouse.warehouse_file import open_warehouse
from publications.source import Source

NATIONAL = "national"
LABELS = "label_en, label_ro, label_uk"
AREA_LABELS = "label_en as area_label_en, label_ro as area_label_ro, label_uk as area_label_uk"
SOURCE_LABELS = ", ".join(f"$source_{language} as source_label_{language}" for language in LANGUAGES)
# table -> query of the marts for one $audience
FIGURES = {
    "overview": """select indicator, value from marts.overview where audience = $audience
        and not list_contains($refused, indicator) order by indicator""",
    "registrations_monthly": """select month, sex, age_band, children from marts.registrations_monthly
        where audience = $audience order by all""",
    "about": f"""select $as_of::date as as_of, $known_at::date as known_at, $audience as audience,
        {AREA_LABELS}, $build as build, $is_synthetic::boolean as is_synthetic, $source_code as source_code,
        {SOURCE_LABELS} from marts.dim_area
        where area = $audience or ($audience = '{NATIONAL}' and area_level = 'COUNTRY')""",
}
# table -> query, the same for everybody
WORDS = {
    "dim_concept": f"""select dimension, code, {LABELS}, sort_order from marts.dim_concept
        order by dimension, sort_order, code""",
    "dim_age_band": f"""select age_system, age_band, {LABELS}, sort_order from marts.dim_age_band
        order by age_system, sort_order, age_band""",
}


@sealed("the serving files")
def write_serving(build: Path, build_id: str, time: ReferenceTime) -> list[str]:
    """Writes `serving/<audience>.duckdb` for the country and every county into `build`; gives the audiences."""
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
        words = folder / ".words.duckdb"  # made once and copied, which costs less than making it for every audience
        words.unlink(missing_ok=True)
        _write(warehouse, words, WORDS, {})
        for (audience,) in found:
            file = folder / f"{audience}.duckdb"
            shutil.copyfile(words, file)
            _write(warehouse, file, FIGURES, about | {"audience": audience})
        words.unlink()
    return [audience for (audience,) in found]


def _stated(source: Source) -> dict[str, object]:
    names = {f"source_{language}": source.name[language] for language in LANGUAGES}
    return {"is_synthetic": source.is_synthetic, "source_code": source.stated_code, **names}


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
