"""The register of releases: a draft is written, two named people approve it, and the same bytes become a publication.

The register is the folders themselves: `<drafts>/<quarter>/<vintage>/` and `<publications>/<quarter>/<vintage>/`, each
with its checksums; a publication adds `release.json`. A published vintage is never changed: other bytes are a new one.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from publications.content import METADATA_FILE
from publications.edition import QUARTER
from publications.errors import PublicationError
from publications.folders import PRIVATE, PUBLIC, checksums, read_checked, replace_folder, write_folder

INTERNAL = "internal/"
RELEASE_FILE = "release.json"
VINTAGE = re.compile(r"v([1-9]\d*)")


class State(StrEnum):
    """Where a vintage stands. Approval publishes at once: what was approved cannot change before it is public."""

    DRAFT = "draft"
    PUBLISHED = "published"


NEXT_STATES: dict[State, tuple[State, ...]] = {
    State.DRAFT: (State.DRAFT, State.PUBLISHED),  # a draft may be written again until it is approved
    State.PUBLISHED: (),
}


@dataclass(frozen=True)
class Approver:
    """A person who answers for a release, and in which role."""

    name: str
    role: str


@dataclass(frozen=True)
class Vintage:
    """One entry of the register."""

    quarter: str
    name: str
    state: State
    path: Path


def register(drafts: Path, publications: Path, quarter: str) -> list[Vintage]:
    """Return the vintages of a quarter, oldest first. A vintage that is both draft and publication is published."""
    _check_name(QUARTER, quarter, "2023-Q4")
    found = {name: Vintage(quarter, name, State.DRAFT, drafts / quarter / name) for name in _vintages(drafts / quarter)}
    for name in _vintages(publications / quarter):
        found[name] = Vintage(quarter, name, State.PUBLISHED, publications / quarter / name)
    return sorted(found.values(), key=lambda vintage: _number(vintage.name))


def write_draft(
    drafts: Path, publications: Path, quarter: str, content: Mapping[str, bytes], internal: Mapping[str, bytes]
) -> Vintage:
    """Write the public files of a release, and its internal reports, as a draft; return its entry in the register.

    `content`: public files, with `metadata.json` among them. `internal`: file name -> bytes, kept in `internal/` and
    never published. The bytes of the latest publication, or of the draft, change nothing; an unapproved draft is
    written again; beside a publication with other bytes a new vintage is begun.
    """
    files = {**content, **{f"{INTERNAL}{name}": report for name, report in internal.items()}}
    published = published_as(drafts, publications, quarter, content)
    if published:
        return published
    vintages = register(drafts, publications, quarter)
    folder = drafts / quarter / _name_of_next(vintages)
    replace_folder(folder, files, folder.with_name(f".{folder.name}.writing"), PRIVATE)
    return Vintage(quarter, folder.name, State.DRAFT, folder)


def published_as(drafts: Path, publications: Path, quarter: str, content: Mapping[str, bytes]) -> Vintage | None:
    """Return the latest published vintage of the quarter if it has just these public files."""
    published = [v for v in register(drafts, publications, quarter) if v.state is State.PUBLISHED]
    return published[-1] if published and _published_files(published[-1]) == dict(content) else None


def seals(publications: Path) -> dict[str, str]:
    """Return the ledger's seal of every publication: quarter and vintage, such as `2023-Q4 v1`, -> seal.

    Empty text for a publication that has none. Raises PublicationError when a publication was touched.
    """
    folders = sorted(path for path in publications.glob("*/v*") if VINTAGE.fullmatch(path.name))
    records = {f"{path.parent.name} {path.name}": json.loads(read_checked(path)[RELEASE_FILE]) for path in folders}
    return {label: record.get("ledger_seal", "") for label, record in records.items()}


def _name_of_next(vintages: list[Vintage]) -> str:
    """The latest vintage if it may still become a draft, else the one after it."""
    if not vintages:
        return "v1"
    latest = vintages[-1]
    return latest.name if State.DRAFT in NEXT_STATES[latest.state] else f"v{_number(latest.name) + 1}"


def _published_files(vintage: Vintage) -> dict[str, bytes]:
    return {name: content for name, content in read_checked(vintage.path).items() if name != RELEASE_FILE}


def approve(
    drafts: Path,
    publications: Path,
    quarter: str,
    vintage: str,
    approver: Approver,
    second_approver: Approver,
    note: str,
    approved_on: date,
    ledger_seal: str,
) -> Path:
    """Publish a draft under the names of two people; return the publication's folder.

    `ledger_seal`: the hash that closes the ledger of everything published with this release in it; it is published, so
    that a ledger that lost its end is found out.

    Raises PublicationError when the names are not two, the draft is missing or was touched, or the vintage is published
    already. Repeating the very same approval changes nothing.
    """
    _check_name(QUARTER, quarter, "2023-Q4")
    _check_name(VINTAGE, vintage, "v1")
    _check_two_people(approver, second_approver)
    files = _public_files(drafts / quarter / vintage)
    record = _release_record(files, quarter, vintage, [approver, second_approver], note, approved_on, ledger_seal)
    folder = publications / quarter / vintage
    published = {**files, RELEASE_FILE: record}
    if folder.exists():
        _check_same(folder, published)
    else:
        # staged among the drafts, so that the public never meets a half-written folder
        write_folder(folder, published, drafts / quarter / f".{vintage}.publishing", PUBLIC)
    return folder


def internal_files(drafts: Path, quarter: str, vintage: str) -> dict[str, bytes]:
    """Return the internal reports of a draft, by file name. Raises PublicationError as `approve` does."""
    _check_name(QUARTER, quarter, "2023-Q4")
    _check_name(VINTAGE, vintage, "v1")
    files = _draft_files(drafts / quarter / vintage)
    return {name.removeprefix(INTERNAL): content for name, content in files.items() if name.startswith(INTERNAL)}


def _public_files(draft: Path) -> dict[str, bytes]:
    return {name: content for name, content in _draft_files(draft).items() if not name.startswith(INTERNAL)}


def _draft_files(draft: Path) -> dict[str, bytes]:
    if not draft.is_dir():
        raise PublicationError(f"There is no draft {draft.parent.name} {draft.name}; run `caselight publish` first.")
    return read_checked(draft)


def _release_record(
    files: Mapping[str, bytes],
    quarter: str,
    vintage: str,
    approvers: list[Approver],
    note: str,
    approved_on: date,
    ledger_seal: str,
) -> bytes:
    metadata = json.loads(files[METADATA_FILE])
    if metadata["quarter"] != quarter:
        raise PublicationError(
            f"The draft in {quarter} {vintage} describes {metadata['quarter']}; write it again from its run."
        )
    record = {
        "synthetic": metadata["synthetic"],
        "quarter": quarter,
        "vintage": vintage,
        "state": State.PUBLISHED,
        "as_of": metadata["as_of"],
        "known_at": metadata["known_at"],
        "approved_on": approved_on.isoformat(),
        "approvers": [asdict(approver) for approver in approvers],
        "note": note,
        "ledger_seal": ledger_seal,
        "files": checksums(files),
    }
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()


def _check_same(folder: Path, published: Mapping[str, bytes]) -> None:
    if read_checked(folder) != dict(published):
        raise PublicationError(
            f"{folder.parent.name} {folder.name} is published already, and a publication is never changed; "
            "other figures are a new vintage: write a new draft."
        )


def _check_two_people(first: Approver, second: Approver) -> None:
    names = {_plain(first.name), _plain(second.name)}
    if len(names) != 2 or "" in names:
        raise PublicationError("A release needs two different people by name; give --by and --second.")


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _check_name(pattern: re.Pattern[str], name: str, example: str) -> None:
    if not pattern.fullmatch(name):
        raise PublicationError(f"{name!r} does not look like {example}; write it so.")


def _vintages(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("v*") if VINTAGE.fullmatch(path.name) and path.is_dir()]


def _number(vintage: str) -> int:
    return int(vintage.removeprefix("v"))
