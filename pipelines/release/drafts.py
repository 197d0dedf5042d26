"""Protected cells -> draft -> publication: only files made anew from what was proved and sealed become public."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.disclosure.ledger.chain import Link, read_alone
from anonymization.disclosure.ledger.entry import Entry
from anonymization.disclosure.ledger.events import PUBLISHED, REISSUED, next_event
from anonymization.disclosure.ledger.kept import read_kept, rebuilt_cells
from anonymization.errors import DisclosureError
from case_store.profile import Profile, load_profile
from pipelines.errors import RunError
from pipelines.release.draft_notes import note_draft, refuse_unknown_draft
from pipelines.release.internal_report import REPORT_FILES
from pipelines.release.ledger_folder import Record, adding, open_ledger
from pipelines.release.protect_release import CELLS_FILE, ENTRY_FILE, KEPT_FILE, REPORT_FILE
from pipelines.release.rendering import RENDERING_FILE, frozen_inputs, rendered
from pipelines.run.policy_in_force import public_policy
from pipelines.run.progress import report
from pipelines.run.reference_time import ReferenceTime, last_day_of
from pipelines.run.sealing import sealed
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import check_snapshot
from publications.approvers import Approver, as_written, check_day, check_two_people
from publications.publishing import (
    Approval,
    internal_files,
    known_at_of,
    public_files,
    publish,
    read_draft,
    refuse_another_approval,
    refuse_other_files,
    release_record,
    write_draft,
)
from publications.register import State, Vintage, latest_rendering, name_of_rendering

INTERNAL_FILES = (*REPORT_FILES, REPORT_FILE, CELLS_FILE, ENTRY_FILE, KEPT_FILE)
NEEDED_FILES = {ENTRY_FILE, KEPT_FILE, RENDERING_FILE}


@sealed("the draft")
def draft_release(settings: Settings, build: Path, snapshot: Path, time: ReferenceTime) -> Vintage:
    """Writes the public files of the quarter that ends on `as_of`, and the internal reports, as a draft.

    A vintage, the latest or an earlier one, that is published already, but would now be published in other words, is a
    draft of its next rendering.
    """
    report("Writing the draft")
    check_snapshot(snapshot)
    frozen = frozen_inputs(public_policy(settings), load_profile(settings.profile), build, snapshot, time)
    entry = read_alone((build / ENTRY_FILE).read_bytes()).entry
    files = {name: (build / name).read_bytes() for name in INTERNAL_FILES if (build / name).exists()}
    place = settings.drafts, settings.publications, time.quarter
    with open_ledger(settings):
        content = _next_content(settings, frozen, entry)
        written = write_draft(*place, f"v{entry.edition.vintage}", content, {**files, RENDERING_FILE: frozen})
        if written.state is State.DRAFT:
            note_draft(settings.ledger, written.label, read_draft(settings.drafts, time.quarter, written.name))
    return written


@sealed("the approval")
def approve(
    settings: Settings, quarter: str, vintage: str, by: str, second: str, note: str, approved_on: date | None = None
) -> Path:
    """Publishes a draft, such as v1 or v1-r2, under two names, and puts it in the ledger; gives the new folder.

    What is published is made here from the sealed cells and the frozen words of the draft, whose own files must be the
    same to the byte. Raises DisclosureError when something else was published since the draft was protected, and
    RunError or PublicationError when the draft was touched, or the names are not two.
    """
    today = datetime.now(UTC).date()
    people = Approver(by, "approver"), Approver(second, "second approver")
    approval = Approval(*people, as_written(note), approved_on or today)
    wanted = Vintage(quarter, vintage, State.PUBLISHED, settings.publications / quarter / vintage)
    with open_ledger(settings) as record:
        if wanted.label in record.publications:  # the very same approval changes nothing, and another is refused
            refuse_another_approval(wanted, approval)
            return wanted.path
        draft = read_draft(settings.drafts, quarter, vintage)
        check_two_people(approval.first, approval.second)
        _refuse_draft_without_proof(draft, wanted)
        refuse_unknown_draft(settings.ledger, wanted.label, draft)
        internal = internal_files(draft)
        link = _proved(record, internal, wanted)
        files = rendered(internal[RENDERING_FILE], link.entry, wanted.name)
        refuse_other_files(draft, files, wanted.label)
        check_day(approval.day, known_at_of(files), today)
        return _publish(settings, record, wanted, link, files, approval, internal)


def _publish(
    settings: Settings,
    record: Record,
    wanted: Vintage,
    link: Link,
    files: Mapping[str, bytes],
    approval: Approval,
    internal: Mapping[str, bytes],
) -> Path:
    before = name_of_rendering(wanted.vintage, wanted.rendering - 1) if wanted.rendering > 1 else ""
    replaced = record.publications[f"{wanted.quarter} {before}"] if before else None
    release = release_record(files, wanted, approval, link.seal, replaced)
    sha256, earlier = hashlib.sha256(release).hexdigest(), replaced.sha256 if replaced else ""
    kind = REISSUED if replaced else PUBLISHED
    event = next_event(record.events, kind, wanted.label, link.seal, sha256, earlier, approval.note)
    entry = () if replaced else (internal[ENTRY_FILE], internal[KEPT_FILE])
    with adding(settings, event, *entry):
        return publish(settings.drafts, settings.publications, wanted, files, release)


def _proved(record: Record, internal: Mapping[str, bytes], wanted: Vintage) -> Link:
    """The draft's entry: of a first rendering the next in the ledger, of another one that which stands there."""
    link = read_alone(internal[ENTRY_FILE])
    kept = read_kept(internal[KEPT_FILE], link)
    if not rebuilt_cells(link.entry, kept.counts).equals(link.entry.cells):
        raise DisclosureError(
            f"The cells of the draft {wanted.label} are not those that its counts give: run it again."
        )
    if link.entry.edition.label != f"{wanted.quarter} {wanted.vintage}":
        raise DisclosureError(f"The draft {wanted.label} holds the cells of {link.entry.edition.label}: run it again.")
    if wanted.rendering > 1:
        _refuse_other_cells(record, link, wanted)
    elif link.previous != record.ledger.head:
        raise DisclosureError(
            f"Since the draft {wanted.label} was protected, something else was published, which it was not held "
            "against: run its quarter again, then approve."
        )
    return link


