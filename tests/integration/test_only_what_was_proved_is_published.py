"""Nothing becomes public, and nothing stays in use, but what was proved: every file is harmed in every way, and told.

Drafts, publications and the ledger of a small quarter made by hand. Whoever harms a file may also make its checksums
again, and note the draft anew: each border is tried without the one before it.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from anonymization.disclosure.ledger.chain import Link, link_bytes, read_alone
from anonymization.disclosure.ledger.chain import _seal as seal_of
from anonymization.disclosure.ledger.entry import described, entry_of
from anonymization.disclosure.ledger.kept import kept_bytes, read_kept
from pipelines.release import rendering
from pipelines.release.draft_notes import NOTES, note_draft
from pipelines.release.ledger_folder import open_ledger
from pipelines.release.protect_release import ENTRY_FILE, KEPT_FILE
from pipelines.release.release_listing import listed
from pipelines.release.rendering import RENDERING_FILE
from pipelines.run.sealing import OUR_REFUSALS
from publications.publishing import read_draft
from tests.support.hand_made_marts import COUNTIES, QUARTER, Line, line_in, write_marts
from tests.support.tables_by_id import publish_only

NEXT = {"as_of": date(2024, 3, 31), "known_at": date(2024, 4, 14)}
CSV = "T1_registrations.csv"


@pytest.fixture(scope="module", autouse=True)
def published_tables() -> Iterator[None]:
    """The hand-made marts hold what these two count."""
    with pytest.MonkeyPatch.context() as patch:
        publish_only(patch, "T1", "T4")
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The data folder once a draft was written, and once it was published."""
    folders = {state: tmp_path_factory.mktemp(state) for state in ("drafted", "published")}
    line = line_in(folders["drafted"])
    write_marts(line)
    line.draft()
    shutil.copytree(line.settings.data, folders["published"] / "data")
    line_in(folders["published"]).approve()
    return folders


def copied(made: Path, folder: Path) -> Line:
    for part in ("drafts", "ledger", "publications"):
        shutil.rmtree(folder / "data" / part, ignore_errors=True)
        if (made / "data" / part).exists():
            shutil.copytree(made / "data" / part, folder / "data" / part)
    (folder / "data").chmod(0o700)
    return line_in(folder)


@pytest.fixture
def line(made: dict[str, Path], tmp_path: Path) -> Line:
    (tmp_path / "data").mkdir()
    return copied(made["drafted"], tmp_path)


def draft_of(line: Line) -> Path:
    return line.settings.drafts / QUARTER / "v1"


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(OUR_REFUSALS) as told:
        act()
    assert "withheld" not in str(told.value)
    return str(told.value)


def opened(line: Line) -> None:
    with open_ledger(line.settings):
        pass


# The ways in which a file is harmed ----------------------------------------------------------------------------------


def flip_first(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])


def flip_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x80
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def remove(file: Path) -> None:
    file.unlink()


def double(file: Path) -> None:
    shutil.copy(file, file.with_name(f"copy of {file.name}"))


def link(file: Path) -> None:
    elsewhere = Path(tempfile.mkdtemp()) / "elsewhere"
    shutil.move(file, elsewhere)
    file.symlink_to(elsewhere)


def make_a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def make_a_folder(file: Path) -> None:
    file.unlink()
    (file / "inside").mkdir(parents=True)
    (file / "inside" / "file").write_bytes(b"")


HARMS = (flip_first, flip_middle, cut, empty, remove, double, link, make_a_pipe, make_a_folder)


