"""Every phrase says the same in every language: present, with the same places to fill in, and really translated."""

import re
import shutil
import string
from datetime import date
from pathlib import Path

import pytest
import yaml

from publications.errors import PublicationError
from publications.phrases import TEXTS_FOLDER, all_phrases, phrases_in
from publications.public_tables import TABLES_FOLDER, load_tables
from publications.publication_texts import texts_in
from publications.table_words import refuse_words_of_no_table
from tests.support.catalogue_frames import LANGUAGES

PHRASES = {key: phrase.model_dump() for key, phrase in all_phrases().items()}
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
WORDED = {  # phrases with words of their own, not only places to fill in and dashes
    key: {language: re.sub(r"\{\w+\}", "", phrase[language]) for language in LANGUAGES}
    for key, phrase in PHRASES.items()
    if key not in ("period_flow", "metadata_population_text", "metadata_source_text", "metadata_version_text")
}


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


@pytest.mark.parametrize("key", PHRASES)
def test_the_same_places_are_filled_in_every_language(key: str) -> None:
    assert {frozenset(places(PHRASES[key][language])) for language in LANGUAGES} == {
        frozenset(places(PHRASES[key]["en"]))
    }


@pytest.mark.parametrize("key", WORDED)
def test_ukrainian_is_ukrainian_and_the_others_are_not(key: str) -> None:
    words = WORDED[key]
    assert CYRILLIC.search(words["uk"])
    assert not CYRILLIC.search(words["en"] + words["ro"])


def test_dates_are_written_in_words() -> None:
    day = date(2023, 12, 31)
    assert [texts_in(language).day(day) for language in LANGUAGES] == [
        "31 December 2023",
        "31 decembrie 2023",
        "31 грудня 2023 року",
    ]
    assert all(len(PHRASES["months"][language].split()) == 12 for language in LANGUAGES)


def test_an_unknown_phrase_is_refused_with_the_known_ones() -> None:
    with pytest.raises(PublicationError, match=r"no phrase 'farewell'; known: .*title"):
        texts_in("en")("farewell")


def texts_with(folder: Path, language: str, **changes: str | None) -> Path:
    """A copy of the texts, with some keys of one language changed, or taken out."""
    shutil.copytree(TEXTS_FOLDER, folder)
    file = folder / f"{language}.yml"
    content = yaml.safe_load(file.read_text("utf-8")) | changes
    kept = {key: words for key, words in content.items() if words is not None}
    file.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"one_table": None}, r"texts/ro\.yml: one_table is missing in ro"),
        ({"one_tabel": "O foaie."}, r"texts/ro\.yml: one_tabel is a key in ro only"),
        ({"known_at": "Primite {cand}."}, r"texts: known_at: \{cand\} stands in one of en and ro only"),
        ({"one_table": " "}, r"texts/ro\.yml: one_table holds no text in ro"),
        ({"months": "ianuarie februarie"}, r"texts/ro\.yml: months needs 12 words"),
    ],
)
def test_a_mistake_in_one_language_is_refused_by_file_key_and_language(
    tmp_path: Path, changes: dict[str, str | None], said: str
) -> None:
    folder = texts_with(tmp_path / "texts", "ro", **changes)
    with pytest.raises(PublicationError, match=said):
        phrases_in(folder, LANGUAGES)


def own_texts(folder: Path, language: str, words: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{language}.yml").write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    return folder


def test_a_deployment_words_a_phrase_and_a_table_otherwise(tmp_path: Path) -> None:
    own = own_texts(tmp_path, "en", {"T1.title": "Newly registered", "T1a.sheet_name": "T1a All", "one_table": "One."})
    (t1,) = (table for table in load_tables(own=own) if table.id == "T1")
    assert (t1.title["en"], t1.title["ro"]) == ("Newly registered", "Copii înregistrați")
    assert t1.cells[0].sheet_name["en"] == "T1a All"
    assert texts_in("en", all_phrases(own=own))("one_table") == "One."


def test_a_deployment_adds_a_language_with_all_its_words_or_is_told_which_is_missing(tmp_path: Path) -> None:
    words = {key: f"ไทย {phrase['en']}" for key, phrase in PHRASES.items()} | {"months": PHRASES["months"]["en"]}
    words |= {key: key for key in words if key.endswith("sheet_name")}
    languages = ("th", "en")
    folder = tmp_path / "tables"
    folder.mkdir()
    for name in ("T1_registrations.yml", "T4_unaccompanied_separated.yml"):
        shutil.copy(TABLES_FOLDER / name, folder)
    tables = load_tables(folder, languages=languages, own=own_texts(tmp_path, "th", words))
    assert {phrase.languages for table in tables for phrase in (table.title, *table.notes)} == {languages}
    for missing, said in (("one_table", r"th\.yml: one_table is missing in th"), ("T4b.title", r"cells\.1\.title\.th")):
        own = own_texts(tmp_path, "th", {key: text for key, text in words.items() if key != missing})
        with pytest.raises(PublicationError, match=said):
            load_tables(folder, languages=languages, own=own)
    with pytest.raises(PublicationError, match="there are no words in fr"):
        all_phrases(("en", "fr"))


@pytest.mark.parametrize(
    ("key", "said"),
    [("T9.title", "no table or sheet T9"), ("T1.titel", "T1 has no titel"), ("T1a.note_1", "T1a has no")],
)
def test_words_of_no_table_are_refused_by_key(tmp_path: Path, key: str, said: str) -> None:
    with pytest.raises(PublicationError, match=said):
        load_tables(own=own_texts(tmp_path, "en", {key: "Words"}))


def test_every_word_of_a_table_belongs_to_a_shipped_table() -> None:
    refuse_words_of_no_table(PHRASES, {table.id: [margin.sheet for margin in table.cells] for table in load_tables()})
