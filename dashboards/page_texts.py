"""All words of the pages, in three languages, with numbers, shares and dates written as each language writes them."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from configuration.file import ConfigurationFile
from configuration.placeholders import filled, uneven_places
from dashboards.errors import DashboardError

LANGUAGES = {"en": "English", "ro": "Română", "uk": "Українська"}
DEFAULT_LANGUAGE = "en"
MONTHS = 12
MISSING = "–"
TEXTS_FILE = Path(__file__).with_name("texts.yml")

_THOUSANDS = {"en": ",", "ro": ".", "uk": "\N{NO-BREAK SPACE}"}
_DECIMAL = {"en": ".", "ro": ",", "uk": ","}


@cache
def load_texts() -> dict[str, dict[str, Any]]:
    """Read `texts.yml`: key -> language -> text (or list of texts, for months)."""
    return read_texts(TEXTS_FILE)


def read_texts(file: Path) -> dict[str, dict[str, Any]]:
    """Read a file of texts. Raises DashboardError naming the file and every key that a language lacks."""
    read = _file(file)
    texts = read.mapping()
    wrong = [str(key) for key, text in texts.items() if not _is_in_every_language(text)]
    if wrong:
        raise read.wrong(f"give each text in {', '.join(LANGUAGES)}; wrong: {', '.join(wrong)}.")
    uneven_places(read, texts)
    short = [key for key, text in texts.items() if key.startswith("months") and len(text["en"]) != MONTHS]
    if short:
        raise read.wrong(f"{short[0]} is a list of months, and needs {MONTHS}.")
    return texts


def _file(path: Path) -> ConfigurationFile:
    return ConfigurationFile(path, DashboardError, f"dashboards/{path.name}")


def _is_in_every_language(text: object) -> bool:
    if not isinstance(text, dict) or set(text) != set(LANGUAGES):
        return False
    kinds = {type(words) for words in text.values()}
    listed = [item for words in text.values() if isinstance(words, list) for item in words]
    is_filled = all(words for words in text.values()) and all(isinstance(item, str) and item for item in listed)
    is_even = len({len(words) for words in text.values()}) == 1 if kinds == {list} else kinds == {str}
    return is_filled and is_even


def _text(key: str, lang: str) -> Any:
    if key not in load_texts():
        raise _file(TEXTS_FILE).wrong(f"there is no text {key!r}; known: {', '.join(load_texts())}.")
    return load_texts()[key][lang]


@dataclass(frozen=True)
class Words:
    """The words of one language: `words("title_overview")`, `words.number(3781)`."""

    lang: str

    def __call__(self, key: str, **values: str) -> str:
        """Give the text of a key, with its places filled in."""
        return filled(_file(TEXTS_FILE), key, _text(key, self.lang), values)

    def items(self, key: str) -> list[str]:
        """Give the texts of a key that holds a list."""
        return _text(key, self.lang)

    @property
    def separators(self) -> str:
        """Decimal and thousands marks, in Plotly's order."""
        return _DECIMAL[self.lang] + _THOUSANDS[self.lang]

    def number(self, value: int | None) -> str:
        """Write a count; a missing one is a dash, never a zero."""
        return MISSING if value is None else f"{value:,}".replace(",", _THOUSANDS[self.lang])

    def share(self, part: int | None, whole: int | None) -> str:
        """Write part of whole in percent, one decimal, half up; a dash when there is no such share."""
        if part is None or not whole or not 0 <= part <= whole:
            return MISSING
        tenths = (2000 * part + whole) // (2 * whole)
        return f"{tenths // 10}{_DECIMAL[self.lang]}{tenths % 10}%"

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
