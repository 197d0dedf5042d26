"""From the counts of linked tables, each without the others' dimensions, to counts of combinations of all dimensions.

Tables say less than records do, so the combinations are made: whole numbers that give every count of every table. Which
ones does not matter, since the tables show no difference.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from anonymization.disclosure.solver import Program
from anonymization.disclosure.tables.base import Block
from anonymization.disclosure.tables.joint_model import JointModel, build_model
from anonymization.disclosure.tables.table_set import Table, TableSet
from anonymization.disclosure.tool_files.adding_up import refuse_contradictions
from anonymization.disclosure.tool_files.cell_keys import cell_keys
from anonymization.disclosure.tool_files.tabulated import CountedRow
from anonymization.errors import DisclosureError


def join_tables(rows: Sequence[CountedRow], table_set: TableSet, file: str) -> pd.DataFrame:
    """Counts of combinations of finest codes (a column a dimension, `count`) that give every count of the tables.

    A finest cell of a table that has no row is zero. Raises DisclosureError with the place for a cell of no table, for
    counts that do not add up, and when no whole counts give all tables.
    """
    model = build_model(table_set)
    counts = _cell_counts(rows, model, file)
    atoms = _any_atoms(model, counts)
    if atoms is None:
        raise DisclosureError(f"{file}: the tables contradict each other: no records could be counted in all of them.")
    return _joined(model, atoms)


def _cell_counts(rows: Sequence[CountedRow], model: JointModel, file: str) -> np.ndarray:
    keys = cell_keys(model)
    counts = np.full(model.cells.shape[0], np.nan)
    for row in rows:
        cell = keys.find(row.key, file, row.number)
        if not np.isnan(counts[cell]) and counts[cell] != row.count:
            raise DisclosureError(f"{file}, row {row.number}: {keys.said(row.key)} holds the records of a row above.")
        counts[cell] = row.count
    unsaid = _finest_cells(model)
    counts[unsaid] = np.nan_to_num(counts[unsaid])
    refuse_contradictions(model.table_set, keys, counts, file)
    return counts


def _finest_cells(model: JointModel) -> np.ndarray:
    """The distinct cells of the finest margin of each table that shows it."""
    finest = [
        (model.rows["table_id"] == table.table_id) & (model.rows["grouping"] == table.groupings.index(_finest(table)))
        for table in model.table_set.tables
        if _finest(table) in table.groupings
    ]
    mask = (
        np.logical_or.reduce([part.to_numpy() for part in finest]) if finest else np.zeros(len(model.rows), dtype=bool)
    )
    return model.rows["cell"].to_numpy()[mask]


def _finest(table: Table) -> tuple[str, ...]:
    return tuple(next(iter(dimension.levels)) for dimension in table.dimensions)


def _any_atoms(model: JointModel, counts: np.ndarray) -> np.ndarray | None:
    """Whole atoms that give every count, checked by addition; None when there are none."""
    given = np.flatnonzero(~np.isnan(counts))
    matrix = sparse.csr_array(sparse.vstack([model.cells[given], model.facts.matrix], format="csr"))
    bounds = [np.concatenate([counts[given], side]) for side in (model.facts.lower, model.facts.upper)]
    free = np.zeros(model.atoms), np.full(model.atoms, np.inf)
    point = Program(matrix, (bounds[0], bounds[1]), free, np.zeros(model.atoms), whole=model.atoms).solve()
    if point is None:
        return None
    atoms = np.rint(point).astype(np.int64)
    if (model.cells[given] @ atoms != counts[given]).any() or model.facts.broken_by(atoms):
        raise DisclosureError("The solver's answer does not add up; report this as a defect.")
    return atoms


def _joined(model: JointModel, atoms: np.ndarray) -> pd.DataFrame:
    """One table over all dimensions whose margins are the blocks, joined along the tree that links them."""
    base = model.base
    frames = [_frame(block, atoms[block.first : block.first + block.size]) for block in base.blocks]
    joined, waiting, done = frames[0], list(base.joints), {0}
    while waiting:
        joint = next(joint for joint in waiting if done & set(joint))
        waiting.remove(joint)
        new = next(place for place in joint if place not in done)
        joined, done = _glued(joined, frames[new]), done | {new}
    dimensions = model.table_set.dimensions_of(model.table_set.tables[0].population)
    return joined.assign(**{name: d.leaves[0] for name, d in dimensions.items() if name not in joined})


def _frame(block: Block, atoms: np.ndarray) -> pd.DataFrame:
    leaves = [axis.representatives for axis in block.axes]
    index = pd.MultiIndex.from_product(leaves, names=block.names)
    return index.to_frame(index=False).assign(count=atoms).query("count > 0").reset_index(drop=True)


def _glued(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Matches persons of two tables who agree in what both tell, first with first (the north-west corner rule)."""
    shared = [name for name in one.columns if name in other.columns and name != "count"]
    ends = [
        table.sort_values(shared, kind="stable").reset_index(drop=True) if shared else table for table in (one, other)
    ]
    upto = [table["count"].cumsum().to_numpy() for table in ends]
    cuts = np.unique(np.concatenate(upto))
    places = [np.searchsorted(sums, cuts) for sums in upto]
    left = ends[0].drop(columns="count").iloc[places[0]].reset_index(drop=True)
    right = ends[1].drop(columns=["count", *shared]).iloc[places[1]].reset_index(drop=True)
    return pd.concat([left, right], axis=1).assign(count=np.diff(cuts, prepend=0))
