"""Protected cells as CSV for machines, in the terms of SDMX: the only home of SDMX names in this room."""

import pandas as pd

from publications.edition import Edition
from publications.source import Source
from publications.specification import TableSpec

CSV_COLUMNS = {"area": "REF_AREA", "sex": "SEX", "age": "AGE", "care_status": "CARE_STATUS"}
FREQUENCY = "Q"


def csv_bytes(table: TableSpec, cells: pd.DataFrame, edition: Edition, source: Source) -> bytes:
    """Return the table as UTF-8 CSV, one row per cell, from cells as `check_cells` gives them.

    A hidden cell has an empty OBS_VALUE and OBS_STATUS Q, whatever the reason: the public is told one thing only.
    """
    ours = cells[cells["table_id"].eq(table.id)].rename(columns=CSV_COLUMNS)
    rows = ours[[*CSV_COLUMNS.values()]].assign(
        FREQ=FREQUENCY,
        TIME_PERIOD=edition.quarter,
        INDICATOR=table.indicator,
        OBS_VALUE=ours["count"],
        OBS_STATUS=ours["obs_status"],
        UNIT_MEASURE=table.unit_measure,
        DATA_SOURCE=source.stated_code,
    )
    rows.insert(0, "FREQ", rows.pop("FREQ"))
    return rows.to_csv(index=False, lineterminator="\n").encode()
