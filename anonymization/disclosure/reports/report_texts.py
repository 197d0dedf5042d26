"""The words of the public report: a file for each language, `texts/<language>.yml`."""

from collections.abc import Sequence
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path

from anonymization.errors import DisclosureError
from configuration.file import ConfigurationFile
from configuration.language_files import Words, languages_in, read_words
from configuration.placeholders import filled

TEXTS_FOLDER = Path(__file__).with_name("texts")


class Texts:
    """The phrases of one language."""

    def __init__(self, language: str, phrases: Words) -> None:
        self.language = language
        self._phrases = phrases

    def __call__(self, key: str, **values: object) -> str:
        """The phrase, with its `{places}` filled in."""
        if key not in self._phrases:
            raise _file(self.language).wrong(f"there is no phrase {key!r}; known: {', '.join(self._phrases)}.")
        return filled(_file(self.language), key, self._phrases[key][self.language], values)

    def starting_with(self, prefix: str) -> list[str]:
        """The keys that start so, in the order of the file."""
        return [key for key in self._phrases if key.startswith(prefix)]

    def number(self, value: int) -> str:
        """A whole number with its thousands apart, as the language writes them."""
        return f"{value:,}".replace(",", self("thousands"))

    def share(self, value: float) -> str:
        """A share in per cent, one decimal."""
        return self("per_cent", share=f"{100 * value:.1f}".replace(".", self("decimal")))


def languages() -> tuple[str, ...]:
    """The languages of which there is a file."""
    return languages_in(TEXTS_FOLDER)


def texts_in(language: str, words: Words | None = None) -> Texts:
    """The phrases in `language`, of the words given or those of the program.

    Raises DisclosureError for a language that they are not in.
    """
    words = phrases() if words is None else words
    known = sorted({name for said in words.values() for name in said})
    if language not in known:
        raise DisclosureError(f"There is no public report in {language}: choose one of {', '.join(known)}.")
    return Texts(language, words)


@cache
def phrases() -> Words:
    """Every phrase that the program brings."""
    return phrases_in(TEXTS_FOLDER, languages())


def phrases_of(wanted: Sequence[str], own: Traversable | None = None) -> Words:
    """Every phrase by key and wanted language.

    own: a folder whose words come before ours, and which may add a language. Raises DisclosureError naming file,
    key and language.
    """
    return read_words(TEXTS_FOLDER, DisclosureError, wanted, own)


def phrases_in(folder: Path, wanted: tuple[str, ...]) -> Words:
    """Every phrase of a folder, by key and wanted language. Raises DisclosureError naming file, key and language."""
    return read_words(folder, DisclosureError, wanted)


def _file(language: str) -> ConfigurationFile:
    name = f"{language}.yml"
    return ConfigurationFile(TEXTS_FOLDER / name, DisclosureError, f"reports/{TEXTS_FOLDER.name}/{name}")
