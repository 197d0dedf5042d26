"""The words of the publications, in every language, from one file: `texts.yml`."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from configuration.file import ConfigurationFile
from configuration.placeholders import filled, uneven_places
from configuration.schema import refusal_of
from publications.errors import PublicationError
from publications.public_tables import Phrase
from publications.source import Source

MONTHS = 12
TEXTS_FILE = Path(__file__).with_name("texts.yml")


class Texts:
    """The phrases of one language. Unknown phrases are refused with the list of known ones.

    What is said of the records themselves depends on their source, so it can only be asked where that is known.
    """

    def __init__(self, language: str, phrases: Mapping[str, Phrase], source: Source | None = None) -> None:
        self.language = language
        self._phrases = phrases
        self._source = source

    def __call__(self, key: str, **values: object) -> str:
        """Return the phrase, with its `{places}` filled in."""
        if key not in self._phrases:
            raise _file(TEXTS_FILE).wrong(f"there is no phrase {key!r}; known: {', '.join(self._phrases)}.")
        return filled(_file(TEXTS_FILE), key, self._phrases[key][self.language], values)

    def knows(self, key: str) -> bool:
        """Whether there is a phrase of this key."""
        return key in self._phrases

    def of_source(self, key: str) -> str:
        """Return what is said of the source: of made-up records the phrase `synthetic_<key>`, else `real_<key>`."""
        if self._source is None:
            raise PublicationError(f"The phrase {key!r} says where records come from, which is not known here.")
        return self(f"{self._source.kind}_{key}", source=self._source.name[self.language])

    def starting_with(self, prefix: str) -> list[str]:
        """Return the keys that start so, in the order of the file."""
        return [key for key in self._phrases if key.startswith(prefix)]

    def day(self, day: date) -> str:
        """Return a date in words: 31 December 2023."""
        return self("date", day=day.day, month=self("months").split()[day.month - 1], year=day.year)


def texts_in(language: str, phrases: Mapping[str, Phrase] | None = None, source: Source | None = None) -> Texts:
    """Return the texts of one language, from the phrases given or those of the file, of figures from `source`.

    Raises PublicationError when a phrase is missing in a language.
    """
    return Texts(language, all_phrases() if phrases is None else phrases, source)


def read_phrases(content: Any) -> dict[str, Phrase]:
    """Phrases from plain texts: key -> language -> words. Raises ValidationError when a language is missing."""
    return TypeAdapter(dict[str, Phrase]).validate_python(content)


@cache
def all_phrases() -> dict[str, Phrase]:
    """Return every phrase of the file, by its key; raises as `phrases_of`."""
    return phrases_of(TEXTS_FILE)


def phrases_of(path: Path) -> dict[str, Phrase]:
    """Return every phrase of a file. Raises PublicationError, naming the key, when one is not whole."""
    file = _file(path)
    try:
        phrases = read_phrases(file.mapping())
    except ValidationError as error:
        raise refusal_of(file, error.errors()) from None
    uneven_places(file, {key: dict(phrase) for key, phrase in phrases.items()})
    for language, words in dict(phrases.get("months", ())).items():
        if len(words.split()) != MONTHS:
            raise file.wrong(f"months.{language} needs {MONTHS} words, one a month.")
    return phrases


def _file(path: Path) -> ConfigurationFile:
    return ConfigurationFile(path, PublicationError, f"publications/{path.name}")
