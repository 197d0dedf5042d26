"""Marts -> protected cells: a quarter's tables together with all that was published before, and their ledger entry."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.chain import Link, link_bytes
from anonymization.disclosure.ledger.editions import PUBLIC, LedgerEdition
from anonymization.disclosure.ledger.entry import canonical, describe_counts, describe_table
from anonymization.disclosure.ledger.history import History, entry_of_release, whole_ledger
from anonymization.disclosure.ledger.incident import refuse_disclosing_ledger
from anonymization.disclosure.ledger.kept import Kept, kept_bytes, marked_cells
from anonymization.disclosure.ledger.past import Published
from anonymization.disclosure.ledger.witnesses import witnesses_to_keep
from anonymization.disclosure.protect import ProtectedRelease, protect
from anonymization.disclosure.tables.table_set import Release
from pipelines.release.design_advice import words_of_advisor
from pipelines.release.internal_report import report_files
from pipelines.release.ledger_folder import Record, open_ledger
from pipelines.release.nested_columns import refuse_nested_columns
from pipelines.release.populations import refuse_same_children
from pipelines.release.protection_terms import terms_of
from pipelines.release.tabulation import coordinated_level, mart_of, refused_in, release_in, timings_of
from pipelines.run.policy_in_force import public_policy
from pipelines.run.progress import report
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.sealing import sealed
from pipelines.run.settings import Settings
from pipelines.warehouse.not_asked import public_tables
from pipelines.warehouse.provenance import source_of
from publications.public_tables import TableSpec
from publications.publishing import published_definitions

CELLS_FILE = "protected_cells.parquet"
REPORT_FILE = "disclosure_audit.json"
ENTRY_FILE = "ledger_entry.json"
KEPT_FILE = "ledger_kept.json"
PUBLIC_MARK = {"published": "A", "primary": "Q", "secondary": "Q"}


@sealed("the protection")
def protect_cells(settings: Settings, build: Path, time: ReferenceTime) -> dict[str, int]:
    """Protects all public tables of the quarter jointly, against the ledger, and writes cells and audit into `build`.

    Counts that are published already as they are now, by the same definitions, are not protected anew: their cells
    stay to the byte, whatever words they are published in.
    Gives how many cells are shown, primary and secondary. Raises DisclosureError when safety cannot be proved, and
    when the ledger itself already discloses something.
    """
    report("Protecting the public tables")
    policy = public_policy(settings)
    specs, release = public_tables(build).made, release_in(build, time.quarter)
    record = _record(settings)
    refuse_same_children(specs, _marts_published(record))
    refuse_nested_columns(release, policy, PUBLIC, specs)
    places = reversed(_places_as_published(record, release, policy, time, specs))
    place = next((n for n in places if _means_the_same(settings, record.ledger.links[n], specs)), None)
    if place is None:
        return _protect_anew(settings, build, time)
    link, kept = record.ledger.links[place], record.kept[place]
    told = {"verdict": "safe", "published_as": link.entry.edition.label}
    return _write(build, marked_cells(link.entry, kept.counts), told, link_bytes(link), kept_bytes(kept, link))


def _protect_anew(settings: Settings, build: Path, time: ReferenceTime) -> dict[str, int]:
    """Protects the quarter's tables as its next vintage; otherwise as `protect_cells`."""
    policy = public_policy(settings)
    release, record = release_in(build, time.quarter), _record(settings)
    edition = LedgerEdition(time.quarter, record.vintages(time.quarter) + 1, time.known_at.isoformat())
    tables = public_tables(build)
    history = history_before(record, edition, policy, tables.made)
    refuse_disclosing_ledger(history)
    terms = terms_of(policy, release.table_set, refused_in(build), coordinated_level(build))
    protected = protect(release, history, policy.rule, terms)
    entry = entry_of_release(history, release, protected.joint.stated, policy.rule, protected.cells)
    link = record.ledger.append(entry).links[-1]
    components = whole_ledger((*history.published, Published(entry, release.counts)))
    witnesses = witnesses_to_keep(edition, protected.joint, protected.audit.witnesses, components)
    kept = kept_bytes(Kept(release.counts, witnesses), link)
    advice = (*tables.sentences, *words_of_advisor(build))
    told = report_files(protected, policy, record.ledger, edition, advice, source_of(build))
    for name, content in told.items():
        (build / name).write_bytes(content)
    return _write(build, protected.cells, _figures(protected), link_bytes(link), kept)


def _marts_published(record: Record) -> dict[str, str]:
    """Every mart that an earlier release shows -> its tables, in words."""
    return {
        mart_of(table.population): f"table {table.table_id} of {past.entry.edition.label}"
        for past in record.published
        for table in past.entry.tables
    }


def history_before(
    record: Record, edition: LedgerEdition, policy: DisclosurePolicy, specs: Sequence[TableSpec]
) -> History:
    """All that the ledger holds, as what `edition` of these public tables is protected against."""
    timings = timings_of(specs)
    return History(record.published, edition, timings, policy.revision.multiple, record.witnesses)


def _places_as_published(
    record: Record, release: Release, policy: DisclosurePolicy, time: ReferenceTime, specs: Sequence[TableSpec]
) -> list[int]:
    """Where in the ledger vintages of the quarter stand, oldest first, that are of these very tables, counts, rule and
    day. An earlier one counts too: it stays published, so its words may have to be corrected."""
    tables, counts = [*map(describe_table, release.table_set.tables)], describe_counts(release.counts)

    def is_same(past: Published) -> bool:
        return (
            (past.entry.edition.quarter, past.entry.edition.known_at) == (time.quarter, time.known_at.isoformat())
            and past.entry.rule == policy.rule
            and dict(past.entry.timings) == timings_of(specs)
            and [*map(describe_table, past.entry.tables)] == tables
            and describe_counts(past.counts) == counts
        )

    return [n for n, past in enumerate(record.published) if is_same(past)]


def _means_the_same(settings: Settings, link: Link, specs: Sequence[TableSpec]) -> bool:
    """Whether the tables count today what they counted in a published vintage; their words may differ."""
    edition = link.entry.edition
    known = published_definitions(settings.publications, edition.quarter, f"v{edition.vintage}")
    return known == [table.definition for table in specs]


def _write(build: Path, cells: pd.DataFrame, told: dict[str, Any], entry: bytes, kept: bytes) -> dict[str, int]:
    marked = cells.assign(obs_status=cells["status"].map(PUBLIC_MARK))
    marked.to_parquet(build / CELLS_FILE, index=False, compression="zstd")
    (build / REPORT_FILE).write_bytes(canonical(told) + b"\n")
    (build / ENTRY_FILE).write_bytes(entry)
    (build / KEPT_FILE).write_bytes(kept)
    return {str(status): int(count) for status, count in cells["status"].value_counts().items()}


def _figures(protected: ProtectedRelease) -> dict[str, Any]:
    return {**protected.audit.figures(), "unrelated": list(protected.joint.unrelated), "notes": list(protected.notes)}


def _record(settings: Settings) -> Record:
    with open_ledger(settings) as record:
        return record
