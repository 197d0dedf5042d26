"""A public table that needs what a deployment does not ask is refused by name; the others are published without it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from anonymization.disclosure.disclosure_policy import DisclosurePolicy
from anonymization.errors import PolicyError
from case_store.profile import load_profile
from pipelines.errors import RunError
from pipelines.release.internal_report import PAGE_FILE
from pipelines.release.ledger_folder import open_ledger
from pipelines.release.protection_terms import terms_of
from pipelines.release.tabulation import refused_in, release_in
from pipelines.run.policy_in_force import policy_of
from pipelines.warehouse import not_asked
from pipelines.warehouse.not_asked import FILE, public_tables, refused_figures
from publications.errors import PublicationError
from publications.publication_texts import texts_in
from tests.support.catalogue_frames import LANGUAGES
from tests.support.hand_made_marts import COUNTIES, QUARTER, Line, line_in, write_marts
from tests.support.tables_by_id import publish_only, table

CARE = "case.care_status"
T4 = table("T4")


@pytest.fixture(scope="module", autouse=True)
def published_tables() -> Iterator[None]:
    """The hand-made marts hold what these two count."""
    with pytest.MonkeyPatch.context() as patch:
        publish_only(patch, "T1", "T4")
        yield


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return line_in(tmp_path)


def metadata_of(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "metadata.json").read_bytes())
    return read


def words_of(workbook: Path) -> list[str]:
    """All that stands on each sheet."""
    book = openpyxl.load_workbook(workbook)
    return [" ".join(str(cell) for row in sheet.values for cell in row) for sheet in book.worksheets]


def test_a_profile_publishes_the_tables_that_it_lists(line: Line) -> None:
    """One that is not listed is neither made nor called refused: nobody was promised it."""
    write_marts(line, listed=("T1",))
    tables = public_tables(line.settings.building)
    assert [spec.id for spec in tables.made] == ["T1"] and tables.refused == ()
    line.draft()
    assert [path.name for path in line.approve().glob("*.csv")] == ["T1_registrations.csv"]


def test_a_build_that_does_not_say_what_is_listed_publishes_nothing(line: Line) -> None:
    write_marts(line)
    (line.settings.building / not_asked.LISTED).unlink()
    with pytest.raises(
        RunError, match=r"does not say which public tables its deployment lists \(public_tables\.json\)"
    ):
        public_tables(line.settings.building)


def test_the_others_are_protected_drafted_and_approved(line: Line) -> None:
    write_marts(line, absent=(CARE,))
    draft = line.draft()
    assert draft.name == "v1"
    report = (draft.path / "internal" / PAGE_FILE).read_text("utf-8")
    assert "The table T4" in report and CARE in report
    folder = line.approve()
    assert {path.suffix for path in folder.iterdir()} == {".csv", ".json", ".xlsx", ".html", ".sha256"}
    assert [path.name for path in folder.glob("*.csv")] == ["T1_registrations.csv"]
    told = metadata_of(folder)
    assert [table["id"] for table in told["tables"]] == ["T1"]
    (left_out,) = told["not_published"]
    assert (left_out["id"], left_out["title"]) == ("T4", T4.title.model_dump())
    assert "not asked" in left_out["reason"]["en"] and len(set(left_out["reason"].values())) == len(LANGUAGES)
    for language in LANGUAGES:
        reason = texts_in(language)("not_published")
        assert left_out["reason"][language] == reason
        assert f"T4: {T4.title[language]}. {reason}" in told["metadata"]["population"][language]
        _, contents, notes, _, metadata, *_ = words = words_of(folder / f"caselight_{QUARTER}_{language}.xlsx")
        assert all(f"{T4.title[language]}. {reason}" in sheet for sheet in (contents, notes, metadata))
        assert not any("T4a" in sheet for sheet in words)
    assert line.approve() == folder and line.draft().state.value == "published"


def test_with_every_question_asked_nothing_is_left_out(line: Line) -> None:
    write_marts(line)
    draft = line.draft()
    assert metadata_of(draft.path)["not_published"] == []
    assert texts_in("en")("not_published") not in "".join(words_of(draft.path / f"caselight_{QUARTER}_en.xlsx"))


def test_a_draft_says_what_is_left_out_as_its_run_did(line: Line) -> None:
    """The list is frozen: whoever takes it out of the draft has another draft."""
    write_marts(line, absent=(CARE,))
    frozen = line.draft().path / "internal" / "rendering.json"
    content = json.loads(frozen.read_bytes())
    assert [table["id"] for table in content["not_asked"]] == ["T4"]
    frozen.write_text(json.dumps({**content, "not_asked": []}), "utf-8")
    with pytest.raises(PublicationError, match=r"rendering\.json was changed"):
        line.approve()


def test_the_table_comes_back_in_a_later_quarter(line: Line) -> None:
    write_marts(line, absent=(CARE,))
    line.draft()
    line.approve()
    later = Line(line.settings, date(2024, 3, 31), date(2024, 4, 14))
    write_marts(later, {**COUNTIES, "RO422": 7})
    later.draft()
    folder = later.approve()
    assert [table["id"] for table in metadata_of(folder)["tables"]] == ["T1", "T4"]
    last = Line(line.settings, date(2024, 6, 30), date(2024, 7, 14))
    write_marts(last, absent=(CARE,))
    last.draft()
    assert [table["id"] for table in metadata_of(last.approve())["tables"]] == ["T1"]
    with open_ledger(line.settings) as record:
        tables = [[table.table_id for table in link.entry.tables] for link in record.ledger.links]
    assert tables == [["T1"], ["T1", "T4"], ["T1"]]


def test_the_table_comes_and_goes_between_vintages(line: Line) -> None:
    write_marts(line)
    line.draft()
    line.approve()
    for number, absent in ((2, (CARE,)), (3, ())):
        line = replace(line, known_at=line.known_at.replace(day=14 + number))
        write_marts(line, absent=absent)
        draft = line.draft()
        assert draft.name == f"v{number}"
        told = metadata_of(line.approve(draft.name))
        assert [table["id"] for table in told["not_published"]] == (["T4"] if absent else [])
        assert {name for one in told["stated_figures"] for name in one["tables"]} == (
            {"T1"} if absent else {"T1", "T4"}
        )


def test_where_no_table_is_left_a_sentence_says_so(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(not_asked, "load_tables", lambda: (T4,))
    write_marts(line, absent=(CARE,))
    tables = public_tables(line.settings.building)
    assert tables.made == () and tables.sentences[-1].endswith("no draft is written.")


def test_a_build_that_does_not_say_what_is_asked_is_not_believed(line: Line) -> None:
    write_marts(line, absent=(CARE,))
    (line.settings.building / FILE).unlink()
    with pytest.raises(RunError, match="does not say which columns"):
        refused_figures(line.settings.building)
    with pytest.raises(RunError, match="does not say which columns"):
        line.draft()


def test_the_policy_may_name_cells_of_a_table_that_is_not_asked(line: Line) -> None:
    write_marts(line, absent=(CARE,))
    release, refused = (f(line.settings.building, *a) for f, a in ((release_in, (QUARTER,)), (refused_in, ())))
    policy = policy_of(load_profile()).disclosure["public"]
    cells = [
        {"tables": "T4", "codes": {"care_status": "UNACC"}},
        {"codes": {"care_status": "SEP"}},
        {"tables": ["T1", "T4"], "levels": {"area": "REGION"}},
    ]
    named = DisclosurePolicy.model_validate({**policy.model_dump(), "keep": cells, "hide": []})
    (kept,) = terms_of(named, release.table_set, refused).keep
    assert kept.tables == ("T1",) and kept.levels == {"area": ("REGION",)}
    with pytest.raises(PolicyError, match=r"keep\.0\.tables: T4 is not one of the tables"):
        terms_of(named, release.table_set)
    wrong = DisclosurePolicy.model_validate({**policy.model_dump(), "keep": [{"tables": "T9"}], "hide": []})
    with pytest.raises(PolicyError, match=r"keep\.0\.tables: T9 is not one of the tables"):
        terms_of(wrong, release.table_set, refused)
