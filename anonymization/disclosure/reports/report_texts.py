"""The words of the public report, in every language, from one file: `texts.yml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from anonymization.errors import DisclosureError
from configuration.file import ConfigurationFile
from configuration.placeholders import filled, uneven_places

TEXTS_FILE = Path(__file__).with_name("texts.yml")
LANGUAGES = ("en", "ro", "uk")
DECIMAL = {"en": ".", "ro": ",", "uk": ","}
NO_BREAK = "\u00a0"
PERCENT = {"en": "%", "ro": "%", "uk": NO_BREAK + "%"}


class Texts:
    """The phrases of one language."""

    def __init__(self, language: str, phrases: Mapping[str, Mapping[str, str]]) -> None:
        self.language = language
        self._phrases = phrases

    def __call__(self, key: str, **values: object) -> str:
        """The phrase, with its `{places}` filled in."""
        if key not in self._phrases:
            raise _file(TEXTS_FILE).wrong(f"there is no phrase {key!r}; known: {', '.join(self._phrases)}.")
        return filled(_file(TEXTS_FILE), key, self._phrases[key][self.language], values)

    def starting_with(self, prefix: str) -> list[str]:
        """The keys that start so, in the order of the file."""
        return [key for key in self._phrases if key.startswith(prefix)]

    def number(self, value: int) -> str:
        """A whole number with its thousands apart: by a comma in English, by a space elsewhere."""
        return f"{value:,}" if self.language == "en" else f"{value:,}".replace(",", NO_BREAK)

    def share(self, value: float) -> str:
        """A share in per cent, one decimal."""
        return f"{100 * value:.1f}".replace(".", DECIMAL[self.language]) + PERCENT[self.language]


def texts_in(language: str) -> Texts:
    """The phrases in `language`. Raises DisclosureError for a language that is not there."""
    if language not in LANGUAGES:
        raise DisclosureError(f"There is no public report in {language}: choose one of {', '.join(LANGUAGES)}.")
    return Texts(language, _phrases())


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    return read_phrases(TEXTS_FILE)


def read_phrases(file: Path) -> Mapping[str, Mapping[str, str]]:
    """Every phrase of a file, by key and language. Raises DisclosureError naming the file and the wrong keys."""
    read = _file(file)
    phrases = read.mapping()
    wrong = [str(key) for key, phrase in phrases.items() if not _is_phrase(phrase)]
    if wrong:
        raise read.wrong(f"give each phrase in {', '.join(LANGUAGES)}; wrong: {', '.join(wrong)}.")
    uneven_places(read, phrases)
    return phrases


def _file(path: Path) -> ConfigurationFile:
    return ConfigurationFile(path, DisclosureError, f"reports/{path.name}")


def _is_phrase(phrase: object) -> bool:
    return (
        isinstance(phrase, dict)
        and set(phrase) == set(LANGUAGES)
        and all(isinstance(w, str) and w for w in phrase.values())
    )
