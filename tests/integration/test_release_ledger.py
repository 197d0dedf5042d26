"""The ledger on disk and the approval that adds to it: together, or not at all, whenever the process is killed."""

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from anonymization.disclosure.ledger.chain import Ledger, Link, link_bytes
from anonymization.disclosure.ledger.entry import Entry
from anonymization.disclosure.ledger.history import History, entry_of_release, joint_history
from anonymization.disclosure.ledger.kept import Kept, kept_bytes
from anonymization.disclosure.ledger.past import Published
from anonymization.errors import DisclosureError
from pipelines.errors import RunError
from pipelines.release import drafts as release_stage
from pipelines.release.draft_notes import note_draft
from pipelines.release.drafts import approve
from pipelines.release.ledger_folder import Record, open_ledger
from pipelines.release.protect_release import ENTRY_FILE, KEPT_FILE
from pipelines.release.rendering import RENDERING_FILE
from pipelines.run.settings import Settings
from publications.errors import PublicationError
from publications.publishing import read_draft, write_draft
from publications.register import State, Vintage
from tests.support.two_years import MULTIPLE, RULE, TIMINGS, two_years

STEPS = list(two_years())[:3]  # two quarters, then the first one's second vintage
LABELS = ["2023-Q1 v1", "2023-Q2 v1", "2023-Q1 v2"]
DAYS = {"2023-Q1": "2023-03-31", "2023-Q2": "2023-06-30"}


def entries() -> list[tuple[Entry, Kept]]:
    past: list[Published] = []
    for step in STEPS:
        history = History(tuple(past), step.edition, TIMINGS, MULTIPLE)
        joint = joint_history(history, step.release, RULE)
        cell = joint.model.rows["cell"].to_numpy()
        cells = joint.model.rows.assign(count=joint.counts[cell]).astype({"count": "Int64"})
        cells["count"] = cells["count"].mask((cells["count"] > 0).to_numpy() & ~joint.frozen[cell])
        ours = cells[cells["table_id"].isin(["F1", "F2", "E1", "S1"])]
        entry = entry_of_release(history, step.release, joint.stated, RULE, ours)
        past.append(Published(entry, step.release.counts))
    return [(published.entry, Kept(published.counts)) for published in past]


ENTRIES = entries()


@pytest.fixture
def desk(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "data", tmp_path / "state", tmp_path / "key", None)


def draft(desk: Settings, number: int, ledger: Ledger | None = None, figure: int = 10) -> Ledger:
    """Lays down the draft of one step as a run would, protected against the ledger as it stands; gives that with it."""
    if ledger is None:
        with open_ledger(desk) as record:
            ledger = record.ledger
    entry, kept = ENTRIES[number]
    grown = ledger.append(entry)
    quarter = entry.edition.quarter
    times = {"as_of": DAYS[quarter], "known_at": DAYS[quarter]}
    metadata = json.dumps({"synthetic": True, "quarter": quarter, **times})
    public = {"T1.csv": f"count\n{figure + number}\n", "metadata.json": metadata}
    link = next(link for link in grown.links if link.entry.edition == entry.edition)
    lay_down(desk, link, kept, public)
    return grown


def lay_down(desk: Settings, link: Link, kept: Kept, public: dict[str, str]) -> Vintage:
    """Writes and notes a draft of these public files, which the renderer of these tests makes again."""
    edition = link.entry.edition
    internal = {ENTRY_FILE: link_bytes(link), KEPT_FILE: kept_bytes(kept, link)}
    content = {name: text.encode() for name, text in public.items()}
    place = desk.drafts, desk.publications, edition.quarter, f"v{edition.vintage}"
    draft = write_draft(*place, content, {**internal, RENDERING_FILE: json.dumps(public).encode()})
    if draft.state is State.DRAFT:
        desk.ledger.mkdir(mode=0o700, parents=True, exist_ok=True)
        note_draft(desk.ledger, draft.label, read_draft(desk.drafts, edition.quarter, draft.name))
    return draft


