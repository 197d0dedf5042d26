"""The register on disk: two people, untouched drafts, vintages for other bytes only, whole folders at any moment."""

import errno
import hashlib
import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from publications.approvers import Approver
from publications.errors import PublicationError
from publications.publishing import (
    INTERNAL,
    Approval,
    publish,
    read_draft,
    read_publication,
    refuse_another_approval,
    release_record,
    write_draft,
)
from publications.register import NEXT_STATES, State, Vintage, latest_rendering, register

QUARTER = "2023-Q4"
FIRST = Approver("Ana Synthetic", "statistician")
SECOND = Approver("Olena Synthetic", "data protection officer")
SEAL = "5ea1" * 16
REPORT = {"disclosure_report.json": b'{"hidden": 7}\n'}


def public_files(figure: int = 10) -> dict[str, bytes]:
    metadata = {"synthetic": True, "quarter": QUARTER, "as_of": "2023-12-31", "known_at": "2024-01-15"}
    return {"T1.csv": f"count\n{figure}\n".encode(), "metadata.json": json.dumps(metadata).encode()}


@dataclass(frozen=True)
class Desk:
    """Where one test's drafts and publications lie."""

    drafts: Path
    publications: Path

    def draft(self, figure: int = 10, report: bytes = REPORT["disclosure_report.json"], vintage: str = "v1") -> Path:
        internal = {"disclosure_report.json": report}
        return write_draft(self.drafts, self.publications, QUARTER, vintage, public_files(figure), internal).path

    def approve(self, name: str = "v1", first: Approver = FIRST, second: Approver = SECOND, note: str = "") -> Path:
        """As the pipeline approves, but that the draft's own files stand for those made anew."""
        approval = Approval(first, second, note, date(2024, 1, 20))
        draft = read_draft(self.drafts, QUARTER, name)
        files = {name: file for name, file in draft.items() if not name.startswith(INTERNAL)}
        wanted = Vintage(QUARTER, name, State.PUBLISHED, self.publications / QUARTER / name)
        if wanted.path.exists():
            refuse_another_approval(wanted, approval)
            return wanted.path
        before = latest_rendering(self.publications, QUARTER, wanted.vintage)
        replaced = read_publication(before.path) if before else None
        record = release_record(files, wanted, approval, SEAL, replaced)
        return publish(self.drafts, self.publications, wanted, files, record)

    def states(self) -> list[tuple[str, str]]:
        return [(vintage.name, vintage.state) for vintage in register(self.drafts, self.publications, QUARTER)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "drafts", tmp_path / "publications")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_publication_has_the_bytes_of_its_draft_and_nothing_internal(desk: Desk) -> None:
    draft = files_of(desk.draft())
    published = files_of(desk.approve())
    assert sorted(draft) == ["T1.csv", "checksums.sha256", "internal/disclosure_report.json", "metadata.json"]
    assert sorted(published) == ["T1.csv", "checksums.sha256", "metadata.json", "release.json"]
    assert {name: published[name] for name in public_files()} == public_files()


def test_the_release_record_says_who_and_what(desk: Desk) -> None:
    desk.draft()
    record = json.loads((desk.approve(note="Second look at T4") / "release.json").read_text(encoding="utf-8"))
    assert record == {
        "synthetic": True,
        "quarter": QUARTER,
        "vintage": "v1",
        "rendering": 1,
        "state": "published",
        "as_of": "2023-12-31",
        "known_at": "2024-01-15",
        "approved_on": "2024-01-20",
        "approvers": [
            {"name": "Ana Synthetic", "role": "statistician"},
            {"name": "Olena Synthetic", "role": "data protection officer"},
        ],
        "note": "Second look at T4",
        "ledger_seal": SEAL,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in public_files().items()},
    }


def test_anyone_can_check_the_sums(desk: Desk) -> None:
    desk.draft()
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "checksums.sha256"], cwd=desk.approve(), capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["T1.csv: OK", "metadata.json: OK", "release.json: OK"]


@pytest.mark.parametrize(
    ("first", "second"), [("Ana", "Ana"), ("Ana Pop", " ana  POP "), ("Ana", ""), (" ", "Ana"), ("ﬁn", "fin")]
)
def test_two_different_names_are_needed(desk: Desk, first: str, second: str) -> None:
    desk.draft()
    with pytest.raises(PublicationError, match="two different people"):
        desk.approve(first=Approver(first, "a"), second=Approver(second, "b"))
    assert desk.states() == [("v1", "draft")]


