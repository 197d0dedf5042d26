"""All words of the pages, a file for each language, with numbers, shares and dates as each language writes them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from flask import Flask, current_app, has_app_context

from configuration.file import ConfigurationFile
from configuration.language_files import languages_in
from configuration.placeholders import filled, uneven_places
from dashboards.errors import DashboardError

MONTHS = 12
MISSING = "–"
TEXTS_FOLDER = Path(__file__).with_name("texts")
WORDS_FILE = "words.json"  # beside the serving files: key -> language -> text, the languages in their order
_EXTENSION = "caselight_words"


PageTexts = Mapping[str, Mapping[str, Any]]  # key -> language -> text, or list of texts


@cache
def load_texts() -> PageTexts:
    """Read the words that the program brings, `texts/<language>.yml`."""
    return read_texts(TEXTS_FOLDER)


def read_texts(folder: Path, wanted: Sequence[str] = (), own: Traversable | None = None) -> PageTexts:
    """Read the files of a folder, one a language; months and rules are lists of texts.

    wanted: the languages, in their order; all of the folder without any. own: a deployment's folder, whose words come
    before ours, and which may add a language. Raises DashboardError naming the file and every key that is missing from
    it, or found in it alone.
    """
    languages = tuple(wanted) or languages_in(folder)
    if not languages:
        raise _file(folder).wrong("it holds no words (<language>.yml); put them back.")
    by_language = {language: _merged(folder, own, language) for language in languages}
    told = [sentence for language in languages for sentence in _faults(folder, language, by_language)]
    if own is not None and not told:
        told = list(_unknown(folder, own, by_language))
    if told:
        raise DashboardError("\n".join(told))
    texts = {key: {name: words[key] for name, words in by_language.items()} for key in by_language[languages[0]]}
    uneven_places(_file(folder), texts)
    return texts


def _merged(folder: Path, own: Traversable | None, language: str) -> dict[str, Any]:
    """One language's words; a file that is neither here nor there is refused as missing here."""
    file = f"{language}.yml"
    theirs = ConfigurationFile(own / file, DashboardError, f"pages/{file}") if own is not None else None
    found = theirs.mapping() if theirs is not None and theirs.path.is_file() else {}
    if found and not (folder / file).is_file():
        return found
    return {**_file(folder / file).mapping(), **found}


def _unknown(folder: Path, own: Traversable, by_language: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A key of the deployment's that no page asks for."""
    known = _file(folder / f"{languages_in(folder)[0]}.yml").mapping()
    for language, words in by_language.items():
        for key in words:
            if key not in known:
                yield f"pages/{language}.yml: {key} is asked for by no page; correct it, or take it out."


def _faults(folder: Path, language: str, by_language: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong in one language's file: a key missing or found in it alone, an empty text, an uneven list."""
    file, words = _file(folder / f"{language}.yml"), by_language[language]
    others = {name: found for name, found in by_language.items() if name != language}
    for key in dict.fromkeys([*words, *(key for found in others.values() for key in found)]):
        if key not in words:
            yield str(file.wrong(f"{key} is missing, which another language has; write it."))
        elif not _is_text(words[key]):
            yield str(file.wrong(f"{key} holds no text, or an empty one; write it."))
        elif others and not any(key in found for found in others.values()):
            yield str(file.wrong(f"{key} is in no other language; take it out, or write it in each."))
        elif str(key).startswith("months") and _length(words[key]) != MONTHS:
            yield str(file.wrong(f"{key} is a list of months, and needs {MONTHS}."))
        elif any(_length(words[key]) != _length(found.get(key)) for found in others.values() if key in found):
            yield str(file.wrong(f"{key} is not a list as long as in another language, or is one there; mend it."))


def use_words(server: Flask, serving: Callable[[], Path]) -> None:
    """Let the pages of a server be worded as the current build says, whose folder `serving` gives."""
    server.extensions[_EXTENSION] = lambda: texts_beside(serving())


def texts_beside(serving: Path) -> PageTexts:
    """The words of a deployment, from the file beside its serving files; ours where there is no build yet.

    Raises DashboardError when the file cannot be read.
    """
    file = serving.resolve() / WORDS_FILE
    return _texts_in(file, file.stat().st_mtime_ns) if file.is_file() else load_texts()


@lru_cache(maxsize=4)
def _texts_in(file: Path, _written: int) -> PageTexts:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DashboardError("The words of the pages cannot be read. Run the pipeline again.") from error
    return dict(found)


def _texts() -> PageTexts:
    """The words of whoever is asked: in a request those of its deployment."""
    if has_app_context() and _EXTENSION in current_app.extensions:
        found: PageTexts = current_app.extensions[_EXTENSION]()
        return found
    return load_texts()


def languages() -> dict[str, str]:
    """Language -> what its readers call it, in the deployment's order; the first is that of who chooses none."""
    return dict(_texts()["language_name"])


def default_language() -> str:
    """The language of whoever chooses none."""
    return next(iter(languages()))


def _file(path: Path) -> ConfigurationFile:
    return ConfigurationFile(path, DashboardError, f"dashboards/{'texts/' if path.suffix else ''}{path.name}")


def _length(words: object) -> int:
    """Of a list; a text alone is none."""
    return len(words) if isinstance(words, list) else -1


def _is_text(words: object) -> bool:
    listed = words if isinstance(words, list) else [words]
    return bool(listed) and all(isinstance(item, str) and item for item in listed)


def _text(key: str, lang: str) -> Any:
    texts = _texts()
    if key not in texts:
        raise _file(TEXTS_FOLDER).wrong(f"there is no text {key!r}; known: {', '.join(texts)}.")
    return texts[key][lang]


@dataclass(frozen=True)
class Words:
    """The words of one language: `words("title_overview")`, `words.number(3781)`."""

    lang: str

    def __call__(self, key: str, **values: str) -> str:
        """Give the text of a key, with its places filled in."""
        return filled(_file(TEXTS_FOLDER), key, _text(key, self.lang), values)

    def items(self, key: str) -> list[str]:
        """Give the texts of a key that holds a list."""
        return _text(key, self.lang)

    @property
    def separators(self) -> str:
        """Decimal and thousands marks, in Plotly's order."""
        return self("decimal") + self("thousands")

    def number(self, value: int | None) -> str:
        """Write a count; a missing one is a dash, never a zero."""
        return MISSING if value is None else f"{value:,}".replace(",", self("thousands"))

    def share(self, part: int | None, whole: int | None) -> str:
        """Write part of whole in percent, one decimal, half up; a dash when there is no such share."""
        if part is None or not whole or not 0 <= part <= whole:
            return MISSING
        tenths = (2000 * part + whole) // (2 * whole)
        return f"{tenths // 10}{self('decimal')}{tenths % 10}%"

    def day(self, day: date) -> str:
        """Write a date out, such as '31 December 2023'."""
        return self("day", day=str(day.day), month=self.items("months_of")[day.month - 1], year=str(day.year))

    def month(self, month: str) -> str:
        """Write a month 'YYYY-MM' out, such as 'December 2023'."""
        year, number = month.split("-")
        return self("month", month=self.items("months")[int(number) - 1], year=year)

    def month_short(self, month: str) -> str:
        """Write a month 'YYYY-MM' for an axis, such as 'Dec 2023'."""
        year, number = month.split("-")
        return f"{self.items('months_short')[int(number) - 1]} {year}"

    def quarter(self, day: date) -> str:
        """Write the quarter that holds a day, such as 'Q4 2023'."""
        return self("quarter", quarter=str((day.month + 2) // 3), year=str(day.year))