@pytest.fixture(autouse=True)
def renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for the workbooks: what is frozen is what is published."""

    def rendered(file: bytes, entry: Entry, name: str) -> dict[str, bytes]:
        return {name: text.encode() for name, text in json.loads(file).items()}

    monkeypatch.setattr(release_stage, "rendered", rendered)


def approved(desk: Settings, number: int, note: str = "") -> Path:
    edition = ENTRIES[number][0].edition
    return approve(desk, edition.quarter, f"v{edition.vintage}", "Ana", "Olena", note, date(2024, 1, 20))


def record_of(desk: Settings) -> Record:
    with open_ledger(desk) as record:
        return record


def labels(desk: Settings) -> list[str]:
    return [link.entry.edition.label for link in record_of(desk).ledger.links]


def publish_all(desk: Settings) -> None:
    for number in range(len(STEPS)):
        draft(desk, number)
        approved(desk, number)


def test_what_is_approved_stands_in_the_ledger_second_vintages_too(desk: Settings) -> None:
    publish_all(desk)
    record = record_of(desk)
    assert [link.entry.edition.label for link in record.ledger.links] == LABELS
    stated = [json.loads(path.read_bytes())["ledger_seal"] for path in desk.publications.glob("*/*/release.json")]
    assert {link.seal for link in record.ledger.links} == set(stated)
    assert set(record.published[2].counts) == set(STEPS[2].release.counts)
    assert record.vintages("2023-Q1") == 2 and record.vintages("2024-Q1") == 0


def test_the_ledger_is_private_and_its_two_parts_lie_apart(desk: Settings) -> None:
    publish_all(desk)
    paths = sorted(path.relative_to(desk.ledger).as_posix() for path in desk.ledger.rglob("*") if path.is_file())
    names = ["0001_2023-Q1_v1.json", "0002_2023-Q2_v1.json", "0003_2023-Q1_v2.json"]
    assert paths == [
        "drafts.json",
        *(f"{part}/{name}" for part in ("events", "internal", "published") for name in names),
    ]
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (desk.ledger, *desk.ledger.rglob("*")) if path.is_dir()}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in desk.ledger.rglob("*.json")} == {0o600}


def test_the_same_approval_again_changes_nothing(desk: Settings) -> None:
    draft(desk, 0)
    approved(desk, 0)
    before = {path: path.read_bytes() for path in desk.data.rglob("*") if path.is_file()}
    approved(desk, 0)
    assert {path: path.read_bytes() for path in desk.data.rglob("*") if path.is_file()} == before
    with pytest.raises(PublicationError, match="published already"):
        approved(desk, 0, note="on second thoughts")
    assert labels(desk) == LABELS[:1]


def test_a_draft_that_was_not_held_against_the_newest_release_is_refused(desk: Settings) -> None:
    draft(desk, 0)
    draft(desk, 1)  # protected as if nothing had been published
    approved(desk, 0)
    with pytest.raises(DisclosureError, match="Since the draft 2023-Q2 v1 was protected, something else was published"):
        approved(desk, 1)
    assert labels(desk) == LABELS[:1] and not (desk.publications / "2023-Q2").exists()
    draft(desk, 1)
    approved(desk, 1)
    assert labels(desk) == LABELS[:2]


def test_a_refused_approval_leaves_the_ledger_alone(desk: Settings) -> None:
    draft(desk, 0)
    with pytest.raises(PublicationError, match="two different people"):
        approve(desk, "2023-Q1", "v1", "Ana", "Ana", "", date(2024, 1, 20))
    assert labels(desk) == [] and not (desk.ledger / "pending").exists()


def test_a_draft_without_what_it_was_made_from_is_refused(desk: Settings) -> None:
    internal = {"disclosure_audit.json": b"{}"}
    write_draft(desk.drafts, desk.publications, "2023-Q1", "v1", {"metadata.json": b"{}"}, internal)
    with pytest.raises(RunError, match="does not hold what it was made from"):
        approve(desk, "2023-Q1", "v1", "Ana", "Olena", "", date(2024, 1, 20))


def test_a_publication_made_before_there_was_a_ledger_is_refused(desk: Settings) -> None:
    draft(desk, 0)
    approved(desk, 0)
    folder = desk.publications / "2023-Q1/v1"
    record = json.loads((folder / "release.json").read_bytes())
    (folder / "release.json").write_text(json.dumps({**record, "ledger_seal": ""}), "utf-8")
    redo_checksums(folder)
    with pytest.raises(DisclosureError, match="2023-Q1 v1 was published before there was a ledger"):
        record_of(desk)


def redo_checksums(folder: Path) -> None:
    """As somebody would who hides a change."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "checksums.sha256"]
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder).as_posix()}\n" for p in paths]
    (folder / "checksums.sha256").write_text("".join(lines), "utf-8")