def change(draft: Path) -> None:
    (draft / "T1.csv").write_bytes(b"count\n11\n")


def add(draft: Path) -> None:
    (draft / "T2.csv").write_bytes(b"")


def lose(draft: Path) -> None:
    (draft / "metadata.json").unlink()


def change_the_report(draft: Path) -> None:
    (draft / "internal/disclosure_report.json").write_bytes(b"{}")


def lose_the_sums(draft: Path) -> None:
    (draft / "checksums.sha256").unlink()


def link(draft: Path) -> None:
    (draft.parent / "key").write_bytes(b"secret")
    (draft / "key").symlink_to(draft.parent / "key")


def link_the_whole(draft: Path) -> None:
    draft.rename(draft.with_name("elsewhere"))
    draft.symlink_to("elsewhere")


def give_a_second_name(draft: Path) -> None:
    os.link(draft / "T1.csv", draft.parent / "other")


def make_a_pipe(draft: Path) -> None:
    os.mkfifo(draft / "pipe")


TOUCHES = [change, add, lose, change_the_report, lose_the_sums]
TRICKS = [link, link_the_whole, give_a_second_name, make_a_pipe]


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_touched_draft_is_refused_and_can_be_written_again(desk: Desk, touch: Callable[[Path], None]) -> None:
    written = files_of(desk.draft())
    touch(desk.drafts / QUARTER / "v1")
    with pytest.raises(PublicationError, match="not those that were written"):
        desk.approve()
    assert not desk.publications.exists()
    assert files_of(desk.draft()) == written


@pytest.mark.parametrize("trick", TRICKS)
def test_links_and_pipes_in_a_draft_are_never_followed(desk: Desk, trick: Callable[[Path], None]) -> None:
    desk.draft()
    trick(desk.drafts / QUARTER / "v1")
    with pytest.raises(PublicationError, match=r"symbolic link|hard link|no regular file"):
        desk.approve()
    assert not desk.publications.exists()


def test_without_a_draft_there_is_nothing_to_approve(desk: Desk) -> None:
    with pytest.raises(PublicationError, match="no draft 2023-Q4 v1"):
        desk.approve()


@pytest.mark.parametrize("vintage", ["v0", "1", "../v1", "v1/internal"])
def test_a_vintage_is_called_v_and_a_number(desk: Desk, vintage: str) -> None:
    desk.draft()
    with pytest.raises(PublicationError, match="use the form v1"):
        desk.approve(vintage)


@pytest.mark.parametrize("name", ["../outside.csv", "/outside.csv"])
def test_no_file_lies_outside_its_release(desk: Desk, name: str) -> None:
    with pytest.raises(PublicationError, match="not the name of a file inside"):
        write_draft(desk.drafts, desk.publications, QUARTER, "v1", {**public_files(), name: b""}, REPORT)
    assert desk.states() == []


def test_the_same_approval_twice_changes_nothing_and_another_is_refused(desk: Desk) -> None:
    desk.draft()
    published = files_of(desk.approve())
    assert files_of(desk.approve()) == published
    with pytest.raises(PublicationError, match="published already"):
        desk.approve(note="on second thoughts")
    assert files_of(desk.publications / QUARTER / "v1") == published


def test_other_bytes_of_a_vintage_are_a_rendering_beside_it(desk: Desk) -> None:
    desk.draft(10)
    desk.approve()
    desk.draft(10, report=b"another report")
    assert desk.states() == [("v1", "published")]
    desk.draft(11)
    assert desk.states() == [("v1", "published"), ("v1-r2", "draft")]
    first = files_of(desk.publications / QUARTER / "v1")
    with pytest.raises(PublicationError, match="say why"):
        desk.approve("v1-r2")
    again = desk.approve("v1-r2", note="A phrase corrected")
    assert desk.states() == [("v1", "published"), ("v1-r2", "published")]
    assert files_of(desk.publications / QUARTER / "v1") == first
    record = json.loads((again / "release.json").read_bytes())
    assert (record["vintage"], record["rendering"], record["note"]) == ("v1", 2, "A phrase corrected")
    assert record["replaces"]["release"] == hashlib.sha256(first["release.json"]).hexdigest()
    assert record["replaces"]["files"] == json.loads(first["release.json"])["files"]
    desk.draft(12, vintage="v2")
    assert desk.states()[-1] == ("v2", "draft")


