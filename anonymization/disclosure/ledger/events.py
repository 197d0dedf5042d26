"""What became of publications: a second chain beside the entries, to which is only ever added.

An entry says what a vintage's cells are; an event says that files which show them were published, or re-issued in other
words, and holds the hash of that publication's `release.json`. Each event is sealed on the one before.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from anonymization.disclosure.ledger.chain import REPAIR, START, Ledger
from anonymization.disclosure.ledger.editions import PUBLIC
from anonymization.disclosure.ledger.entry import canonical
from anonymization.errors import DisclosureError

PUBLISHED, REISSUED = "published", "re-issued"
# the last two take back what was published; nothing writes them yet
KINDS = (PUBLISHED, REISSUED, "superseded", "withdrawn")


@dataclass(frozen=True)
class Event:
    """One sealed event. number: its place, from 1. previous, seal, entry, release, earlier: SHA-256, hexadecimal.

    publication: quarter and rendering, such as `2023-Q4 v1-r2`. entry: the seal of the ledger's entry whose cells it
    shows. release: of its `release.json`; earlier: of that of the rendering before, empty for the first. reason: what
    those who approved it said.
    """

    number: int
    previous: str
    kind: str
    publication: str
    entry: str
    release: str
    earlier: str
    reason: str
    seal: str

    @property
    def name(self) -> str:
        """Its place and publication, as file names and messages give it."""
        return f"{self.number:04d} {self.publication}"


def next_event(
    events: Sequence[Event], kind: str, publication: str, entry: str, release: str, earlier: str, reason: str
) -> Event:
    """The event that follows these. Raises DisclosureError when the publication has one of its kind already."""
    if any(event.publication == publication and event.kind == kind for event in events):
        raise DisclosureError(f"{publication} is {kind} already, and the past is never changed.")
    number, previous = len(events) + 1, events[-1].seal if events else START
    content = {
        "number": number,
        "previous": previous,
        "kind": kind,
        "publication": publication,
        "entry": entry,
        "release": release,
        "earlier": earlier,
        "reason": reason,
    }
    return Event(number, previous, kind, publication, entry, release, earlier, reason, _seal(content))


def event_bytes(event: Event) -> bytes:
    """The file of one sealed event."""
    return canonical(asdict(event)) + b"\n"


def read_event(file: bytes) -> Event:
    """One sealed event by itself, its place in the chain not looked at. Raises DisclosureError when it was changed."""
    try:
        content: dict[str, Any] = json.loads(file)
        event = Event(**content)
        typed = all(type(content[field.name]) is field.type for field in fields(Event))
        sealed = _seal({name: value for name, value in content.items() if name != "seal"}) == event.seal
        whole = typed and sealed and event.kind in KINDS and event_bytes(event) == file
    except (ValueError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise DisclosureError(f"An event of the ledger is not what was written: it was changed. {REPAIR}")
    return event


def read_events(files: Mapping[str, bytes]) -> tuple[Event, ...]:
    """The events from their files (name -> bytes), oldest first in the order of the names.

    Raises DisclosureError, naming the file, when one was changed by a single byte, removed, added or moved.
    """
    events: list[Event] = []
    for number, (name, file) in enumerate(files.items(), start=1):
        try:
            event = read_event(file)
        except DisclosureError as refusal:
            raise DisclosureError(f"{name}: {refusal}") from refusal
        if (event.number, event.previous) != (number, events[-1].seal if events else START):
            raise DisclosureError(
                f"Event {name} of the ledger does not follow the one before it: one was removed, added or moved. "
                f"{REPAIR}"
            )
        events.append(event)
    return tuple(events)


def refuse_untold_publications(events: Sequence[Event], ledger: Ledger, found: Mapping[str, str]) -> None:
    """Holds the events against the entries, and against what is published: publication -> SHA-256 of `release.json`.

    Raises DisclosureError naming publications that are missing, that are none of ours, and whose `release.json` is
    another, and public entries without an event.
    """
    told = {event.publication: event for event in events}
    entries = {link.seal: link.entry.edition for link in ledger.links if link.entry.edition.audience == PUBLIC}
    silent = sorted(edition.label for seal, edition in entries.items() if told.get(edition.label, _NONE).entry != seal)
    if silent:
        raise DisclosureError(
            f"The ledger holds no event of {', '.join(silent)}. {REPAIR} A data folder from before there were events "
            "has none at all: use a new one (CASELIGHT_DATA), and publish no quarter that was published from this one."
        )
    lost = sorted(set(told) - set(found))
    if lost:
        raise DisclosureError(f"{', '.join(lost)} was published and is missing. Put the publication back.")
    stray = sorted(set(found) - set(told))
    if stray:
        raise DisclosureError(f"{', '.join(stray)} was not published by Caselight: no event tells of it. Remove it.")
    changed = sorted(label for label, event in told.items() if event.release != found[label])
    if changed:
        raise DisclosureError(f"{', '.join(changed)} is not what was published: release.json was changed. Put it back.")
    foreign = sorted(label for label, event in told.items() if event.entry not in entries)
    if foreign:
        raise DisclosureError(f"The ledger has no entry for {', '.join(foreign)}. {REPAIR}")


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()


_NONE = Event(0, "", "", "", "", "", "", "", "")
