"""Protected cells as CSV for machines, in the terms of SDMX: the only home of SDMX names in this room."""

import pandas as pd

from publications.catalogue import Catalogue
from publications.cells import COMMON, refuse_repeated_keys, refuse_unknown_dimensions
from publications.dataset import Dataset
from publications.edition import Edition
from publications.file_formats import Format
from publications.labels import Labels
from publications.public_tables import TableSpec
from publications.source import Source

FREQUENCY = "Q"


def files(dataset: Dataset) -> dict[str, bytes]:
    """Return a CSV file for each table."""
    given = dataset.cells, dataset.labels, dataset.edition, dataset.source
    return {table.file_name: csv_bytes(table, *given) for table in dataset.tables}


FORMAT = Format("sdmx_csv", files)


def csv_columns(table: TableSpec, catalogue: Catalogue) -> dict[str, str]:
    """Return dimension -> column of a table's file: the common ones, then its own: no table changes another's."""
    names = dict.fromkeys((*COMMON, *catalogue.in_order(table.dimensions)))
    return {name: catalogue.sdmx[name] for name in names}


def csv_bytes(table: TableSpec, cells: pd.DataFrame, labels: Labels, edition: Edition, source: Source) -> bytes:
    """Return the table as UTF-8 CSV, one row per cell, from cells as `check_cells` gives them.

    A hidden cell has an empty OBS_VALUE and OBS_STATUS Q, whatever the reason: the public is told one thing only.
    RENDERING names the rendering and vintage of the file, such as v1 or v1-r2: alone it says which it is.
    Raises PublicationError when the table has a dimension without a column, or a row repeats a key.
    """
    refuse_unknown_dimensions(cells.columns, (table,), labels)
    columns = csv_columns(table, labels.catalogue)
    refuse_repeated_keys(cells[cells["table_id"].eq(table.id)], [*columns], table.file_name)
    ours = cells[cells["table_id"].eq(table.id)].rename(columns=columns)
    rows = ours[[*columns.values()]].assign(
        FREQ=FREQUENCY,
        TIME_PERIOD=edition.quarter,
        INDICATOR=table.indicator,
        OBS_VALUE=ours["count"],
        OBS_STATUS=ours["obs_status"],
        UNIT_MEASURE=table.unit_measure,
        DATA_SOURCE=source.stated_code,
        RENDERING=edition.name,
    )
    rows.insert(0, "FREQ", rows.pop("FREQ"))
    return rows.to_csv(index=False, lineterminator="\n").encode()
