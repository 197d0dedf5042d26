"""Which drafts a run has written, noted in the ledger's folder: who can write a draft cannot write there unseen.

A draft's own checksums can be made anew by whoever changes it. So the run notes one hash over all its files elsewhere,
and approval holds the draft against that.
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from anonymization.disclosure.ledger.entry import canonical
from pipelines.errors import RunError
from pipelines.run.builds import sync_folder
from publications.folders import digest_of
from publications.plain_files import read_file, read_object

NOTES, FRESH = "drafts.json", "drafts.json.new"


def note_draft(ledger: Path, label: str, draft: Mapping[str, bytes]) -> None:
    """Notes a draft (file name -> bytes) under its label, such as `2023-Q4 v1`. For who holds the ledger."""
    notes = {**read_notes(ledger), label: digest_of(draft)}
    try:
        _replace(ledger, _written(notes))
    except OSError as error:
        raise RunError(
            f"the draft could not be noted in {ledger} ({error.strerror}); repair that, then run again"
        ) from None


def _replace(ledger: Path, content: bytes) -> None:
    fresh = ledger / FRESH
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(ledger / NOTES)
    sync_folder(ledger)


def refuse_unknown_draft(ledger: Path, label: str, draft: Mapping[str, bytes]) -> None:
    """Raises RunError when the draft is not the one that a run noted, whatever its own checksums say."""
    if read_notes(ledger).get(label) != digest_of(draft):
        raise RunError(
            f"the draft {label} is not the one that its run wrote: it was changed since, with its checksums, or comes "
            "from elsewhere; run its quarter again, then approve"
        )


def read_notes(ledger: Path) -> dict[str, str]:
    """The notes: label -> hash. Raises RunError or PublicationError when they are not what was written."""
    if not os.path.lexists(ledger / NOTES):
        return {}
    file = read_file(ledger, NOTES)
    notes = read_object(file, f"{NOTES} of the ledger").get("drafts")
    if not isinstance(notes, dict) or _written(notes) != file:
        raise RunError(
            f"{NOTES} of the ledger is not what was written; remove it, and run the quarters of drafts again"
        )
    return notes


def _written(notes: Mapping[str, str]) -> bytes:
    return canonical({"drafts": notes, "hash": hashlib.sha256(canonical(notes)).hexdigest()}) + b"\n"
