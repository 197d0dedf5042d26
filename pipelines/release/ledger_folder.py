"""The ledger on disk: entries, what is kept behind them, and events, a file each; and one door that adds to them.

A publication, its event and, for a new vintage, its entry appear together. First entry and event are laid down whole in
`pending/`. Then the publication's folder is renamed into place: from that moment all count. Then the pending files move
to their places. Whoever opens the ledger next finishes what a killed approval left: where the publication stands with
the `release.json` that the pending event names, the files are moved; where it does not, they are dropped.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from anonymization.disclosure.ledger.chain import (
    REPAIR,
    Ledger,
    Link,
    link_bytes,
    read_alone,
    read_ledger,
    refuse_lost_entries,
)
from anonymization.disclosure.ledger.editions import PUBLIC
from anonymization.disclosure.ledger.events import (
    Event,
    event_bytes,
    read_event,
    read_events,
    refuse_untold_publications,
)
from anonymization.disclosure.ledger.kept import Kept, read_kept
from anonymization.disclosure.ledger.past import Moves, Published
from anonymization.errors import DisclosureError
from pipelines.errors import RunError
from pipelines.release.draft_notes import FRESH, NOTES, read_notes
from pipelines.run.builds import sync_folder
from pipelines.run.settings import Settings
from publications.folders import PRIVATE, write_folder
from publications.plain_files import printable, read_plain
from publications.publishing import Publication, all_published

PUBLISHED, INTERNAL, EVENTS, PENDING, STAGING = "published", "internal", "events", "pending", "staging"
ENTRY, BEHIND, EVENT = "entry.json", "kept.json", "event.json"
OURS = {PUBLISHED, INTERNAL, EVENTS, PENDING, STAGING, NOTES, FRESH}


@dataclass(frozen=True, eq=False)
class Record:
    """The ledger as it stands: its entries, what is kept behind each in the same order, events, and publications."""

    ledger: Ledger
    kept: tuple[Kept, ...]
    events: tuple[Event, ...] = ()
    publications: Mapping[str, Publication] = field(default_factory=dict)

    @property
    def published(self) -> tuple[Published, ...]:
        """Every entry with the counts behind it, oldest first."""
        return tuple(Published(link.entry, k.counts) for link, k in zip(self.ledger.links, self.kept, strict=True))

    @property
    def witnesses(self) -> dict[str, Moves]:
        """Of every component that was found safe when its newest entry was made, by fingerprint, what proved it."""
        return {fingerprint: moves for kept in self.kept for fingerprint, moves in kept.witnesses.items()}

    def vintages(self, quarter: str) -> int:
        """How many vintages of a quarter the public has."""
        editions = (link.entry.edition for link in self.ledger.links)
        return sum(edition.quarter == quarter and edition.audience == PUBLIC for edition in editions)

    def link_of(self, label: str) -> Link | None:
        """The entry of an edition, if it stands in the ledger."""
        return next((link for link in self.ledger.links if link.entry.edition.label == label), None)

    def following(self, file: bytes) -> Link:
        """The entry in this file as the next one. Raises DisclosureError when it does not follow the newest."""
        files = [link_bytes(link) for link in self.ledger.links]
        return read_ledger([*files, file]).links[-1]


@contextmanager
def open_ledger(settings: Settings) -> Iterator[Record]:
    """Holds the ledger for this process alone, whole and checked against every publication.

    Raises DisclosureError or PublicationError, naming the entry, event, publication or file, when one was changed,
    removed, added, moved or made a link, and when a publication was made before there was a ledger.
    """
    settings.make_data_folder()
    with _held(settings.ledger):
        found = all_published(settings.publications)
        _finish_or_drop(settings.ledger, found)
        _refuse_publications_without_ledger(found)
        yield _checked(settings.ledger, found)


@contextmanager
def adding(settings: Settings, event: Event, entry: bytes | None = None, kept: bytes | None = None) -> Iterator[None]:
    """Adds an event, and a new vintage's entry with it, when the publication that is made inside appears, and only
    then. For who holds the ledger."""
    files = {ENTRY: entry, BEHIND: kept, EVENT: event_bytes(event)}
    pending = {name: file for name, file in files.items() if file is not None}
    write_folder(settings.ledger / PENDING, pending, settings.ledger / STAGING, PRIVATE)
    try:
        yield
    finally:
        _finish_or_drop(settings.ledger, all_published(settings.publications))


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise RunError(
            f"{folder} cannot be used ({error.strerror}); it must be a folder of its own, no link, that can be written"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _finish_or_drop(folder: Path, found: Mapping[str, Publication]) -> None:
    pending = folder / PENDING
    shutil.rmtree(folder / STAGING, ignore_errors=True)
    if os.path.lexists(pending):  # a file or a link of that name is told, and is none of ours
        files = _plain(pending)
        if EVENT in files:
            event = read_event(files[EVENT])
            publication = found.get(event.publication)
            if publication and publication.sha256 == event.release:
                _move(folder, event, read_alone(files[ENTRY]) if ENTRY in files else None)
    shutil.rmtree(pending, ignore_errors=True)


def _move(folder: Path, event: Event, link: Link | None) -> None:
    """The event moves last: while it is pending, there is still something to finish."""
    entry = [(BEHIND, INTERNAL, _file_name(link)), (ENTRY, PUBLISHED, _file_name(link))] if link else []
    try:
        for part, place, name in (*entry, (EVENT, EVENTS, _file_name(event))):
            (folder / place).mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):  # moved before the kill
                (folder / PENDING / part).replace(folder / place / name)
            sync_folder(folder / place)
    except OSError as error:
        raise RunError(
            f"the release is published, but the ledger could not be written ({error.strerror}); repair that, and the "
            "next command that needs the ledger finishes it"
        ) from None


def _checked(folder: Path, found: Mapping[str, Publication]) -> Record:
    """The ledger, once each part of it was held against the others and against the publications."""
    _refuse_stray({path.name for path in folder.iterdir()}, OURS, folder.name)
    entries, internal, told = (_plain(folder / part) for part in (PUBLISHED, INTERNAL, EVENTS))
    ledger, events = _ledger_of(entries), read_events(told)
    seals = {label: publication.record.get("ledger_seal", "") for label, publication in found.items()}
    refuse_lost_entries(ledger, {label: seal for label, seal in seals.items() if "-r" not in label})
    refuse_untold_publications(events, ledger, {label: one.sha256 for label, one in found.items()})
    _refuse_stray({*entries, *internal}, {*map(_file_name, ledger.links)}, f"{PUBLISHED} or {INTERNAL}")
    _refuse_stray({*told}, {*map(_file_name, events)}, EVENTS)
    if events and not read_notes(folder):
        raise DisclosureError(f"{NOTES} of the ledger is missing. {REPAIR}")
    return Record(ledger, tuple(_kept(internal, link) for link in ledger.links), events, found)


def _ledger_of(entries: Mapping[str, bytes]) -> Ledger:
    """The chain of these files; where one cannot be read at all, its name is told."""
    try:
        return read_ledger([*entries.values()])
    except DisclosureError as refusal:
        for name, file in entries.items():
            try:
                read_alone(file)
            except DisclosureError:
                raise DisclosureError(f"{printable(name)}: {refusal}") from None
        raise


def _kept(internal: Mapping[str, bytes], link: Link) -> Kept:
    if _file_name(link) not in internal:
        raise DisclosureError(f"What is kept behind entry {link.name} of the ledger is missing. {REPAIR}")
    return read_kept(internal[_file_name(link)], link)


def _plain(folder: Path) -> dict[str, bytes]:
    return read_plain(folder) if folder.is_symlink() or folder.exists() else {}


def _refuse_stray(found: set[str], known: set[str], where: str) -> None:
    stray = sorted(found - known)
    if stray:
        raise DisclosureError(
            f"{', '.join(map(printable, stray))} in {where} of the ledger is none of its files: remove it."
        )


def _file_name(sealed: Link | Event) -> str:
    return f"{sealed.name.replace(' ', '_')}.json"


def _refuse_publications_without_ledger(found: Mapping[str, Publication]) -> None:
    older = sorted(label for label, publication in found.items() if not publication.record.get("ledger_seal"))
    if older:
        raise DisclosureError(
            f"{', '.join(older)} was published before there was a ledger, so nothing can be protected against it. Use "
            "a new data folder (CASELIGHT_DATA), and publish no quarter from it that was published from this one."
        )
