"""The figures of the reports, counted from cells."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.table_set import FIGURES, TOTAL
from anonymization.errors import DisclosureError

NOT_DIMENSIONS = {"table_id", *FIGURES}
WIDTH_STEPS = (0, 1, 2, 4, 5, 10, 20, 50, 100)


def refuse_repeated_cells(cells: pd.DataFrame, where: str) -> None:
    """Raises DisclosureError, naming the table and the columns of its key, when a cell of a table is given twice."""
    keys = [name for name in cells.columns if name not in NOT_DIMENSIONS or name == "table_id"]
    twice = cells.duplicated(keys)
    if twice.any():
        raise DisclosureError(
            f"In {where}, {int(twice.sum())} rows of table {cells.loc[twice, 'table_id'].iloc[0]} repeat a key of "
            f"{', '.join(keys)}: a dimension is missing from these columns, or cells are given twice."
        )


def hidden_by_table(cells: pd.DataFrame, true_counts: "pd.Series[int] | None" = None) -> pd.DataFrame:
    """What each table loses. Inside only: it tells primary from secondary.

    cells: table_id, count (missing when hidden), status. true_counts: the count of every row, by the same index.
    Out, by table: cells, nonzero (hidden cells count as such), primary, secondary, visible_share (of nonzero), and with
    true_counts `weight`, the sum of the hidden secondary counts.
    """
    marked = cells.assign(
        is_nonzero=cells["count"].ne(0).fillna(True).astype(bool),
        is_primary=cells["status"].eq("primary"),
        is_secondary=cells["status"].eq("secondary"),
    )
    by_table = marked.groupby("table_id", sort=False)
    found = by_table[["is_nonzero", "is_primary", "is_secondary"]].sum()
    found.columns = pd.Index(["nonzero", "primary", "secondary"])
    found.insert(0, "cells", by_table.size())
    visible = found["nonzero"] - found["primary"] - found["secondary"]
    found["visible_share"] = visible / found["nonzero"].clip(lower=1)
    if true_counts is not None:
        weights = true_counts.where(marked["is_secondary"], 0)
        found["weight"] = weights.groupby(cells["table_id"]).sum().astype(int)
    return found


def shown_by_table(cells: pd.DataFrame) -> pd.DataFrame:
    """What a reader sees of each table, from counts alone: cells, shown, zeros among them, hidden."""
    marked = cells.assign(shown=cells["count"].notna(), zeros=cells["count"].eq(0).fillna(False).astype(bool))
    by_table = marked.groupby("table_id", sort=False)
    found = by_table[["shown", "zeros"]].sum().astype(int)
    found.insert(0, "cells", by_table.size())
    return found.assign(hidden=found["cells"] - found["shown"])


def widths(intervals: pd.DataFrame) -> "pd.Series[int]":
    """How many hidden cells have intervals of which width; `intervals`: lower, upper (infinite: no upper end)."""
    width = intervals["upper"] - intervals["lower"]
    steps = list(pairwise(WIDTH_STEPS))
    names = [f"{low}" if high == low + 1 else f"{low}–{high - 1}" for low, high in steps] + [f"{WIDTH_STEPS[-1]}+"]
    edges = [*WIDTH_STEPS, np.inf]
    bins = pd.cut(width.clip(upper=1e300), edges, right=False, labels=names)
    return bins.value_counts(sort=False)


def hidden_shares(cells: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    """The share of cells hidden for each pair of codes of two dimensions, totals left out; primary or not is not told.

    Out: a row for each code of `rows`, a column for each of `columns`, missing where there is no such cell.
    """
    detailed = cells[cells[rows].ne(TOTAL) & cells[columns].ne(TOTAL)]
    hidden = detailed["count"].isna().astype(float)
    return hidden.groupby([detailed[rows], detailed[columns]], sort=False).mean().unstack()


def largest_pair(cells: pd.DataFrame) -> tuple[str, str] | None:
    """The two dimensions that are crossed with most codes, the one with fewer codes first; None when none are."""
    names = [name for name in cells.columns if name not in NOT_DIMENSIONS]
    codes = {name: cells.loc[cells[name].ne(TOTAL), name].nunique() for name in names}
    pairs = [
        (one, other)
        for one in names
        for other in names
        if one != other and codes[one] <= codes[other] and (cells[one].ne(TOTAL) & cells[other].ne(TOTAL)).any()
    ]
    return max(pairs, key=lambda pair: codes[pair[0]] * codes[pair[1]], default=None)


def gap(pattern: Mapping[str, Any]) -> float | None:
    """(UB - LB)/LB of a pattern's `cost` and `bound`; None where there is no bound above 0: it is never invented."""
    cost, bound = pattern.get("cost"), pattern.get("bound")
    return (float(cost) - float(bound)) / float(bound) if cost is not None and bound else None