# Tampering on the disk -----------------------------------------------------------------------------------------------


def lose_the_last(desk: Settings) -> None:
    for part in ("published", "internal"):
        (desk.ledger / part / "0003_2023-Q1_v2.json").unlink()


def lose_the_first(desk: Settings) -> None:
    (desk.ledger / "published/0001_2023-Q1_v1.json").unlink()


def lose_all(desk: Settings) -> None:
    shutil.rmtree(desk.ledger)


def lose_what_is_behind(desk: Settings) -> None:
    (desk.ledger / "internal/0002_2023-Q2_v1.json").unlink()


def change_what_is_behind(desk: Settings) -> None:
    path = desk.ledger / "internal/0002_2023-Q2_v1.json"
    path.write_bytes(path.read_bytes().replace(b'"C1"', b'"C2"', 1))


def change_a_row(desk: Settings) -> None:
    path = desk.ledger / "published/0002_2023-Q2_v1.json"
    path.write_bytes(path.read_bytes().replace(b",null]", b",7]", 1))


def delete_a_row(desk: Settings) -> None:
    path = desk.ledger / "published/0002_2023-Q2_v1.json"
    content = json.loads(path.read_bytes())
    content["entry"]["cells"]["rows"].pop()
    path.write_text(json.dumps(content), "utf-8")


def swap(desk: Settings) -> None:
    one, other = (desk.ledger / "published" / name for name in ("0001_2023-Q1_v1.json", "0002_2023-Q2_v1.json"))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def lose_the_publication(desk: Settings) -> None:
    shutil.rmtree(desk.publications / "2023-Q2")


@pytest.mark.parametrize(
    ("harm", "named"),
    [
        (lose_the_last, "2023-Q1 v2"),
        (lose_the_first, "2023-Q2 v1"),
        (lose_all, "2023-Q1 v1, 2023-Q1 v2, 2023-Q2 v1"),
        (lose_what_is_behind, "0002 2023-Q2 v1"),
        (change_what_is_behind, "0002 2023-Q2 v1"),
        (change_a_row, "2023-Q2 v1"),
        (delete_a_row, "2023-Q2 v1"),
        (swap, "2023-Q2 v1"),
        (lose_the_publication, "2023-Q2 v1"),
    ],
)
def test_nothing_is_protected_or_published_beside_a_ledger_that_was_changed(
    desk: Settings, harm: Callable[[Settings], None], named: str
) -> None:
    publish_all(desk)
    harm(desk)
    with pytest.raises(DisclosureError, match=named):
        record_of(desk)
    with pytest.raises(DisclosureError, match=named):
        approved(desk, 0)


# Killed while approving ----------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process: from its first step on the disk that fails, none is taken any more."""


STEPS_ON_DISK = [
    (os, "fsync"),
    (os, "fchmod"),
    (Path, "rename"),
    (Path, "replace"),
    (Path, "mkdir"),
    (shutil, "rmtree"),
]
MOMENTS = range(1, 45)


