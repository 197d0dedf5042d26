"""What stands behind an entry and is never published: true leaf counts, and the tables that proved it safe.

With them earlier hidden counts are protected and audited again, and published cells are made again to the byte.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from anonymization.disclosure.ledger.chain import REPAIR, Link
from anonymization.disclosure.ledger.entry import Entry, canonical, describe_counts, frame_of
from anonymization.disclosure.ledger.past import Moves
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from anonymization.disclosure.tables.table_set import Release
from anonymization.errors import DisclosureError


@dataclass(frozen=True, eq=False)
class Kept:
    """What stands behind one entry.

    counts:    population -> true counts at the leaf codes.
    witnesses: fingerprint of each component of the ledger that the entry joined and that was then found safe -> how the
               whole tables that proved it differ from the truth, atoms numbered as in its joint model.
    """

    counts: Mapping[str, pd.DataFrame] = field(repr=False)
    witnesses: Mapping[str, Moves] = field(default_factory=dict, repr=False)


def kept_bytes(kept: Kept, link: Link) -> bytes:
    """The inside file of an entry, bound to it by its seal and closed by a hash of its own."""
    content = {
        "seal": link.seal,
        "counts": describe_counts(kept.counts),
        "witnesses": {name: [[*map(list, move)] for move in moves] for name, moves in kept.witnesses.items()},
    }
    return canonical({**content, "hash": _hash(content)}) + b"\n"


def read_kept(file: bytes, link: Link) -> Kept:
    """What stands behind an entry. Raises DisclosureError when the file was changed or belongs to another entry."""
    try:
        content = json.loads(file)
        told = content.pop("hash")
        is_whole = canonical({**content, "hash": told}) + b"\n" == file and _hash(content) == told
        if not is_whole or content["seal"] != link.seal:
            raise ValueError("another file")
        counts = {name: frame_of(frame).astype({"count": "int64"}) for name, frame in content["counts"].items()}
        witnesses = {name: _moves(moves) for name, moves in content["witnesses"].items()}
    except (ValueError, AttributeError, KeyError, IndexError, TypeError, OverflowError, RecursionError):
        raise DisclosureError(
            f"What is kept behind entry {link.name} is not what was written: it was changed. {REPAIR}"
        ) from None
    return Kept(counts, witnesses)


def _moves(content: list[list[list[int]]]) -> Moves:
    return tuple(tuple((atom, change) for atom, change in move) for move in content)


def rebuilt_cells(entry: Entry, counts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The entry's cells made again from the counts behind it and its marks: the same frame, to the byte.

    Where a method published an interval, its ends stay as they were. Raises DisclosureError when a shown count is not
    the one that the counts give.
    """
    cells = _beside_truth(entry, counts)
    true = cells["true"].astype("Int64").mask(cells["count"].isna())
    exact = pd.Series(True, cells.index) if "lower" not in entry.cells else entry.cells["lower"].isna()
    if ((true != cells["count"]).fillna(False) & exact).any():
        raise DisclosureError(f"The counts kept for {entry.edition.label} do not give its published cells. {REPAIR}")
    return cells.assign(count=true.where(exact, cells["count"]))[list(entry.cells.columns)]


def marked_cells(entry: Entry, counts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The entry's cells made again, with `status` as inside: published, primary or secondary."""
    cells = _beside_truth(entry, counts)
    status = cells["is_small"].map({True: "primary", False: "secondary"}).where(cells["count"].isna(), "published")
    return rebuilt_cells(entry, counts).assign(status=status)


def _beside_truth(entry: Entry, counts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The entry's cells with the true count, `true`, and whether it must be hidden, `is_small`."""
    model = build_model(entry.table_set)
    true = model.cells @ model.tabulate(Release(entry.table_set, counts))
    is_small = requirements(model, entry.rule).primary(true)
    cell = model.rows["cell"].to_numpy()
    rows = model.rows[model.keys].assign(true=true[cell], is_small=is_small[cell])
    return entry.cells.merge(rows, on=model.keys, how="left")


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(content)).hexdigest()