def files_below(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def redo_checksums(folder: Path) -> None:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "checksums.sha256"]
    lines = {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
    (folder / "checksums.sha256").write_text("".join(f"{lines[name]}  {name}\n" for name in sorted(lines)), "utf-8")


def note_anew(line: Line) -> None:
    note_draft(line.settings.ledger, f"{QUARTER} v1", read_draft(line.settings.drafts, QUARTER, "v1"))


@pytest.mark.parametrize("harm", HARMS)
def test_a_draft_that_was_harmed_is_told_by_file_and_never_used(
    made: dict[str, Path], tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    names = files_below(made["drafted"] / "data" / "drafts")
    assert len(names) > 12
    (tmp_path / "data").mkdir()
    for name in names:
        line = copied(made["drafted"], tmp_path)
        harm(line.settings.drafts / name)
        told = refused(line.approve)
        assert name.name in told or f"{QUARTER}/v1" in told, f"{name}: {told}"
        assert not line.settings.publications.exists()


@pytest.mark.parametrize("harm", HARMS)
def test_a_publication_or_ledger_that_was_harmed_is_told_and_never_used(
    made: dict[str, Path], tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    data = made["published"] / "data"
    names = [path for part in ("ledger", "publications") for path in [Path(part) / n for n in files_below(data / part)]]
    assert len(names) > 12
    (tmp_path / "data").mkdir()
    for name in names:
        line = copied(made["published"], tmp_path)
        harm(line.settings.data / name)
        told = refused(lambda line=line: opened(line))
        assert named(name, told), f"{name}: {told}"
        refused(line.approve)
        refused(line.draft)


def named(name: Path, told: str) -> bool:
    """The file, or the entry or publication that it is of."""
    return any(word in told for word in (name.name, "2023-Q4_v1", "2023-Q4 v1", "2023-Q4/v1"))


# Whoever makes the checksums again -----------------------------------------------------------------------------------


def edit_a_figure(draft: Path) -> None:
    file = draft / CSV
    file.write_text(file.read_text("utf-8").replace(",A,", ",A ,", 1), "utf-8")


def add_a_file(draft: Path) -> None:
    (draft / "notes.txt").write_bytes(b"not ours")


def lose_a_workbook(draft: Path) -> None:
    (draft / f"caselight_{QUARTER}_en.xlsx").unlink()


def rename_a_code(draft: Path) -> None:
    file = draft / "internal" / RENDERING_FILE
    file.write_text(file.read_text("utf-8").replace("RO421 in en", "Somewhere else", 1), "utf-8")


def show_a_hidden_count(draft: Path) -> None:
    """As somebody would who knows how an entry is sealed: its true count stands beside it."""
    place, behind = draft / "internal" / ENTRY_FILE, draft / "internal" / KEPT_FILE
    link = read_alone(place.read_bytes())
    kept = read_kept(behind.read_bytes(), link)
    content = described(link.entry)
    column = content["cells"]["columns"].index("count")
    hidden = next(row for row in content["cells"]["rows"] if row[column] is None)
    hidden[column] = 3
    forged = Link(link.number, link.previous, entry_of(content), seal_of(link.number, link.previous, content))
    place.write_bytes(link_bytes(forged))
    behind.write_bytes(kept_bytes(kept, forged))


FORGERIES = (edit_a_figure, add_a_file, lose_a_workbook, rename_a_code, show_a_hidden_count)


@pytest.mark.parametrize("forge", FORGERIES)
def test_new_checksums_do_not_make_a_changed_draft_pass(line: Line, forge: Callable[[Path], None]) -> None:
    forge(draft_of(line))
    redo_checksums(draft_of(line))
    assert "is not the one that its run wrote" in refused(line.approve)
    assert not line.settings.publications.exists()


@pytest.mark.parametrize(
    ("forge", "told"),
    [
        (edit_a_figure, f"{CSV} differs"),
        (add_a_file, "notes.txt is none of its files"),
        (lose_a_workbook, f"caselight_{QUARTER}_en.xlsx is missing"),
        (rename_a_code, f"caselight_{QUARTER}_en.xlsx differs"),
        (show_a_hidden_count, "differs|do not give its published cells"),
    ],
)
def test_what_is_published_is_made_again_from_the_sealed_cells(
    line: Line, forge: Callable[[Path], None], told: str
) -> None:
    """Even where the note of the draft was made again, too."""
    forge(draft_of(line))
    redo_checksums(draft_of(line))
    note_anew(line)
    assert any(part in refused(line.approve) for part in told.split("|"))
    assert not line.settings.publications.exists()


def test_a_link_in_a_draft_publishes_no_key(line: Line, tmp_path: Path) -> None:
    key = tmp_path / "pseudonym.key"
    key.write_bytes(b"secret")
    (draft_of(line) / "T9.csv").symlink_to(key)
    redo_checksums(draft_of(line))
    assert "T9.csv in drafts/2023-Q4/v1 is a symbolic link" in refused(line.approve)
    assert not line.settings.publications.exists()


@pytest.mark.parametrize("folder", ["drafts/2023-Q4", "drafts/2023-Q4/v1", "drafts/2023-Q4/v1/internal", "ledger"])
def test_a_folder_that_is_a_link_is_not_entered(line: Line, folder: str) -> None:
    place = line.settings.data / folder
    place.rename(line.settings.data / "elsewhere")
    place.symlink_to(line.settings.data / "elsewhere")
    refused(line.approve)
    assert not line.settings.publications.exists()


@pytest.mark.parametrize("to", ["publications", "elsewhere"])
@pytest.mark.parametrize("linked", ["drafts", "drafts/2023-Q4"])
def test_no_draft_is_written_through_a_link(made: dict[str, Path], tmp_path: Path, linked: str, to: str) -> None:
    """Else its internal files, with true counts, would lie among the publications."""
    (tmp_path / "data").mkdir()
    line = copied(made["published"], tmp_path)
    place = line.settings.data / linked
    target = line.settings.data / to / place.relative_to(line.settings.drafts)
    target.mkdir(parents=True, exist_ok=True)
    before = sorted(target.rglob("*"))
    shutil.rmtree(place)
    place.symlink_to(target)
    write_marts(line, {**COUNTIES, "RO321": COUNTIES["RO321"] + 1})
    assert f"{linked} is a symbolic link" in refused(line.draft)
    assert sorted(target.rglob("*")) == before


@pytest.mark.parametrize("linked", ["publications", "publications/2023-Q4"])
def test_nothing_is_published_through_a_link(line: Line, linked: str) -> None:
    elsewhere, place = line.settings.data / "elsewhere", line.settings.data / linked
    elsewhere.mkdir()
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(elsewhere)
    refused(line.approve)
    assert not [*elsewhere.iterdir()]


def test_a_second_name_of_a_file_is_told(line: Line) -> None:
    os.link(draft_of(line) / CSV, line.settings.data / "second name")
    assert "hard link" in refused(line.approve)


def test_a_changed_program_does_not_publish_what_nobody_read(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "public_reports", lambda *_: {})
    assert "or the program was: run the quarter again" in refused(line.approve)


# Broken and stray ----------------------------------------------------------------------------------------------------

ODD_BYTES = (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"number": "1"}', b"[" * 100_000, b'{"a": "\\ud800"}')


def places(line: Line) -> Iterator[Path]:
    ledger = line.settings.ledger
    for name in files_below(ledger):
        yield ledger / name
    yield ledger / "pending" / "event.json"
    yield line.settings.publications / QUARTER / "v1" / "release.json"


@pytest.mark.parametrize("content", ODD_BYTES, ids=range(len(ODD_BYTES)))
def test_what_is_no_json_of_ours_is_answered_with_a_sentence(
    made: dict[str, Path], tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "data").mkdir()
    for place in list(places(copied(made["published"], tmp_path))):
        line = copied(made["published"], tmp_path)
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)
        if place.name == "release.json":
            redo_checksums(place.parent)
        refused(lambda line=line: opened(line))


@pytest.mark.parametrize(
    "stray",
    [
        "ledger/x",
        "ledger/.x",
        "ledger/events/x.json",
        "ledger/events/.x",
        "publications/.x",
        "publications/2023-Q4/v1/.x",
        "ledger/internal/x",
        "publications/x",
        "publications/2023-Q4/v2/x",
    ],
)
def test_a_stray_file_is_named(made: dict[str, Path], tmp_path: Path, stray: str) -> None:
    (tmp_path / "data").mkdir()
    line = copied(made["published"], tmp_path)
    place = line.settings.data / stray
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(b"")
    assert any(word in refused(lambda: opened(line)) for word in ("x", "v2"))


@pytest.mark.parametrize("part", ["pending", "events", "published", "internal", NOTES])
def test_what_should_be_a_folder_or_a_file_is_so(made: dict[str, Path], tmp_path: Path, part: str) -> None:
    (tmp_path / "data").mkdir()
    line = copied(made["published"], tmp_path)
    place = line.settings.ledger / part
    if place.is_dir():
        shutil.rmtree(place)
    if place.exists():
        place.unlink()
        place.mkdir()
    else:
        place.write_bytes(b"")
    assert part in refused(lambda: opened(line))


@pytest.mark.parametrize("name", ["V1", "v1\N{FULLWIDTH DIGIT ONE}", "v01", "v1-r1", "v1 "])
def test_a_folder_that_only_looks_like_a_publication_is_named(made: dict[str, Path], tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    line = copied(made["published"], tmp_path)
    folder = line.settings.publications / QUARTER
    (folder / "v1").rename(folder / name)
    assert f"{name} in {QUARTER} is no publication" in refused(lambda: opened(line))


def test_a_quarter_in_other_digits_is_none(made: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    line = copied(made["published"], tmp_path)
    folder = line.settings.publications / QUARTER
    folder.rename(folder.with_name("".join(chr(0x660 + int(c)) if c.isdigit() else c for c in QUARTER)))
    assert "is no publication" in refused(lambda: opened(line))


@pytest.mark.parametrize("name", ["v2", "v1-r2", "2024-Q1"])
def test_a_draft_that_was_moved_is_not_published(line: Line, name: str) -> None:
    """Neither to another name nor to another quarter, even where it was noted there."""
    moved, vintage = (line, name) if name.startswith("v") else (replace(line, **NEXT), "v1")
    place = line.settings.drafts / moved.time.quarter / vintage
    place.parent.mkdir(exist_ok=True)
    draft_of(line).rename(place)
    assert "is not the one that its run wrote" in refused(lambda: moved.approve(vintage))
    note_draft(
        line.settings.ledger, f"{moved.time.quarter} {vintage}", read_draft(*place.parents[1:2], *place.parts[-2:])
    )
    told = refused(lambda: moved.approve(vintage, note="moved"))
    assert "holds the cells of 2023-Q4 v1" in told or "re-issues what was not published" in told
    assert not line.settings.publications.exists()


def test_a_note_is_published_as_it_is_seen(line: Line) -> None:
    """What moves a terminal's cursor, or turns the text round, is no part of a reason."""
    note = "\x1b[31mLate\nentries\u202e of May\x07"
    folder = line.approve(note=note)
    assert json.loads((folder / "release.json").read_bytes())["note"] == "[31mLate entries of May"
    assert line.approve(note=note) == folder
    assert all(told.isprintable() for told in listed(line.settings))


def test_a_name_that_is_no_text_is_told(line: Line) -> None:
    Path(os.fsdecode(os.fsencode(draft_of(line)) + b"/\xff\n.csv")).write_bytes(b"")
    assert r"\udcff\n.csv was added" in refused(line.approve)


def test_an_altered_note_of_drafts_is_told(line: Line) -> None:
    (line.settings.ledger / NOTES).unlink()
    assert "is not the one that its run wrote" in refused(line.approve)


def test_a_copy_of_a_publication_is_no_publication(made: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    line = copied(made["published"], tmp_path)
    folder = line.settings.publications / QUARTER
    shutil.copytree(folder / "v1", folder / "v2")
    assert "2023-Q4 v2" in refused(lambda: opened(line))


def test_release_json_never_changes(made: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    line = copied(made["published"], tmp_path)
    file = line.settings.publications / QUARTER / "v1" / "release.json"
    content = json.loads(file.read_bytes())
    file.write_text(json.dumps({**content, "note": "another"}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    redo_checksums(file.parent)
    assert "2023-Q4 v1 is not what was published: release.json was changed" in refused(lambda: opened(line))
