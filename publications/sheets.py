"""What a worksheet holds, before any spreadsheet library is named."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """A cell that leads to another worksheet of the workbook."""

    text: str
    sheet: str


Value = str | int | Link


@dataclass(frozen=True)
class Sheet:
    """One worksheet: a title in A1, lines of text below it in column A, then at most one table."""

    name: str
    title: str
    lines: tuple[Value, ...]
    header: tuple[str, ...] = ()
    rows: tuple[tuple[Value, ...], ...] = ()
    number_columns: int = 0  # the last columns of the table, which hold figures


@dataclass(frozen=True)
class Book:
    """A workbook in one language."""

    title: str
    description: str
    language: str
    sheets: tuple[Sheet, ...]
