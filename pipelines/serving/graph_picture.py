"""Marts -> Graph 1: registrations per month, for the report's readers inside; it is no part of the publication."""

from pathlib import Path

from pipelines.run.languages import LANGUAGES
from pipelines.run.progress import report
from pipelines.run.sealing import sealed
from pipelines.warehouse.provenance import source_of
from pipelines.warehouse.warehouse_file import open_warehouse
from publications.graph import monthly_registrations_svg

MONTHS = """select month, coalesce(sum(children), 0)::bigint as count
    from marts.dim_month left join marts.registrations using (month) group by month order by month"""


@sealed("the drawing of Graph 1")
def draw_graph_1(build: Path) -> list[str]:
    """Writes `graph1_<language>.svg` into `build`; gives the file names."""
    report("Drawing Graph 1")
    with open_warehouse(build) as warehouse:
        months = warehouse.execute(MONTHS).df()
    source = source_of(build)
    names = {f"graph1_{language}.svg": monthly_registrations_svg(months, language, source) for language in LANGUAGES}
    for name, picture in names.items():
        (build / name).write_bytes(picture)
    return list(names)
