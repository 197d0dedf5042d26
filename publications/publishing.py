"""A draft is written, two named people approve it, and files made anew from what was proved become a publication.

A publication has its files, their checksums, and `release.json`. It is never changed: other figures are a new vintage,
and the same figures in other words a new rendering of theirs (`register.py`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from publications.approvers import Approver, as_written, check_text, check_two_people
from publications.edition import METADATA_FILE, NAME, QUARTER, check_name
from publications.errors import PublicationError
from publications.folders import PRIVATE, PUBLIC, checksums, read_checked, replace_folder, write_folder
from publications.plain_files import PUT_BACK, name_of, printable, read_object, refuse_links
from publications.register import State, Vintage, latest_rendering, name_of_rendering

INTERNAL = "internal/"
RELEASE_FILE = "release.json"


@dataclass(frozen=True)
class Approval:
    """Who answers for a release, on which day, and what they say to it."""

    first: Approver
    second: Approver
    note: str
    day: date


@dataclass(frozen=True)
class Publication:
    """What a publication says of itself: its `release.json`, and that file's SHA-256."""

    record: Mapping[str, Any]
    sha256: str


def write_draft(
    drafts: Path,
    publications: Path,
    quarter: str,
    vintage: str,
    content: Mapping[str, bytes],
    internal: Mapping[str, bytes],
) -> Vintage:
    """Write the public files of a vintage, and its internal files, as a draft; return its entry in the register.

    `vintage`: such as v1, whose cells they show. `content`: public files, with `metadata.json` among them. `internal`:
    file name -> bytes, kept in `internal/` and never published. The bytes of the vintage's latest publication change
    nothing; other bytes of a published vintage are a draft of its next rendering; an unapproved draft is written again.
    """
    refuse_links(drafts, publications)
    published = latest_rendering(publications, quarter, vintage)
    if published and public_files(published.path) == dict(content):
        return published
    name = name_of_rendering(vintage, published.rendering + 1 if published else 1)
    files = {**content, **{f"{INTERNAL}{name}": report for name, report in internal.items()}}
    folder = drafts / quarter / name
    replace_folder(folder, files, folder.with_name(f".{name}.writing"), PRIVATE)
    return Vintage(quarter, name, State.DRAFT, folder)


def read_draft(drafts: Path, quarter: str, name: str) -> dict[str, bytes]:
    """Return every file of a draft but its checksums.

    Raises PublicationError when there is none, or when one was changed, added, lost or made a link.
    """
    check_name(QUARTER, quarter, "2023-Q4")
    check_name(NAME, name, "v1 or v1-r2")
    draft = drafts / quarter / name
    if not draft.is_dir():
        raise PublicationError(f"There is no draft {quarter} {name}; run `caselight publish` first.")
    return read_checked(draft)


def known_at_of(files: Mapping[str, bytes]) -> date:
    """Return the day up to which the records behind these public files had been received."""
    return date.fromisoformat(read_object(files[METADATA_FILE], METADATA_FILE)["known_at"])


def times_of(files: Mapping[str, bytes]) -> tuple[str, str]:
    """Return as_of and known_at of these public files. Raises KeyError when they hold no metadata."""
    metadata = read_object(files[METADATA_FILE], METADATA_FILE)
    return metadata["as_of"], metadata["known_at"]


