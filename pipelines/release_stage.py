"""Marts -> protected cells -> draft -> publication: one joint protection of all that is, and ever was, published."""

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from anonymization.errors import DisclosureError
from anonymization.ledger.chain import Link, read_alone
from anonymization.ledger.editions import PUBLIC, edition_of
from anonymization.ledger.entry import Entry
from anonymization.policy import load_policy
from anonymization.small_reasons import merge_small_reasons
from anonymization.tables.relations import Cumulative, Revision
from pipelines.errors import RunError
from pipelines.internal_report import REPORT_FILES
from pipelines.ledger_file import adding, open_ledger
from pipelines.progress import report
from pipelines.protection_stage import CELLS_FILE, ENTRY_FILE, KEPT_FILE, REPORT_FILE, protect_anew
from pipelines.public_report import public_reports
from pipelines.reference_time import ReferenceTime, last_day_of
from pipelines.sealing import sealed
from pipelines.settings import Settings
from pipelines.warehouse_file import open_warehouse
from publications.content import public_content
from publications.release import Approver, Vintage, internal_files, published_as, write_draft
from publications.release import approve as publish
from publications.specification import load_tables
from publications.stated import StatedFigure

INTERNAL_FILES = (*REPORT_FILES, REPORT_FILE, CELLS_FILE, ENTRY_FILE, KEPT_FILE)


@sealed("the draft")
def draft_release(settings: Settings, build: Path, snapshot: Path, time: ReferenceTime) -> Vintage:
    """Writes the public files of the quarter that ends on `as_of`, and the internal report, as a draft.

    Cells that are published already, but would now be published in other words, are protected as a new vintage.
    """
    report("Writing the draft")
    content = released_content(build, snapshot, time)
    published = published_as(settings.drafts, settings.publications, time.quarter, content)
    if published:
        return published
    if _is_published(settings, build):
        protect_anew(settings, build, time)
        content = released_content(build, snapshot, time)
    internal = {name: (build / name).read_bytes() for name in INTERNAL_FILES}
    return write_draft(settings.drafts, settings.publications, time.quarter, content, internal)


def approve(
    settings: Settings, quarter: str, vintage: str, by: str, second: str, note: str, approved_on: date | None = None
) -> Path:
    """Publishes a draft under two names, and puts it in the ledger; gives the publication's folder.

    Raises DisclosureError when something else was published since the draft was protected.
    """
    internal = internal_files(settings.drafts, quarter, vintage)
    if not {ENTRY_FILE, KEPT_FILE} <= set(internal):
        raise RunError(f"the draft {quarter} {vintage} was made before there was a ledger; run its quarter again")
    people = Approver(by, "approver"), Approver(second, "second approver")
    day = approved_on or datetime.now(UTC).date()
    place = settings.drafts, settings.publications, quarter, vintage
    with open_ledger(settings) as record:
        link = record.link_of(f"{quarter} {vintage}")
        if link:  # approved before: the very same approval changes nothing, and another is refused
            return publish(*place, *people, note, day, link.seal)
        link = _next_link(record.ledger.head, internal[ENTRY_FILE], f"{quarter} {vintage}")
        with adding(settings, internal[ENTRY_FILE], internal[KEPT_FILE]):
            return publish(*place, *people, note, day, link.seal)


def ends_a_quarter(time: ReferenceTime) -> bool:
    """Whether there is something to publish: tables are of whole quarters."""
    return time.as_of == last_day_of(time.quarter)


def _next_link(head: str, file: bytes, label: str) -> Link:
    link = read_alone(file)
    if link.previous != head or link.entry.edition.label != label:
        raise DisclosureError(
            f"Since the draft {label} was protected, something else was published, which it was not held against: run "
            "its quarter again, then approve."
        )
    return link


def _is_published(settings: Settings, build: Path) -> bool:
    entry = read_alone((build / ENTRY_FILE).read_bytes()).entry
    with open_ledger(settings) as record:
        return record.link_of(entry.edition.label) is not None


def released_content(build: Path, snapshot: Path, time: ReferenceTime) -> dict[str, bytes]:
    """All files that would be published of a protected build, made without the status of its cells: name -> bytes."""
    tables, policy = load_tables(), load_policy().disclosure[PUBLIC]
    cells = pd.read_parquet(build / CELLS_FILE).drop(columns="status")
    content = public_content(
        tables,
        cells,
        _labels(build),
        merge_small_reasons(pd.read_parquet(snapshot / "coverage.parquet"), policy.threshold),
        time.as_of,
        time.known_at,
        time.quarter,
        _stated(read_alone((build / ENTRY_FILE).read_bytes()).entry),
    )
    return {**content, **public_reports(content, cells, tables, policy)}


def _stated(entry: Entry) -> tuple[StatedFigure, ...]:
    """The figures among the entry's statements, as the public reads them."""
    tables = {
        entry.edition.population(population): tuple(t.table_id for t in entry.tables if t.population == population)
        for population in entry.timings
    }
    found = []
    for relation in entry.statements:
        if isinstance(relation, Revision):
            earlier = edition_of(relation.first)
            found.append(StatedFigure("revision", tables[relation.second], earlier, relation.at_most))
        if isinstance(relation, Cumulative) and relation.removals:
            earlier = edition_of(relation.earlier)
            found.append(StatedFigure("removals", tables[relation.later], earlier, relation.removals))
    return tuple(found)


def _labels(build: Path) -> dict[str, pd.DataFrame]:
    with open_warehouse(build) as warehouse:
        names = ("dim_area", "dim_age_band", "dim_concept")
        return {name: warehouse.execute(f"from marts.{name}").df() for name in names}
