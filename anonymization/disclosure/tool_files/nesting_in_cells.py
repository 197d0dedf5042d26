"""Columns that nest, seen in a file of cells: which combinations of codes are not a published zero."""

from collections.abc import Iterator
from itertools import combinations, permutations

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Grouping, Table, TableSet
from anonymization.disclosure.tool_files.nesting import Nesting, judged


def nestings_in_cells(model: JointModel, counts: np.ndarray) -> list[Nesting]:
    """Every dimension that is, or nearly is, a function of another, by the cells of the tables that cross both.

    counts: of each distinct cell; nan where hidden, which is taken for one record.
    """
    known = np.where(np.isnan(counts), 1.0, counts)
    found = [
        nesting
        for table in model.table_set.tables
        for grouping in sorted(table.groupings, key=lambda g: sum(level != TOTAL_LEVEL for level in g))
        for nesting in _nestings_of(table, grouping, model, known)
    ]
    best_first = sorted(found, key=lambda n: (not n.certain, not n.is_finest, n.exceptions > 0))
    return list({(n.fine, n.coarse): n for n in reversed(best_first)}.values())[::-1]


def uncrossed(table_set: TableSet) -> list[tuple[str, str]]:
    """Pairs of dimensions that no table crosses, so that no file of cells tells whether they nest."""
    crossed = {
        frozenset(pair)
        for table in table_set.tables
        for grouping in table.groupings
        for pair in combinations(_names(table, grouping), 2)
    }
    return [pair for pair in combinations(table_set.dimension_names, 2) if frozenset(pair) not in crossed]


def _names(table: Table, grouping: Grouping) -> list[str]:
    return [d.name for d, level in zip(table.dimensions, grouping, strict=True) if level != TOTAL_LEVEL]


def _nestings_of(table: Table, grouping: Grouping, model: JointModel, known: np.ndarray) -> Iterator[Nesting]:
    """By the cells of one grouping; only at the finest level of both is a nesting at the finest."""
    names, levels = _names(table, grouping), dict(zip((d.name for d in table.dimensions), grouping, strict=True))
    finest = {d.name: level == next(iter(d.levels)) for d, level in zip(table.dimensions, grouping, strict=True)}
    place = table.groupings.index(grouping)
    rows = model.rows[(model.rows["table_id"] == table.table_id) & (model.rows["grouping"] == place)]
    counts = pd.Series(known[rows["cell"].to_numpy()], index=rows.index)
    for fine, coarse in permutations(names, 2):
        together = counts.groupby([rows[fine], rows[coarse]]).sum().unstack(fill_value=0)
        found = judged(together, fine, coarse, levels[coarse], finest[fine] and finest[coarse])
        if found is not None:
            yield found