def test_an_unapproved_draft_is_written_again_in_place(desk: Desk) -> None:
    desk.draft(10)
    assert files_of(desk.draft(11))["T1.csv"] == b"count\n11\n"
    assert files_of(desk.draft(11, report=b"new"))["internal/disclosure_report.json"] == b"new"
    assert desk.states() == [("v1", "draft")]


def test_vintages_are_ordered_by_number(desk: Desk) -> None:
    for figure in range(11):
        desk.draft(figure, vintage=f"v{figure + 1}")
        desk.approve(f"v{figure + 1}")
    assert [name for name, _ in desk.states()] == [f"v{number}" for number in range(1, 12)]


def test_a_touched_publication_is_told(desk: Desk) -> None:
    desk.draft()
    change(desk.approve())
    with pytest.raises(PublicationError, match="not those that were written"):
        desk.draft()


def test_what_is_published_never_changes_state() -> None:
    assert NEXT_STATES[State.PUBLISHED] == ()
    assert set(NEXT_STATES) == set(State)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("strict_umask")
def test_publications_can_be_read_by_all_and_drafts_by_their_owner(desk: Desk) -> None:
    draft, published = desk.draft(), desk.approve()
    assert {mode(path) for path in published.iterdir()} == {0o644}
    assert {mode(path) for path in (desk.publications, published.parent, published)} == {0o755}
    assert {mode(path) for path in draft.rglob("*") if path.is_file()} == {0o600}
    assert {mode(path) for path in (desk.drafts, draft.parent, draft, draft / "internal")} == {0o700}


def test_the_mode_of_an_existing_folder_is_left_alone(desk: Desk) -> None:
    desk.publications.mkdir(parents=True)
    desk.publications.chmod(0o711)
    desk.draft()
    desk.approve()
    assert mode(desk.publications) == 0o711


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours runs to clean up after it."""


STEPS = [(os, "fsync"), (os, "fchmod"), (Path, "rename"), (Path, "mkdir")]


def break_at(monkeypatch: pytest.MonkeyPatch, moment: int, failure: BaseException) -> None:
    """Let the process fail at its nth step on the disk."""
    steps = iter(range(1, 10_000))

    def broken(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **options: Any) -> Any:
            if next(steps) == moment:
                raise failure
            return real(*args, **options)

        return step

    for owner, name in STEPS:
        monkeypatch.setattr(owner, name, broken(getattr(owner, name)))


def visible(desk: Desk) -> dict[str, dict[str, bytes]]:
    """What a reader of the publications can see: every folder and file, whatever its name."""
    return {path.name: files_of(path) for path in desk.publications.glob("*/*")}


MOMENTS = range(1, 21)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_approving_the_public_sees_all_or_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: int, tmp_path: Path
) -> None:
    other = Desk(tmp_path / "other/drafts", tmp_path / "other/publications")
    other.draft()
    whole = files_of(other.approve())
    desk.draft()
    with monkeypatch.context() as broken:
        break_at(broken, moment, Killed())
        try:
            desk.approve()
        except Killed:
            assert visible(desk) in ({}, {"v1": whole})
    assert files_of(desk.approve()) == whole
    assert visible(desk) == {"v1": whole}


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_rewriting_a_draft_the_draft_is_old_or_new_or_not_there(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    old = files_of(desk.draft(10))
    with monkeypatch.context() as broken:
        break_at(broken, moment, Killed())
        try:
            desk.draft(11)
        except Killed:
            left = [files_of(vintage.path)["T1.csv"] for vintage in register(desk.drafts, desk.publications, QUARTER)]
            assert left in ([], [old["T1.csv"]], [b"count\n11\n"])
    new = files_of(desk.draft(11))
    assert new["T1.csv"] == b"count\n11\n"
    assert [path.name for path in (desk.drafts / QUARTER).iterdir()] == ["v1"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing_half_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    desk.draft()
    with monkeypatch.context() as broken:
        break_at(broken, moment, OSError(errno.ENOSPC, "No space left on device"))
        try:
            desk.approve()
        except PublicationError as told:
            assert "2023-Q4/v1 could not be written: No space left on device" in str(told)
    assert set(visible(desk)) <= {"v1"}
    assert [path.name for path in (desk.drafts / QUARTER).iterdir()] == ["v1"]
    desk.approve()


def test_the_moments_cover_the_whole_of_both_steps(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were there more steps than moments, the tests above would leave some untried."""
    desk.draft()
    with monkeypatch.context() as broken:
        break_at(broken, max(MOMENTS), Killed())
        desk.draft(11)
    with monkeypatch.context() as broken:
        break_at(broken, max(MOMENTS), Killed())
        desk.approve()