def internal_files(draft: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the internal files of a draft, by their name in `internal/`."""
    return {name.removeprefix(INTERNAL): file for name, file in draft.items() if name.startswith(INTERNAL)}


def refuse_other_files(draft: Mapping[str, bytes], made: Mapping[str, bytes], label: str) -> None:
    """Hold the public files of a draft against those made anew from what was proved.

    Raises PublicationError naming those that are not there, that nothing made, and that differ by a byte.
    """
    public = {name: file for name, file in draft.items() if not name.startswith(INTERNAL)}
    told = [f"{name} is missing" for name in made if name not in public]
    told += [f"{printable(name)} is none of its files" for name in public if name not in made]
    told += [f"{name} differs" for name, file in made.items() if public.get(name, file) != file]
    if told:
        raise PublicationError(
            f"The files of the draft {label} are not those that its protected figures and frozen words give: "
            f"{'; '.join(told)}. They were changed, or the program was: run the quarter again, then approve."
        )


def release_record(
    files: Mapping[str, bytes],
    vintage: Vintage,
    approval: Approval,
    ledger_seal: str,
    replaced: Publication | None = None,
) -> bytes:
    """Return the `release.json` of the public files.

    `ledger_seal`: the hash that closes the ledger of everything published with this release in it; it is published, so
    that a ledger that lost its end is found out. `replaced`: of a re-issue, the rendering before.

    Raises PublicationError when the names are not two, the files are of another quarter, or a re-issue has no reason.
    """
    check_two_people(approval.first, approval.second)
    check_text(approval.note, "The note")
    if vintage.rendering > 1 and not any(map(str.isalpha, approval.note)):
        raise PublicationError(
            f"{vintage.label} re-issues {vintage.vintage} in other words: say why, with --note; it is published."
        )
    record = {
        **_times(files, vintage),
        "approved_on": approval.day.isoformat(),
        "approvers": [{"name": as_written(one.name), "role": one.role} for one in (approval.first, approval.second)],
        "note": approval.note,
        "ledger_seal": ledger_seal,
        **({"replaces": {"release": replaced.sha256, "files": replaced.record["files"]}} if replaced else {}),
        "files": checksums(files),
    }
    return (json.dumps(record, ensure_ascii=False, indent=2) + "\n").encode()


def _times(files: Mapping[str, bytes], vintage: Vintage) -> dict[str, Any]:
    metadata = read_object(files[METADATA_FILE], METADATA_FILE)
    if metadata["quarter"] != vintage.quarter:
        raise PublicationError(f"The draft {vintage.label} describes {metadata['quarter']}; write it again.")
    return {
        "synthetic": metadata["synthetic"],
        "quarter": vintage.quarter,
        "vintage": vintage.vintage,
        "rendering": vintage.rendering,
        "state": State.PUBLISHED,
        "as_of": metadata["as_of"],
        "known_at": metadata["known_at"],
    }


def publish(drafts: Path, publications: Path, vintage: Vintage, files: Mapping[str, bytes], record: bytes) -> Path:
    """Write public files with their `release.json` as a publication; return its folder, which is new."""
    refuse_links(drafts, publications)
    folder = publications / vintage.quarter / vintage.name
    # staged among the drafts, so that the public never meets a half-written folder
    staging = drafts / vintage.quarter / f".{vintage.name}.publishing"
    write_folder(folder, {**files, RELEASE_FILE: record}, staging, PUBLIC)
    return folder


def refuse_another_approval(published: Vintage, approval: Approval) -> None:
    """Raises PublicationError unless a publication was approved in just this way: a publication is never changed."""
    files = read_checked(published.path)
    record = read_object(files[RELEASE_FILE], RELEASE_FILE)
    replaced = record.get("replaces")
    before = Publication({"files": replaced["files"]}, replaced["release"]) if replaced else None
    again = release_record(public_files(published.path), published, approval, record["ledger_seal"], before)
    if again != files[RELEASE_FILE]:
        raise PublicationError(
            f"{published.label} is published already, and a publication is never changed; other figures are a new "
            "vintage, and other words a new rendering: run the quarter again."
        )


def public_files(published: Path) -> dict[str, bytes]:
    """Return the files of a publication but its `release.json` and checksums."""
    return {name: content for name, content in read_checked(published).items() if name != RELEASE_FILE}


def published_definitions(publications: Path, quarter: str, vintage: str) -> list[Any]:
    """Return what the tables of a published vintage count, as `TableSpec.definition`; nothing for one before that."""
    metadata = read_object(public_files(publications / quarter / vintage)[METADATA_FILE], METADATA_FILE)
    return [table.get("definition") for table in metadata["tables"]]


def all_published(publications: Path) -> dict[str, Publication]:
    """Return every publication: quarter and name, such as `2023-Q4 v1-r2` -> what it says of itself.

    Raises PublicationError, naming it, for one whose files are not those of its `release.json`, and for anything else
    that lies there.
    """
    refuse_links(publications)
    return {f"{path.parent.name} {path.name}": read_publication(path) for path in _folders(publications)}


def read_publication(folder: Path) -> Publication:
    """Return what a publication says of itself. Raises PublicationError when its files are not those it names."""
    files = read_checked(folder)
    name = f"{folder.parent.name} {folder.name}"
    file = files.pop(RELEASE_FILE, b"")
    record = read_object(file, f"{RELEASE_FILE} of {name}")
    if record.get("files") != checksums(files):
        raise PublicationError(f"The files of {name} are not those of its {RELEASE_FILE}. Put back what was published.")
    return Publication(record, hashlib.sha256(file).hexdigest())


def _folders(publications: Path) -> Iterator[Path]:
    for quarter in _only(publications, QUARTER):
        yield from _only(quarter, NAME)


def _only(folder: Path, pattern: Any) -> list[Path]:
    try:
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise PublicationError(f"{name_of(folder)} cannot be read ({error.strerror}). {PUT_BACK}") from error
    stray = [path for path in paths if not pattern.fullmatch(path.name) or path.is_symlink() or not path.is_dir()]
    if stray:
        raise PublicationError(
            f"{printable(stray[0].name)} in {folder.name} is no publication of Caselight: move it elsewhere."
        )
    return paths
