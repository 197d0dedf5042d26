"""Marts -> Graph 1: registrations per month, for the report's readers inside; it is no part of the publication."""

from pathlib import Path

from case_store.profile import Profile
from pipelines.run.languages import own_texts
from pipelines.run.progress import report
from pipelines.run.sealing import sealed
from pipelines.warehouse.provenance import source_of
from pipelines.warehouse.warehouse_file import open_warehouse
from publications.graph import monthly_registrations_svg
from publications.phrases import all_phrases

MONTHS = """select month, coalesce(sum(children), 0)::bigint as count
    from marts.dim_month left join marts.registrations using (month) group by month order by month"""


@sealed("the drawing of Graph 1")
def draw_graph_1(build: Path, profile: Profile) -> list[str]:
    """Writes `graph1_<language>.svg` into `build`, in the languages and words of the profile; gives the file names."""
    report("Drawing Graph 1")
    with open_warehouse(build) as warehouse:
        months = warehouse.execute(MONTHS).df()
    source = source_of(build)
    phrases = all_phrases(profile.languages, own_texts(profile))
    names = {
        f"graph1_{language}.svg": monthly_registrations_svg(months, language, source, phrases)
        for language in profile.languages
    }
    for name, picture in names.items():
        (build / name).write_bytes(picture)
    return list(names)