def kill_at(monkeypatch: pytest.MonkeyPatch, moment: int) -> list[int]:
    """From its nth step on the disk the process takes none; gives the list in which the steps are counted."""
    taken: list[int] = []

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            taken.append(1)
            if len(taken) >= moment:
                raise Killed
            return real(*args, **options)

        return step

    for owner, name in STEPS_ON_DISK:
        monkeypatch.setattr(owner, name, dying(getattr(owner, name)))
    return taken


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_step_the_ledger_and_the_publication_appear_together(
    desk: Settings, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    draft(desk, 0)
    approved(desk, 0)
    draft(desk, 1)
    with monkeypatch.context() as broken:
        kill_at(broken, moment)
        with suppress(Killed):
            approved(desk, 1)
    is_public = (desk.publications / "2023-Q2/v1").exists()
    assert labels(desk) == LABELS[: 1 + is_public]  # whoever opens it next finishes or drops what was begun
    assert not (desk.ledger / "pending").exists() and not (desk.ledger / "staging").exists()
    approved(desk, 1)
    assert labels(desk) == LABELS[:2]


@pytest.mark.parametrize("moment", range(1, 36, 2))
def test_killed_while_re_issuing_the_rendering_and_its_event_appear_together(
    desk: Settings, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    grown = draft(desk, 0)
    first = approved(desk, 0)
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    draft_in_other_words(desk, grown)
    with monkeypatch.context() as broken:
        kill_at(broken, moment)
        with suppress(Killed):
            re_issued(desk)
    record = record_of(desk)
    is_public = (desk.publications / "2023-Q1/v1-r2").exists()
    assert [event.kind for event in record.events] == ["published", "re-issued"][: 1 + is_public]
    assert not (desk.ledger / "pending").exists() and not (desk.ledger / "staging").exists()
    re_issued(desk)
    assert [event.publication for event in record_of(desk).events] == ["2023-Q1 v1", "2023-Q1 v1-r2"]
    assert labels(desk) == LABELS[:1]
    assert {path.name: path.read_bytes() for path in first.iterdir()} == before


def draft_in_other_words(desk: Settings, ledger: Ledger) -> None:
    times = {"as_of": DAYS["2023-Q1"], "known_at": DAYS["2023-Q1"]}
    metadata = json.dumps({"synthetic": True, "quarter": "2023-Q1", "words": "others", **times})
    lay_down(desk, ledger.links[0], ENTRIES[0][1], {"T1.csv": "count\n10\n", "metadata.json": metadata})


def re_issued(desk: Settings) -> Path:
    return approve(desk, "2023-Q1", "v1-r2", "Ana", "Olena", "a word was wrong", date(2024, 1, 20))


def test_the_moments_cover_the_whole_re_issue(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    grown = draft(desk, 0)
    approved(desk, 0)
    draft_in_other_words(desk, grown)
    with monkeypatch.context() as watched:
        taken = kill_at(watched, 10_000)
        re_issued(desk)
    assert 25 < len(taken) < 36


def test_a_ledger_without_events_is_refused_with_a_way_out(desk: Settings) -> None:
    publish_all(desk)
    shutil.rmtree(desk.ledger / "events")
    with pytest.raises(DisclosureError, match=r"no event of 2023-Q1 v1.*use a new one"):
        record_of(desk)


def test_the_last_event_is_missed(desk: Settings) -> None:
    publish_all(desk)
    (desk.ledger / "events/0003_2023-Q1_v2.json").unlink()
    with pytest.raises(DisclosureError, match="no event of 2023-Q1 v2"):
        record_of(desk)


def test_events_are_sealed_one_on_the_other_with_the_hash_of_their_publication(desk: Settings) -> None:
    publish_all(desk)
    events, links = record_of(desk).events, record_of(desk).ledger.links
    assert [event.publication for event in events] == LABELS and {event.kind for event in events} == {"published"}
    assert [event.previous for event in events] == ["0" * 64, *(event.seal for event in events[:-1])]
    assert [event.entry for event in events] == [link.seal for link in links]
    for event in events:
        folder = desk.publications / event.publication.replace(" ", "/")
        assert hashlib.sha256((folder / "release.json").read_bytes()).hexdigest() == event.release


def test_an_approval_lies_between_the_draft_and_today(desk: Settings) -> None:
    draft(desk, 0)
    for day in (date(2023, 3, 30), date(2999, 1, 1)):
        with pytest.raises(PublicationError, match="is approved from that day on"):
            approve(desk, "2023-Q1", "v1", "Ana", "Olena", "", day)
    assert labels(desk) == [] and not desk.publications.exists()


def test_the_moments_cover_the_whole_approval(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    draft(desk, 0)
    approved(desk, 0)
    draft(desk, 1)
    with monkeypatch.context() as watched:
        taken = kill_at(watched, 10_000)
        approved(desk, 1)
    assert max(MOMENTS) - 5 < len(taken) < max(MOMENTS)
