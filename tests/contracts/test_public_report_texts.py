"""The public report says the same in every language: every phrase there, not empty, with the same places to fill in."""

import re
import string

import pytest

from anonymization.disclosure.reports.report_texts import TEXTS_FOLDER, languages, phrases_in

PHRASES = phrases_in(TEXTS_FOLDER, languages())
OF_NUMBERS = {"thousands", "decimal", "per_cent"}  # how they are written, and no words
CYRILLIC = re.compile(r"[\u0400-\u04ff]")


def places(phrase: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrase) if name}


@pytest.mark.parametrize("key", PHRASES)
def test_a_phrase_is_there_in_every_language(key: str) -> None:
    phrase = PHRASES[key]
    assert tuple(phrase) == languages()
    assert {frozenset(places(words)) for words in phrase.values()} == {frozenset(places(phrase["en"]))}


@pytest.mark.parametrize("key", sorted({*PHRASES} - OF_NUMBERS))
def test_ukrainian_is_ukrainian_and_the_others_are_not(key: str) -> None:
    phrase = PHRASES[key]
    assert CYRILLIC.search(phrase["uk"]) and not CYRILLIC.search(phrase["en"] + phrase["ro"])


def test_every_phrase_is_used() -> None:
    code = "".join(path.read_text("utf-8") for path in TEXTS_FOLDER.parent.glob("*.py"))
    assert [key for key in PHRASES if f'"{key}"' not in code and not key.startswith("ask_step")] == []
