"""The chain: each entry is sealed by a hash over itself and the hash before it, so that no past can be changed unseen.

A hash is made from what was published and nothing else, since the newest one is published too: a hash over hidden
counts would let anybody try counts until it fits.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anonymization.disclosure.ledger.editions import PUBLIC
from anonymization.disclosure.ledger.entry import Entry, canonical, described, entry_of
from anonymization.errors import DisclosureError

START = "0" * 64  # what the first entry is sealed on
PARTS = {"number": int, "previous": str, "entry": dict, "seal": str}
REPAIR = "Put back the file that was written; nothing is protected against a ledger that was changed."


@dataclass(frozen=True, eq=False)
class Link:
    """One sealed entry. number: its place, from 1. previous, seal: SHA-256 in hexadecimal digits."""

    number: int
    previous: str
    entry: Entry
    seal: str

    @property
    def name(self) -> str:
        """Its place and edition, as file names and messages give it."""
        return f"{self.number:04d} {self.entry.edition.label}"


@dataclass(frozen=True, eq=False)
class Ledger:
    """Sealed entries, oldest first; `read_ledger` makes one from files and lets no broken one pass."""

    links: tuple[Link, ...] = ()

    @property
    def head(self) -> str:
        """The seal of the newest entry, which stands for all of them."""
        return self.links[-1].seal if self.links else START

    def append(self, entry: Entry) -> "Ledger":
        """The ledger with one more entry. Raises DisclosureError when the edition stands in it already."""
        if any(link.entry.edition.label == entry.edition.label for link in self.links):
            raise DisclosureError(f"{entry.edition.label} stands in the ledger already, and the past is never changed.")
        number = len(self.links) + 1
        link = Link(number, self.head, entry, _seal(number, self.head, described(entry)))
        return Ledger((*self.links, link))


def link_bytes(link: Link) -> bytes:
    """The file of one sealed entry."""
    content = {"number": link.number, "previous": link.previous, "entry": described(link.entry), "seal": link.seal}
    return canonical(content) + b"\n"


def read_ledger(files: Sequence[bytes]) -> Ledger:
    """The ledger from its files, oldest first.

    Raises DisclosureError, naming the entry, when one was changed by a single byte, removed, added or moved. That the
    newest entries are missing shows only against a seal kept elsewhere: `refuse_lost_entries`.
    """
    links: list[Link] = []
    for number, file in enumerate(files, start=1):
        previous = links[-1].seal if links else START
        links.append(_checked_link(file, number, previous))
    return Ledger(tuple(links))


def read_alone(file: bytes) -> Link:
    """One sealed entry by itself, its place in the chain not looked at. Raises DisclosureError when it was changed."""
    content = _content(file, 0)
    return _checked_link(file, content["number"], content["previous"])


def refuse_lost_entries(ledger: Ledger, published: Mapping[str, str]) -> None:
    """Holds the ledger against seals that stand elsewhere: edition's label -> the seal published with it.

    Raises DisclosureError naming the editions that the ledger lacks or has with another seal, and public ones that
    stand nowhere else.
    """
    seals = {link.entry.edition.label: link.seal for link in ledger.links}
    lost = sorted(label for label, seal in published.items() if seals.get(label) != seal)
    if lost:
        raise DisclosureError(f"The ledger does not hold {', '.join(lost)} as published. {REPAIR}")
    public = {link.entry.edition.label for link in ledger.links if link.entry.edition.audience == PUBLIC}
    alone = sorted(public - set(published))
    if alone:
        raise DisclosureError(f"The ledger holds {', '.join(alone)}, of which there is no publication. Put it back.")


def _checked_link(file: bytes, number: int, previous: str) -> Link:
    content = _content(file, number)
    name = f"Entry {number} of the ledger ({_label(content)})"
    if content["number"] != number or content["previous"] != previous:
        raise DisclosureError(f"{name} does not follow the one before it: an entry was removed or moved. {REPAIR}")
    seal = _seal(number, previous, content["entry"])
    if seal != content["seal"] or canonical(content) + b"\n" != file:
        raise DisclosureError(f"{name} is not what was written: it was changed. {REPAIR}")
    return Link(number, previous, entry_of(content["entry"]), seal)


def _content(file: bytes, number: int) -> dict[str, Any]:
    try:
        content = json.loads(file)
        canonical(content)  # texts that no file can hold are none of ours
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or {name: type(part) for name, part in content.items()} != PARTS:
        raise DisclosureError(f"Entry {number} of the ledger cannot be read: it was changed. {REPAIR}")
    return content


def _label(content: Mapping[str, Any]) -> str:
    try:
        edition = content["entry"]["edition"]
        return f"{edition['quarter']} v{edition['vintage']} {edition['audience']}"
    except (KeyError, TypeError):
        return "unreadable"


def _seal(number: int, previous: str, entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical({"number": number, "previous": previous, "entry": entry})).hexdigest()
