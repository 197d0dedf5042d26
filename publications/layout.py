"""Protected cells laid out for people: one sheet per margin of a table, hidden figures marked `[c]`."""

import pandas as pd

from publications.cells import cells_of_margin, refuse_repeated_keys
from publications.edition import Edition
from publications.errors import PublicationError
from publications.labels import Labels
from publications.public_tables import Margin, TableSpec
from publications.publication_texts import Texts
from publications.sheets import Link, Sheet, Value

HIDDEN_MARK = "[c]"


def table_sheets(
    tables: tuple[TableSpec, ...], cells: pd.DataFrame, labels: Labels, edition: Edition, texts: Texts
) -> tuple[Sheet, ...]:
    """Return one sheet per margin of every table, from cells as `check_cells` gives them.

    Raises PublicationError when a cell of a margin is missing: a gap would be an unexplained figure.
    """
    return tuple(
        _margin_sheet(table, margin, cells_of_margin(cells, table, margin, labels), labels, edition, texts)
        for table in tables
        for margin in table.cells
    )


def _margin_sheet(
    table: TableSpec, margin: Margin, cells: pd.DataFrame, labels: Labels, edition: Edition, texts: Texts
) -> Sheet:
    row_keys, column_codes, values = _crossed(table, margin, cells, labels)
    header = _row_headings(margin, labels, texts) + _column_headings(table, margin, column_codes, labels, texts)
    rows = tuple(
        (*_row_names(table, margin, key, labels, texts), *(values[key, code] for code in column_codes))
        for key in row_keys
    )
    return Sheet(
        name=margin.sheet_name[texts.language],
        title=f"{margin.sheet}: {margin.title[texts.language]}, {labels.name('area', labels.country, texts)}, "
        f"{period_in_words(table, edition, texts)}",
        lines=(*_reading_aids(cells, texts), Link(texts("back_to_contents"), texts("sheet_contents"))),
        header=header,
        rows=rows,
        number_columns=len(column_codes),
    )


def _crossed(
    table: TableSpec, margin: Margin, cells: pd.DataFrame, labels: Labels
) -> tuple[list[tuple[str, ...]], list[str], dict[tuple[tuple[str, ...], str], Value]]:
    """The codes down the side, the codes across the top (one empty code when there are none), and the figures."""
    shown = [*margin.rows, *([margin.columns] if margin.columns else [])]
    refuse_repeated_keys(cells, shown, f"sheet {margin.sheet} of table {table.id}")
    keys = list(cells[margin.rows].itertuples(index=False, name=None))
    codes = list(cells[margin.columns]) if margin.columns else [""] * len(cells)
    figures: list[Value] = [HIDDEN_MARK if pd.isna(count) else int(count) for count in cells["count"]]
    values = dict(zip(zip(keys, codes, strict=True), figures, strict=True))
    column_codes = list(dict.fromkeys(codes))
    classifications = [table.dimensions[name].classification for name in margin.rows]
    row_keys = sorted(set(keys), key=lambda key: [*map(labels.order, classifications, key)])
    gaps = len(row_keys) * len(column_codes) - len(values)
    if gaps or not values:
        raise PublicationError(
            f"{margin.sheet} lacks {gaps or 'all'} of its cells; protect the full margin, zeros included."
        )
    return row_keys, column_codes, values


def _row_headings(margin: Margin, labels: Labels, texts: Texts) -> tuple[str, ...]:
    names = [[texts("column_area_code")] if name == "area" else [] for name in margin.rows]
    return tuple(
        heading
        for name, before in zip(margin.rows, names, strict=True)
        for heading in [*before, labels.name("dimension", name, texts)]
    )


def _row_names(table: TableSpec, margin: Margin, key: tuple[str, ...], labels: Labels, texts: Texts) -> list[str]:
    named = []
    for dimension, code in zip(margin.rows, key, strict=True):
        named += [code] if dimension == "area" else []
        named.append(labels.name(table.dimensions[dimension].classification, code, texts))
    return named


def _column_headings(
    table: TableSpec, margin: Margin, codes: list[str], labels: Labels, texts: Texts
) -> tuple[str, ...]:
    if margin.columns is None:
        return (texts("column_children"),)
    classification = table.dimensions[margin.columns].classification
    return tuple(labels.name(classification, code, texts) for code in codes)


def period_in_words(table: TableSpec, edition: Edition, texts: Texts) -> str:
    """Return the days a table describes: the quarter for a flow, its last day for a stock."""
    return texts(f"period_{table.period}", start=texts.day(edition.first_day), end=texts.day(edition.last_day))


def _reading_aids(cells: pd.DataFrame, texts: Texts) -> list[str]:
    hidden = int(cells["count"].isna().sum())
    aids = [texts.of_source("short"), texts("one_table"), texts("hidden_count", cells=len(cells), hidden=hidden)]
    return [*aids, texts("hidden_mark")] if hidden else aids
