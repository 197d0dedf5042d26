"""An accessible workbook: the rules for releasing statistics in spreadsheets, written with XlsxWriter.

Title in A1, no merged or empty cells, one marked-up table per sheet, 12-point type, links that say where they lead.
The bytes depend on nothing but the content and the day given: no clock, no user name, fixed stamps in the archive.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from types import MappingProxyType
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from publications.sheets import Book, Link, Sheet, Value

FONT: Mapping[str, object] = MappingProxyType({"font_name": "Arial", "font_size": 12})
NARROWEST, WIDEST, TEXT_WIDTH = 14, 90, 90
LINE_HEIGHT = 16  # points; given where text wraps, since not every program finds it by itself
A4 = 9
DATE_OF_ZIP = (0, 0, 0)


def workbook_bytes(book: Book, dated: date) -> bytes:
    """Return the XLSX file of a book, stamped with the given day."""
    stream = BytesIO()
    # XlsxWriter writes into the dictionary that it is given: a shared one would make the second workbook differ
    workbook = Workbook(stream, {"in_memory": True, "default_format_properties": dict(FONT)})
    created = datetime(dated.year, dated.month, dated.day)
    workbook.set_properties(
        {
            "title": book.title,
            "subject": book.description,
            "author": "Caselight",
            "comments": book.description,
            "created": created,
        }
    )
    formats = _formats(workbook)
    for number, sheet in enumerate(book.sheets):
        _write_sheet(workbook.add_worksheet(sheet.name), sheet, number, formats)
    workbook.close()
    return _stamped(stream.getvalue(), book.language, dated)


def _formats(workbook: Workbook) -> dict[str, Format]:
    styles: dict[str, dict[str, object]] = {
        "title": {"bold": True, "font_size": 16},
        "line": {"text_wrap": True, "valign": "top"},
        "header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1},
        "number_header": {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "align": "right"},
        "text": {"text_wrap": True, "valign": "top"},
        "number": {"num_format": "#,##0", "align": "right", "valign": "top"},
        "link": {"font_color": "#0563C1", "underline": 1, "valign": "top"},
    }
    return {name: workbook.add_format({**FONT, **style}) for name, style in styles.items()}


def _write_sheet(worksheet: Worksheet, sheet: Sheet, number: int, formats: dict[str, Format]) -> None:
    worksheet.set_landscape()
    worksheet.set_paper(A4)
    worksheet.fit_to_pages(1, 0)
    worksheet.write_string(0, 0, sheet.title, formats["title"])
    # Lines of a sheet with a table run over the columns to their right; those of the cover are wrapped in a wide one.
    line_format = formats["text"] if not sheet.header else None
    for row, line in enumerate(sheet.lines, start=1):
        _write(worksheet, row, 0, line, line_format, formats)
        if not sheet.header:
            worksheet.set_row(row, _height([line], [TEXT_WIDTH]))
    if sheet.header:
        _write_table(worksheet, sheet, number, formats)
    else:
        worksheet.set_column(0, 0, TEXT_WIDTH)


def _write_table(worksheet: Worksheet, sheet: Sheet, number: int, formats: dict[str, Format]) -> None:
    top = len(sheet.lines) + 1
    texts = len(sheet.header) - sheet.number_columns
    columns = [
        {"header": heading, "header_format": formats["header" if column < texts else "number_header"]}
        for column, heading in enumerate(sheet.header)
    ]
    # A filter button would cover the heading; a name such as T1 would be taken for a cell.
    options = {"columns": columns, "name": f"Table_{number}", "autofilter": False, "style": None}
    worksheet.add_table(top, 0, top + len(sheet.rows), len(sheet.header) - 1, options)
    widths = [_width(heading, [row[column] for row in sheet.rows]) for column, heading in enumerate(sheet.header)]
    for column, width in enumerate(widths):
        worksheet.set_column(column, column, width)
    for row, values in enumerate(sheet.rows, start=top + 1):
        worksheet.set_row(row, _height(values, widths))
        for column, value in enumerate(values):
            _write(worksheet, row, column, value, formats["text" if column < texts else "number"], formats)


def _write(
    worksheet: Worksheet, row: int, column: int, value: Value, cell_format: Format | None, formats: dict[str, Format]
) -> None:
    if isinstance(value, Link):
        worksheet.write_url(row, column, f"internal:'{value.sheet}'!A1", formats["link"], value.text)
    elif isinstance(value, int):
        worksheet.write_number(row, column, value, cell_format)
    else:
        worksheet.write_string(row, column, value, cell_format)


def _height(values: Sequence[Value], widths: Sequence[int]) -> int:
    lengths = [len(value.text if isinstance(value, Link) else str(value)) for value in values]
    return LINE_HEIGHT * max(-(-length // width) for length, width in zip(lengths, widths, strict=True))


def _width(heading: str, values: list[Value]) -> int:
    lengths = [len(value.text if isinstance(value, Link) else str(value)) for value in values]
    return min(WIDEST, max(NARROWEST, *(length + 4 for length in [*lengths, len(heading)])))


def _stamped(workbook: bytes, language: str, dated: date) -> bytes:
    """Write the archive again with the given day on every member, and the language, which XlsxWriter cannot set."""
    stream = BytesIO()
    with ZipFile(BytesIO(workbook)) as source, ZipFile(stream, "w") as target:
        for name in source.namelist():
            member = ZipInfo(name, (dated.year, dated.month, dated.day, *DATE_OF_ZIP))
            member.compress_type = ZIP_DEFLATED
            member.create_system = 0  # the same bytes on every system
            content = source.read(name)
            if name == "docProps/core.xml":
                tag = f"<dc:language>{language}</dc:language></cp:coreProperties>"
                content = content.replace(b"</cp:coreProperties>", tag.encode())
            target.writestr(member, content)
    return stream.getvalue()
