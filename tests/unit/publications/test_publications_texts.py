"""Every phrase says the same in every language: present, with the same places to fill in, and really translated."""

import re
import string
from datetime import date

import pytest
import yaml

from publications.errors import PublicationError
from publications.public_tables import LANGUAGES, load_tables
from publications.publication_texts import TEXTS_FILE, texts_in

PHRASES = yaml.safe_load(TEXTS_FILE.read_text(encoding="utf-8"))
TABLE_PHRASES = {
    f"{table.id} {position}": phrase.model_dump()
    for table in load_tables()
    for position, phrase in enumerate([table.title, table.population, *table.notes, *(m.title for m in table.cells)])
}
CYRILLIC = re.compile(r"[\u0400-\u04ff]")
WORDED = {  # phrases with words of their own, not only places to fill in and dashes
    key: {language: re.sub(r"\{\w+\}", "", phrase[language]) for language in LANGUAGES}
    for key, phrase in {**PHRASES, **TABLE_PHRASES}.items()
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