def _refuse_other_cells(record: Record, link: Link, wanted: Vintage) -> None:
    published = record.link_of(link.entry.edition.label)
    before = f"{wanted.quarter} {name_of_rendering(wanted.vintage, wanted.rendering - 1)}"
    if not published or published.seal != link.seal or before not in record.publications:
        raise DisclosureError(
            f"The draft {wanted.label} re-issues what was not published, or was since: run its quarter again."
        )


def _refuse_draft_without_proof(draft: Mapping[str, bytes], wanted: Vintage) -> None:
    if not set(internal_files(draft)) >= NEEDED_FILES:
        raise RunError(
            f"the draft {wanted.label} does not hold what it was made from; an earlier version of the program may have "
            "written it: run its quarter again"
        )


def ends_a_quarter(time: ReferenceTime) -> bool:
    """Whether there is something to publish: tables are of whole quarters."""
    return time.as_of == last_day_of(time.quarter)


def released_content(
    policy: DisclosurePolicy, profile: Profile, build: Path, snapshot: Path, time: ReferenceTime
) -> dict[str, bytes]:
    """All files that would be published first of a protected build, made without the status of its cells: name ->
    bytes."""
    entry = read_alone((build / ENTRY_FILE).read_bytes()).entry
    return rendered(frozen_inputs(policy, profile, build, snapshot, time), entry, f"v{entry.edition.vintage}")


def _next_content(settings: Settings, frozen: bytes, entry: Entry) -> dict[str, bytes]:
    """The files of the vintage's latest publication, where it would say the same today; else of its next rendering."""
    vintage = f"v{entry.edition.vintage}"
    latest = latest_rendering(settings.publications, entry.edition.quarter, vintage)
    content = rendered(frozen, entry, latest.name if latest else vintage)
    if latest is None or content == public_files(latest.path):
        return content
    return rendered(frozen, entry, name_of_rendering(vintage, latest.rendering + 1))
