"""The rows of a CSV text, one at a time, with their numbers; what is not a plain table is refused with the place."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from anonymization.disclosure.tool_files.spelling import Codes, folded, hint, suggestion
from anonymization.errors import DisclosureError

WHOLE = re.compile(r"\d{1,15}(\.0*)?")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
SEPARATORS = re.compile(r"(?<=\d)[\s,.'\u2019\u066c_](?=\d)|[\"']|^\s+|\s+$")
LIKE_A_CODE = re.compile(r"[\w+.\-/<>=]{1,20}")


@dataclass(frozen=True)
class CsvText:
    """A CSV text that has these columns and perhaps more. `file`: its name, for messages."""

    text: str
    file: str
    columns: tuple[str, ...]

    def rows(self, names: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
        """Row number (the header is row 1) and the values of the named columns, without spaces around them."""
        places = [self.columns.index(folded(name)) for name in names]
        reader = _reader(self.text, self.file)
        next(reader)
        for number, row in reader:
            if len(row) != len(self.columns):
                raise DisclosureError(
                    f"{self.file}, row {number}: {len(row)} values for {len(self.columns)} columns: correct the row."
                )
            yield number, [row[place].strip() for place in places]

    def refuse_missing(self, needed: Sequence[str]) -> None:
        """Raises DisclosureError that names the first of these columns that the file does not have."""
        missing = [name for name in needed if folded(name) not in self.columns]
        if missing:
            known = ", ".join(map(shown, self.columns))
            hint = separator_hint(self.columns) or f" ({known}){suggestion(missing[0], self.columns)}"
            raise DisclosureError(f"{self.file}, row 1: column {missing[0]} is missing{hint}")


def open_csv(text: str, file: str, needed: Sequence[str]) -> CsvText:
    """The text, once its header has every column that is needed. Raises DisclosureError that names file and column."""
    header = next(_reader(text, file), None)
    if header is None:
        raise DisclosureError(f"{file}: the file is empty: a header with the names of the columns comes first.")
    columns = tuple(folded(name) for name in header[1])
    twice = next((one for one, other in pairwise(sorted(columns)) if one == other), None)
    if twice is not None:
        raise DisclosureError(f"{file}, row 1: column {shown(twice)} is listed twice: rename one.")
    found = CsvText(text, file, columns)
    found.refuse_missing(needed)
    return found


def separator_hint(columns: Sequence[str]) -> str:
    """What to do where one column holds all, since another sign than a comma separates them; else nothing."""
    is_other = len(columns) == 1 and (";" in columns[0] or "\t" in columns[0])
    return "; separate the columns by commas." if is_other else ""


def _reader(text: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers; empty lines are passed over but counted."""
    rows = csv.reader(iter(text.splitlines(keepends=True)), strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise DisclosureError(f"{file}, row {number}: not readable as CSV: look at its quotation marks.") from None
        if row:
            yield number, row


def shown(code: str) -> str:
    """A code as a message may hold it: what does not look like a code is not repeated."""
    return code if LIKE_A_CODE.fullmatch(code) else "(a text that is no code)" if code else "(empty)"


def code_in(code: str, known: Codes, file: str, row: int, column: str) -> str:
    """The code that stands for `code`. Raises DisclosureError with the place when the list does not have it."""
    found = known.find(code)
    if found is None:
        end = hint(code, dict.fromkeys(known.known.values()))
        raise DisclosureError(f"{file}, row {row}, column {column}: {shown(code)} is not one of the SPEC's codes{end}")
    return found


def count_in(text: str, file: str, row: int, column: str) -> int:
    """A count. Raises DisclosureError with the place, and without the number, when it is not whole, or negative."""
    if WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    what = "no number"
    if NUMBER.fullmatch(text):
        what = "negative" if text.startswith("-") else _oddity(text)
    elif looks_like_a_number(text):
        what = "written with signs between its digits"
    raise DisclosureError(f"{file}, row {row}, column {column}: the count is {what if text else 'empty'}: correct it.")


def _oddity(text: str) -> str:
    if "e" in text.lower():
        return "not whole digits, since it has an exponent"
    return "not whole, or too large (weights are not supported)"


def looks_like_a_number(text: str) -> bool:
    """Whether a text is a number, perhaps with a sign, separators of thousands, a decimal part or an exponent."""
    return bool(NUMBER.fullmatch(SEPARATORS.sub("", text)))
