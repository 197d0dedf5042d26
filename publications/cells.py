"""The protected cells, checked at the door of this room: what comes in is what may be printed, and nothing else."""

from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from publications.errors import PublicationError
from publications.labels import Labels
from publications.public_tables import TOTAL, Margin, TableSpec

SHOWN, HIDDEN = "A", "Q"
FIGURES = ("table_id", "count", "obs_status")
COMMON = ("area", "sex", "age", "care_status")  # first in every file, whether a table varies by them or not
INSIDE = {"status", "lower", "upper"}  # what protection says of a cell besides; never printed


def check_cells(cells: pd.DataFrame, tables: tuple[TableSpec, ...], labels: Labels) -> pd.DataFrame:
    """Return the cells of the public tables, one row per table and cell, in the order of publication.

    In and out: table_id, each dimension (`_T` where totalled; the country for area; one that no table has may be
    absent), count (missing when hidden), obs_status (A shown, Q hidden). Raises PublicationError when a table has no
    cells or cells that it does not name, the cells vary by a column that no publication knows, a hidden cell carries a
    count, a shown one carries none, or one cell is given twice.
    """
    refuse_unknown_dimensions(cells.columns, tables, labels)
    used = {name for table in tables for name in table.dimensions}
    dimensions = labels.catalogue.in_order({*COMMON, *used, *cells.columns})
    totalled = {name: TOTAL for name in dimensions if name not in cells.columns and name not in used}
    cells = cells.assign(**totalled)
    known = [table.id for table in tables]
    _refuse_absent(cells, dimensions, "protected cells")
    missing = sorted(set(known) - set(cells["table_id"]))
    if missing:
        raise PublicationError(f"No protected cells were given for {', '.join(missing)}; protect every public table.")
    columns = ["table_id", *dimensions, "count", "obs_status"]
    ours = cells.loc[cells["table_id"].isin(known), columns].astype({"count": "Int64"})
    ours["area"] = ours["area"].replace(TOTAL, labels.country)
    _refuse_wrong_marks(ours)
    _refuse_unnamed_cells(ours, tables, labels)
    return _in_order(_one_row_per_cell(ours), tables, labels)


def refuse_unknown_dimensions(columns: Iterable[str], tables: tuple[TableSpec, ...], labels: Labels) -> None:
    """Raises PublicationError for a column of the cells, or a dimension of a table, that the catalogue lacks."""
    known = labels.catalogue.sdmx
    needless = sorted(set(columns) - {*known, *FIGURES, *INSIDE})
    of_tables = [(table.id, name) for table in tables for name in table.dimensions if name not in known]
    told = [f"the cells have the column {name}" for name in needless]
    told += [f"table {table_id} has the dimension {name}" for table_id, name in of_tables]
    if told:
        raise PublicationError(
            f"Something cannot be published: {'; '.join(told)}; the catalogue has the dimensions {', '.join(known)}."
        )


def refuse_repeated_keys(rows: pd.DataFrame, keys: Sequence[str], where: str) -> None:
    """Raises PublicationError, naming the place and the columns of the key, when two rows have the same key."""
    _refuse_absent(rows, keys, where)
    twice = int(rows.duplicated([*keys]).sum())
    if twice:
        raise PublicationError(
            f"{where}: {twice} rows repeat a key of {', '.join(keys)}. A dimension is missing there, or cells are "
            "given twice; nothing is published."
        )


def _refuse_absent(rows: pd.DataFrame, keys: Sequence[str], where: str) -> None:
    missing = [name for name in keys if name not in rows.columns]
    if missing:
        raise PublicationError(f"{where}: the cells have no column {', '.join(missing)}; protect the table again.")


def _refuse_wrong_marks(cells: pd.DataFrame) -> None:
    hidden = cells["obs_status"].eq(HIDDEN)
    wrong = int((hidden != cells["count"].isna()).sum()) + int((~cells["obs_status"].isin([SHOWN, HIDDEN])).sum())
    if wrong:
        raise PublicationError(
            f"{wrong} protected cells have a status that does not fit their count: A goes with a count, Q with none; "
            "nothing is published."
        )


def _refuse_unnamed_cells(cells: pd.DataFrame, tables: tuple[TableSpec, ...], labels: Labels) -> None:
    """What no margin names was not asked for, so nobody decided that it may be public."""
    is_named = pd.Series(False, index=cells.index)
    for table in tables:
        for margin in table.cells:
            is_named |= _is_in_margin(cells, table, margin, labels)
    if not is_named.all():
        stray = int((~is_named).sum())
        raise PublicationError(
            f"{stray} protected cells belong to no margin of their table; name the margin or drop them."
        )


def _one_row_per_cell(cells: pd.DataFrame) -> pd.DataFrame:
    """Margins of one table may share cells, which then agree; what else repeats has lost a dimension."""
    once = cells.drop_duplicates()
    keys = [name for name in once.columns if name not in FIGURES]
    for table_id, rows in once.groupby("table_id", sort=False):
        refuse_repeated_keys(rows, keys, f"table {table_id}")
    return once


def _in_order(cells: pd.DataFrame, tables: tuple[TableSpec, ...], labels: Labels) -> pd.DataFrame:
    specs = {table.id: table for table in tables}
    dimensions = [name for name in cells.columns if name not in FIGURES]

    def key(row: tuple[str, ...]) -> tuple[object, ...]:
        classifications = specs[row[0]].dimensions
        codes = zip(dimensions, row[1:], strict=True)
        return row[0], *(
            labels.order(classifications[name].classification if name in classifications else name, code)
            for name, code in codes
        )

    rows = list(cells[["table_id", *dimensions]].itertuples(index=False, name=None))
    return cells.iloc[sorted(range(len(rows)), key=lambda position: key(rows[position]))].reset_index(drop=True)


def cells_of_margin(cells: pd.DataFrame, table: TableSpec, margin: Margin, labels: Labels) -> pd.DataFrame:
    """Return the cells of one margin of a table, in the order of publication (columns as in `check_cells`)."""
    return cells[_is_in_margin(cells, table, margin, labels)]


def _is_in_margin(cells: pd.DataFrame, table: TableSpec, margin: Margin, labels: Labels) -> pd.Series:
    is_in = cells["table_id"].eq(table.id)
    for name in [name for name in cells.columns if name not in {*FIGURES, *INSIDE}]:
        classification = table.dimensions[name].classification if name in table.dimensions else name
        is_in &= cells[name].map(_belongs(classification, margin.levels.get(name), labels)).astype(bool)
    return is_in


def _belongs(classification: str, levels: list[str] | None, labels: Labels) -> Callable[[str], bool]:
    parts = [level for level in levels or () if (classification, level) not in labels.catalogue.whole]
    has_total = levels is None or len(parts) < len(levels)
    if classification == "area":
        # an unknown area is one row beside the regions and beside the counties alike
        wanted = {*parts, *(["UNKNOWN"] if parts else [])}
        return lambda code: has_total if code == labels.country else labels.area_levels.get(code) in wanted
    return lambda code: has_total if code == TOTAL else bool(parts)
