"""Several files of cells of one population, read as one: what an attacker who has them all knows."""

import csv
import io
from collections.abc import Sequence

from anonymization.disclosure.tool_files.cell_keys import CellKeys, Key
from anonymization.disclosure.tool_files.csv_rows import CsvText, open_csv
from anonymization.disclosure.tool_files.spec_numbers import TOTAL_CODE
from anonymization.errors import DisclosureError


def as_one(files: Sequence[tuple[str, str]], keys: CellKeys) -> str:
    """The rows of all files (name, text) as one text of cells; a dimension without a column is totalled.

    A cell that several files show alike is kept once. Raises DisclosureError that names the cell and both files when
    they show it otherwise, or when one file holds it twice.
    """
    if len(files) == 1:
        return files[0][1]
    names = [name for name, _ in files]
    if len(set(names)) < len(names):
        raise DisclosureError(f"{max(names, key=names.count)} is given twice: give each file once.")
    seen: dict[Key, tuple[str, str, str]] = {}
    for name, text in files:
        _add(open_csv(text, name, ["count", "status"]), keys, seen)
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([*keys.names, "count", "status"])
    writer.writerows([*key, count, status] for key, (_, count, status) in seen.items())
    return written.getvalue()


def _add(rows: CsvText, keys: CellKeys, seen: dict[Key, tuple[str, str, str]]) -> None:
    names = [name for name in keys.names if name in rows.columns]
    if not names:
        raise DisclosureError(f"{rows.file}, row 1: it has no column of a dimension of the SPEC.")
    for number, (*codes, count, status) in rows.rows([*names, "count", "status"]):
        code_of = dict(zip(names, codes, strict=True))
        key = keys.spelt([code_of.get(name, TOTAL_CODE) for name in keys.names])
        keys.find(key, rows.file, number)
        is_new = key not in seen
        earlier = seen.setdefault(key, (rows.file, count, status))
        if earlier[0] == rows.file and not is_new:
            raise DisclosureError(
                f"{rows.file}, row {number}: the cell {keys.said(key)} stands in an earlier row: keep one."
            )
        if earlier[1:] != (count, status):
            raise DisclosureError(
                f"The cell {keys.said(key)} is not the same in {earlier[0]} and in {rows.file}, row {number}: one of "
                "the two is wrong, or one shows what the other hides."
            )
