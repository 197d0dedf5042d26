"""Peers' pattern files: the true count of each cell (`freq`) and whether it is hidden (`suppressed`)."""

from collections.abc import Iterator

import numpy as np

from anonymization.disclosure.tool_files.cell_keys import CellKeys, Key
from anonymization.disclosure.tool_files.cells_file import PublishedCells
from anonymization.disclosure.tool_files.csv_rows import CsvText, count_in, open_csv
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE
from anonymization.errors import DisclosureError

SUPPRESSED, FREQUENCY = "suppressed", "freq"
YES_OR_NO = {"true": True, "1": True, "false": False, "0": False}


def read_pattern(text: str, file: str, keys: CellKeys, truth: np.ndarray | None) -> PublishedCells:
    """What a pattern publishes and hides; `truth`: the counts of all distinct cells from microdata, if there are any.

    A dimension without a column is totalled in every row. A cell without a row is published: with its true count, or
    without microdata as a zero, since whoever tabulates leaves out what does not occur.
    Raises DisclosureError with the place, as for CELLS; also when `freq` is not the true count.
    """
    rows = open_csv(text, file, [SUPPRESSED])
    if truth is None and FREQUENCY not in rows.columns:
        raise DisclosureError(f"{file}, row 1: column {FREQUENCY} is missing, and without microdata it is needed.")
    size = int(keys.frame["cell"].max()) + 1
    counts = np.zeros(size, dtype=np.int64) if truth is None else truth.copy()
    hidden, seen = np.zeros(size, dtype=bool), dict[int, bool]()
    for number, key, is_hidden, count in _rows(rows, keys):
        cell = keys.find(key, file, number)
        if truth is not None and count not in (None, truth[cell]):
            raise DisclosureError(
                f"{file}, row {number}: {FREQUENCY} of {keys.said(key)} is not what the microdata give."
            )
        if cell in seen and (hidden[cell] != is_hidden or count not in (None, counts[cell])):
            raise DisclosureError(
                f"{file}, row {number}: the cell {keys.said(key)} stands above and is shown otherwise."
            )
        seen[cell], hidden[cell] = True, is_hidden
        counts[cell] = counts[cell] if count is None else count
    return PublishedCells(np.where(hidden, np.nan, counts), None, counts)


def _rows(rows: CsvText, keys: CellKeys) -> Iterator[tuple[int, Key, bool, int | None]]:
    """Row number, key, whether it is hidden, and its count if the file has one."""
    names = [name for name in keys.names if name in rows.columns]
    extra = [FREQUENCY] if FREQUENCY in rows.columns else []
    for number, (*codes, mark, count) in rows.rows([*names, SUPPRESSED, *(extra or [SUPPRESSED])]):
        if mark.lower() not in YES_OR_NO:
            raise DisclosureError(f"{rows.file}, row {number}, column {SUPPRESSED}: it must be TRUE or FALSE.")
        code_of = dict(zip(names, codes, strict=True))
        key = keys.spelt([code_of.get(name, TOTAL_CODE) for name in keys.names])
        yield number, key, YES_OR_NO[mark.lower()], count_in(count, rows.file, number, FREQUENCY) if extra else None
