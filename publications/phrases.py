"""The words of the publications by key and language: `texts/<language>.yml`, and what a deployment words otherwise."""

from collections.abc import Mapping
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, RootModel, TypeAdapter

from configuration.language_files import languages_in, read_words
from configuration.schema import Text
from publications.errors import PublicationError

MONTHS = 12
TEXTS_FOLDER = Path(__file__).with_name("texts")


class Phrase(RootModel[dict[str, Text]]):
    """The same words in several languages: language -> text."""

    model_config = ConfigDict(frozen=True, strict=True)

    def __getitem__(self, language: str) -> str:
        return self.root[language]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that it is worded in."""
        return tuple(self.root)


Phrases = Mapping[str, Phrase]


def shipped_languages() -> tuple[str, ...]:
    """Return the languages in which the program brings all words."""
    return languages_in(TEXTS_FOLDER)


def all_phrases(languages: tuple[str, ...] = (), own: Traversable | None = None) -> Phrases:
    """Return every phrase in these languages, those that the program brings unless others are given.

    own: a folder of the deployment's, with the same file names; its words come first. Raises PublicationError, naming
    file, key and language, when a phrase is not whole.
    """
    wanted = languages or shipped_languages()
    return _shipped(wanted) if own is None else phrases_in(TEXTS_FOLDER, wanted, own)


@cache
def _shipped(languages: tuple[str, ...]) -> Phrases:
    return phrases_in(TEXTS_FOLDER, languages)


def phrases_in(folder: Traversable, languages: tuple[str, ...], own: Traversable | None = None) -> Phrases:
    """Return every phrase of a folder, as `all_phrases` does of ours."""
    words = read_words(folder, PublicationError, languages, own)
    for language, months in words.get("months", {}).items():
        if len(months.split()) != MONTHS:
            raise PublicationError(
                f"{folder.name}/{language}.yml: months needs {MONTHS} words in {language}, one a month."
            )
    return read_phrases(words)


def read_phrases(content: Any) -> dict[str, Phrase]:
    """Phrases from plain texts: key -> language -> words. Raises ValidationError for what is no text."""
    return TypeAdapter(dict[str, Phrase]).validate_python(content)
