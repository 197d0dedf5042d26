"""Cells named by definition, never by count: which rows and which distinct cells of a model they are."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.table_set import TOTAL, TOTAL_LEVEL, Grouping, Table, TableSet
from anonymization.disclosure.threshold_rules import ANY, NamedCells
from anonymization.errors import PolicyError

MOST_KNOWN = 60  # names that a message lists


def named_cells(named: NamedCells, model: JointModel) -> np.ndarray:
    """Mask of the distinct cells that a definition means; what it names and the model does not have means none."""
    found = np.zeros(model.cells.shape[0], dtype=bool)
    found[model.rows.loc[named_rows(named, model), "cell"]] = True
    return found


def named_rows(named: NamedCells, model: JointModel) -> np.ndarray:
    """Mask of the rows that a definition means: of its tables, with its levels or codes, and totalled in all else."""
    rows, names = model.rows, model.table_set.dimension_names
    if not set(named.dimensions) <= set(names):
        return np.zeros(len(rows), dtype=bool)
    holds = rows["table_id"].isin(named.tables or rows["table_id"].unique())
    for name in names:
        holds &= _has_code(named, name, model)
    return holds.to_numpy()


def _has_code(named: NamedCells, name: str, model: JointModel) -> pd.Series:
    codes = model.rows[name]
    if name in named.codes:
        return codes.isin(named.codes[name])
    levels = named.levels.get(name, (TOTAL_LEVEL,))
    if ANY in levels:
        return pd.Series(True, index=codes.index)
    known = {
        (dimension.name, level): dimension.codes(level)
        for table in model.table_set.tables
        for dimension in table.dimensions
        for level in (TOTAL_LEVEL, *dimension.levels)
    }
    return codes.isin(set(chain.from_iterable(known.get((name, level), ()) for level in levels)))


def groupings_with(named: NamedCells, table: Table) -> list[Grouping]:
    """The groupings of a table that have cells which the definition means."""
    own = {dimension.name for dimension in table.dimensions}
    elsewhere = all(_fits(named, name, TOTAL_LEVEL, (TOTAL,)) for name in named.dimensions if name not in own)
    if not elsewhere or table.table_id not in (named.tables or (table.table_id,)):
        return []
    return [
        grouping
        for grouping in table.groupings
        if all(_fits(named, d.name, level, d.codes(level)) for d, level in zip(table.dimensions, grouping, strict=True))
    ]


def refuse_unknown(named: NamedCells, table_set: TableSet, where: str, total: str = TOTAL_LEVEL) -> None:
    """Raises PolicyError that starts with `where` (file and key) for a name that the tables do not have, with those
    that they do, and when no table shows any such cell. total: how the file writes the level and code of a total."""
    said = {TOTAL_LEVEL: total, TOTAL: total if total != TOTAL_LEVEL else TOTAL}
    for wrong in _unknown(named, table_set, said):
        raise PolicyError(f"{where}.{wrong}.")
    mine = [table for table in table_set.tables if table.table_id in (named.tables or (table.table_id,))]
    if not any(_can_show(named, table) for table in mine):
        shown = "; ".join(f"{table.table_id}: {_levels_shown(table, said)}" for table in table_set.tables)
        raise PolicyError(
            f"{where}: no table shows such a cell, since what is not named is totalled. What the tables show: {shown}."
        )


def is_shown(named: NamedCells, table_set: TableSet) -> bool:
    """Whether the tables have every name of a definition, and one of them shows such a cell."""
    try:
        refuse_unknown(named, table_set, "")
    except PolicyError:
        return False
    return True


def _unknown(named: NamedCells, table_set: TableSet, said: Mapping[str, str]) -> Iterator[str]:
    tables = [table.table_id for table in table_set.tables]
    dimensions = {d.name: d for table in table_set.tables for d in table.dimensions}
    yield from (f"tables: {t} is not one of the tables; {_known(tables)}" for t in named.tables if t not in tables)
    for key, names in (("levels", named.levels), ("codes", named.codes)):
        for name, wanted in names.items():
            if name not in dimensions:
                yield f"{key}: {name} is not one of the dimensions; {_known(list(dimensions))}"
                return
            levels = (*dimensions[name].levels, TOTAL_LEVEL)
            codes = dict.fromkeys(code for level in levels for code in dimensions[name].codes(level))
            known = [*levels, ANY] if key == "levels" else list(codes)
            what = "a level of it" if key == "levels" else "one of its codes"
            unknown = [one for one in wanted if one not in known]
            yield from (
                f"{key}.{name}: {one} is not {what}; {_known([said.get(k, k) for k in known])}" for one in unknown
            )


def _known(names: Sequence[str]) -> str:
    return f"known: {', '.join(names[:MOST_KNOWN])}" + (" and more" if len(names) > MOST_KNOWN else "")


def _can_show(named: NamedCells, table: Table) -> bool:
    """Whether some grouping of a table has cells that the definition means."""
    return bool(groupings_with(named, table))


def _fits(named: NamedCells, name: str, level: str, codes: Sequence[str]) -> bool:
    if name in named.codes:
        return bool(set(named.codes[name]) & set(codes))
    return bool({ANY, level} & set(named.levels.get(name, (TOTAL_LEVEL,))))


def _levels_shown(table: Table, said: Mapping[str, str]) -> str:
    return " and ".join(" x ".join(said.get(level, level) for level in grouping) for grouping in table.groupings)
