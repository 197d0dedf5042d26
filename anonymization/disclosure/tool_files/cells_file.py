"""CELLS, the file of protected cells: written by `protect`, read by `audit`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.table_set import FIGURES, TOTAL
from anonymization.disclosure.tool_files.cell_keys import CellKeys
from anonymization.disclosure.tool_files.csv_rows import count_in, open_csv
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE
from anonymization.errors import DisclosureError

Status = Literal["published", "primary", "secondary", "hidden"]
STATUSES: tuple[Status, ...] = ("published", "primary", "secondary", "hidden")
PUBLISHED, PRIMARY, SECONDARY, HIDDEN = range(4)
UNSEEN = -1


@dataclass(frozen=True, eq=False)
class PublishedCells:
    """What a file says of each distinct cell.

    counts:  the published count, missing (nan) where hidden.
    primary: mask of the hidden cells that are small, as the file marks or counts them; None when it does not tell.
    truth:   the counts behind the hidden cells too, from the microdata or from a peer's file; None without either.
    """

    counts: np.ndarray
    primary: np.ndarray | None
    truth: np.ndarray | None = None

    @property
    def hidden(self) -> np.ndarray:
        """Mask of the hidden cells."""
        return np.isnan(self.counts)


def write_cells(cells: pd.DataFrame, public: bool, total_of: Mapping[str, str] | None = None) -> str:
    """CELLS as text, from protected cells: table_id, a column a dimension, count (missing when hidden), status.

    One row for every combination, zeros included; what several tables show stands once. public: one mark, `hidden`, for
    primary and secondary; the text then depends on the published counts and on which cells are hidden, only. What a
    method that changes counts says of the true one (`lower`, `upper`) follows from the SPEC and is left out.
    total_of: what the total of a dimension is called, if not `Total`.
    Raises DisclosureError when two rows would have the same key.
    """
    names = [name for name in cells.columns if name not in {"table_id", *FIGURES}]
    once = cells[[*names, "count", "status"]].drop_duplicates()
    twice = [*cells.index[cells.duplicated(["table_id", *names])], *once.index[once.duplicated(names)]]
    if twice:
        raise DisclosureError(
            f"{len(twice)} rows of CELLS would repeat a key of {', '.join(names)}, the first in table "
            f"{cells.loc[twice[0], 'table_id']}: a dimension is missing there; nothing is written."
        )
    written = once.replace({name: {TOTAL: (total_of or {}).get(name, TOTAL_CODE)} for name in names})
    if public:
        written["status"] = written["status"].where(written["count"].notna(), "hidden")
    return str(written.to_csv(index=False, lineterminator="\n"))


def read_cells(text: str, file: str, keys: CellKeys, truth: np.ndarray | None) -> PublishedCells:
    """What CELLS publishes and hides; `truth`: the counts of all distinct cells from microdata, if there are any.

    Raises DisclosureError with the place: an unknown code or status, a cell of no table, one that is listed twice or is
    missing, a hidden cell with a count, a published one without, an odd count or not the true one, one cell with two
    marks or counts.
    """
    size = int(keys.frame["cell"].max()) + 1
    counts, status = np.full(size, np.nan), np.full(size, UNSEEN)
    seen: set[tuple[str, ...]] = set()
    for number, key, mark, count in _rows(text, file, keys):
        cell = keys.find(key, file, number)
        if key in seen:
            raise DisclosureError(
                f"{file}, row {number}: the cell {keys.said(key)} stands in an earlier row: keep one."
            )
        seen.add(key)
        if status[cell] != UNSEEN and (status[cell] != mark or (mark == PUBLISHED and counts[cell] != count)):
            raise DisclosureError(two_marks(file, number, keys.said(key)))
        if truth is not None and mark == PUBLISHED and count != truth[cell]:
            raise DisclosureError(
                f"{file}, row {number}: the count of {keys.said(key)} is not what the microdata give."
            )
        counts[cell], status[cell] = count, mark
    refuse_missing(keys, seen, file)
    return PublishedCells(counts, _primary(status, file), truth)


def _rows(text: str, file: str, keys: CellKeys) -> Iterator[tuple[int, tuple[str, ...], int, float]]:
    names = [*keys.names, "count", "status"]
    for number, (*codes, count, status) in open_csv(text, file, names).rows(names):
        if status not in STATUSES:
            raise DisclosureError(f"{file}, row {number}, column status: it must be one of {', '.join(STATUSES)}.")
        mark = STATUSES.index(status)
        if mark != PUBLISHED and count:
            raise DisclosureError(
                f"{file}, row {number}, column count: the cell is {status} and has a count: empty it."
            )
        yield number, keys.spelt(codes), mark, np.nan if mark != PUBLISHED else count_in(count, file, number, "count")


def two_marks(file: str, row: int, cell: str) -> str:
    """That one cell stands under two names with two counts or marks."""
    return f"{file}, row {row}: the cell {cell} holds the same records as one above and is shown otherwise."


def refuse_missing(keys: CellKeys, seen: set[tuple[str, ...]], file: str) -> None:
    """Raises DisclosureError when a cell has no row."""
    missing = [key for key in keys.cell_of if key not in seen]
    if missing:
        raise DisclosureError(
            f"{file}: {len(missing)} of {len(keys.cell_of)} cells are missing, the first is {keys.said(missing[0])}: "
            "every cell has a row, zeros and hidden ones included."
        )


def _primary(status: np.ndarray, file: str) -> np.ndarray | None:
    is_told = np.isin(status, (PRIMARY, SECONDARY)).any()
    if (status == HIDDEN).any():
        if is_told:
            raise DisclosureError(
                f"{file}: it marks cells hidden, and others primary or secondary: use one of the two."
            )
        return None
    return np.asarray(status == PRIMARY)
