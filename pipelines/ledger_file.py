"""The ledger on disk: `published/` and `internal/` apart, one file an entry in each, and one door that adds to them.

An entry and its publication appear together. First the entry is laid down whole in `pending/`. Then the publication's
folder is renamed into place: from that moment both count. Then the pending files move to their places. Whoever opens
the ledger next finishes what a killed approval left: where the publication stands with the pending seal, the files are
moved; where it does not, they are dropped.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from anonymization.errors import DisclosureError
from anonymization.ledger.chain import (
    REPAIR,
    Ledger,
    Link,
    link_bytes,
    read_alone,
    read_ledger,
    refuse_lost_entries,
)
from anonymization.ledger.editions import PUBLIC
from anonymization.ledger.kept import Kept, read_kept
from anonymization.ledger.past import Moves, Published
from pipelines.builds import sync_folder
from pipelines.errors import RunError
from pipelines.settings import Settings
from publications.folders import PRIVATE, write_folder
from publications.release import seals

PUBLISHED, INTERNAL, PENDING, STAGING = "published", "internal", "pending", "staging"
ENTRY, BEHIND = "entry.json", "kept.json"


@dataclass(frozen=True, eq=False)
class Record:
    """The ledger as it stands: its entries, and what is kept behind each, in the same order."""

    ledger: Ledger
    kept: tuple[Kept, ...]

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

    Raises DisclosureError, naming the entry, when a file was changed, removed or moved, when a publication is not in
    the ledger, and when one was made before there was a ledger.
    """
    settings.make_data_folder()
    settings.ledger.mkdir(mode=0o700, exist_ok=True)
    with _held(settings.ledger):
        stated = seals(settings.publications)
        _finish_or_drop(settings.ledger, stated)
        _refuse_publications_without_ledger(stated)
        record = _read(settings.ledger)
        refuse_lost_entries(record.ledger, stated)
        yield record


@contextmanager
def adding(settings: Settings, entry: bytes, kept: bytes) -> Iterator[None]:
    """Adds an entry when the publication that is made inside appears, and only then. For who holds the ledger."""
    pending = settings.ledger / PENDING
    write_folder(pending, {ENTRY: entry, BEHIND: kept}, settings.ledger / STAGING, PRIVATE)
    try:
        yield
    finally:
        _finish_or_drop(settings.ledger, seals(settings.publications))


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _finish_or_drop(folder: Path, stated: dict[str, str]) -> None:
    pending = folder / PENDING
    shutil.rmtree(folder / STAGING, ignore_errors=True)
    if (pending / ENTRY).exists():
        link = read_alone((pending / ENTRY).read_bytes())
        if stated.get(link.entry.edition.label) == link.seal:
            _move(folder, _file_name(link))
    shutil.rmtree(pending, ignore_errors=True)


def _move(folder: Path, name: str) -> None:
    """The entry's own file moves last: while it is pending, there is still something to finish."""
    try:
        for part, place in ((BEHIND, INTERNAL), (ENTRY, PUBLISHED)):
            (folder / place).mkdir(mode=0o700, exist_ok=True)
            with suppress(FileNotFoundError):  # moved before the kill
                (folder / PENDING / part).replace(folder / place / name)
            sync_folder(folder / place)
    except OSError as error:
        raise RunError(
            f"the release is published, but the ledger could not be written ({error.strerror}); repair that, and the "
            "next command that needs the ledger finishes it"
        ) from None


def _read(folder: Path) -> Record:
    paths = sorted((folder / PUBLISHED).glob("*.json"))
    ledger = read_ledger([path.read_bytes() for path in paths])
    return Record(ledger, tuple(_kept(folder, link) for link in ledger.links))


def _kept(folder: Path, link: Link) -> Kept:
    path = folder / INTERNAL / _file_name(link)
    if not path.exists():
        raise DisclosureError(f"What is kept behind entry {link.name} of the ledger is missing. {REPAIR}")
    return read_kept(path.read_bytes(), link)


def _file_name(link: Link) -> str:
    return f"{link.name.replace(' ', '_')}.json"


def _refuse_publications_without_ledger(stated: dict[str, str]) -> None:
    older = sorted(label for label, seal in stated.items() if not seal)
    if older:
        raise DisclosureError(
            f"{', '.join(older)} was published before there was a ledger, so nothing can be protected against it. Use "
            "a new data folder (CASELIGHT_DATA), and publish no quarter from it that was published from this one."
        )
