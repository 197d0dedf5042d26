"""A vintage is its cells and their definitions: other words are a new rendering of it, other counts a new vintage."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.release import protect_release as protection_stage
from pipelines.release import rendering
from pipelines.release.ledger_folder import open_ledger
from pipelines.release.release_listing import listed
from pipelines.warehouse import not_asked
from publications.errors import PublicationError
from publications.phrases import Phrase, all_phrases
from publications.publication_texts import texts_in
from publications.publishing import Publication
from tests.support.catalogue_frames import LANGUAGES
from tests.support.hand_made_marts import COUNTIES, QUARTER, Line, line_in, write_marts
from tests.support.tables_by_id import publish_only, table

REASON = "A wrong phrase on confidentiality was corrected"


@pytest.fixture(scope="module", autouse=True)
def published_tables() -> Iterator[None]:
    """The hand-made marts hold what these two count."""
    with pytest.MonkeyPatch.context() as patch:
        publish_only(patch, "T1", "T4")
        yield


@pytest.fixture
def line(tmp_path: Path) -> Line:
    line = line_in(tmp_path)
    write_marts(line)
    line.draft()
    line.approve()
    return line


def say(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    """One phrase of the texts says something else."""
    phrases = {**all_phrases(), "one_table": Phrase({"en": words, "ro": words, "uk": words})}
    monkeypatch.setattr(rendering, "all_phrases", lambda *_: phrases)


def protect_nothing(*_: Any) -> None:
    raise AssertionError("protected anew")


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def published(line: Line) -> dict[str, Publication]:
    with open_ledger(line.settings) as record:
        return dict(record.publications)


def test_a_corrected_word_is_re_issued_under_its_vintage(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    first = files_of(line.settings.publications / QUARTER / "v1")
    say(monkeypatch, "One table, and no more.")
    monkeypatch.setattr(protection_stage, "protect", protect_nothing)
    draft = line.draft()
    assert (draft.name, draft.state.value) == ("v1-r2", "draft")
    with pytest.raises(PublicationError, match="say why, with --note"):
        line.approve("v1-r2", note=" ")
    folder = line.approve("v1-r2", note=REASON)
    assert files_of(line.settings.publications / QUARTER / "v1") == first
    record, metadata = (json.loads((folder / name).read_bytes()) for name in ("release.json", "metadata.json"))
    assert (record["vintage"], record["rendering"], record["note"]) == ("v1", 2, REASON)
    assert metadata["stated_figures"] == [] and "at most" not in json.dumps(metadata)
    for name in first:
        if name.endswith(".csv"):  # figures, marks and order are the same; the rendering tells the files apart
            rows = first[name].decode().splitlines()
            assert {row.rsplit(",", 1)[1] for row in rows[1:]} == {"v1"}
            assert (folder / name).read_text("utf-8").splitlines() == [re.sub(",v1$", ",v1-r2", row) for row in rows]
    assert (metadata["vintage"], metadata["rendering"]) == ("v1", 2)
    for language in LANGUAGES:
        said = texts_in(language)("version", vintage="v1", rendering=2)
        assert metadata["metadata"]["version"][language] == said
        book = openpyxl.load_workbook(folder / f"caselight_{QUARTER}_{language}.xlsx")
        told = [[str(cell) for row in sheet.iter_rows(values_only=True) for cell in row] for sheet in book.worksheets]
        assert said in told[0] and said in told[4]  # cover and metadata
        assert said in (folder / f"caselight_{QUARTER}_hidden_{language}.html").read_text("utf-8")
    with open_ledger(line.settings) as ledger:
        assert len(ledger.ledger.links) == 1
        issued, again = ledger.events
    assert [issued.kind, again.kind] == ["published", "re-issued"]
    assert again.reason == REASON and again.previous == issued.seal and again.entry == issued.entry
    assert again.earlier == issued.release == hashlib.sha256(first["release.json"]).hexdigest()
    assert again.release == hashlib.sha256((folder / "release.json").read_bytes()).hexdigest()
    assert record["replaces"]["files"] == json.loads(first["release.json"])["files"]


def test_a_rendering_of_an_earlier_vintage_is_re_issued_beside_it(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    later = replace(line, known_at=date(2024, 1, 20))
    write_marts(later, {**COUNTIES, "RO321": COUNTIES["RO321"] + 1})
    assert later.draft().name == "v2"
    later.approve("v2")
    write_marts(line)
    assert line.draft().label == f"{QUARTER} v1" and line.draft().state.value == "published"  # nothing new to say
    say(monkeypatch, "One table, and no more.")
    assert line.draft().name == "v1-r2"
    folder = line.approve("v1-r2", note=REASON)
    assert json.loads((folder / "metadata.json").read_bytes())["vintage"] == "v1"
    with open_ledger(line.settings) as ledger:
        assert len(ledger.ledger.links) == 2
        first, _, again = ledger.events
    assert (again.publication, again.entry, again.earlier) == (f"{QUARTER} v1-r2", first.entry, first.release)
    write_marts(later, {**COUNTIES, "RO321": COUNTIES["RO321"] + 1})
    assert later.draft().name == "v2-r2"


def test_renderings_are_counted_on_and_can_be_approved_twice(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, words in ((2, "One."), (3, "One again.")):
        say(monkeypatch, words)
        assert line.draft().name == f"v1-r{number}"
        line.approve(f"v1-r{number}", note=REASON)
        line.approve(f"v1-r{number}", note=REASON)
        assert line.draft().state.value == "published"
    assert list(published(line)) == [f"{QUARTER} {name}" for name in ("v1", "v1-r2", "v1-r3")]
    with pytest.raises(PublicationError, match="published already"):
        line.approve("v1-r3", note="another reason")
    lines = listed(line.settings, QUARTER)
    assert [told.split(": ")[1].split(" ")[0] for told in lines] == ["published", "re-issued", "re-issued"]
    assert all("by Ana Sintetica and Olena Vydumana" in told for told in lines)


def test_a_draft_in_old_words_is_published_as_it_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = line_in(tmp_path)
    write_marts(line)
    draft = line.draft().path
    read = {path.name: path.read_bytes() for path in draft.iterdir() if path.is_file()}
    say(monkeypatch, "Changed since.")
    folder = line.approve()
    assert all((folder / name).read_bytes() == content for name, content in read.items() if "checksums" not in name)


def test_other_counts_are_a_new_vintage_that_states_by_how_much(line: Line) -> None:
    write_marts(line, {**COUNTIES, "RO321": COUNTIES["RO321"] + 1})
    draft = line.draft()
    assert draft.name == "v2"
    assert json.loads((draft.path / "metadata.json").read_bytes())["stated_figures"]
    line.approve("v2")
    assert list(published(line)) == [f"{QUARTER} v1", f"{QUARTER} v2"]


def test_another_definition_is_a_new_vintage_though_its_counts_are_the_same(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = tuple(table(one, indicator=f"{table(one).indicator}_NEW") for one in ("T1", "T4"))
    monkeypatch.setattr(not_asked, "load_tables", lambda: renamed)
    assert line.draft().name == "v2"
