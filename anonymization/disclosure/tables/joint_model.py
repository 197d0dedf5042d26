"""The exact joint model: what all tables together say about the same persons.

Every cell is a sum of atoms of the base (`base.py`). A cell is its set of atoms: two cells with the same atoms, in one
table or in two, are one cell with one status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from anonymization.disclosure.tables.base import Base, build_base, rows_of, stack
from anonymization.disclosure.tables.cliques import told_apart
from anonymization.disclosure.tables.known_facts import Facts, hidden_counts, hidden_populations, state_relations
from anonymization.disclosure.tables.table_set import TOTAL, Grouping, Release, Table, TableSet
from anonymization.errors import DisclosureError


@dataclass(frozen=True, eq=False)
class JointModel:
    """Distinct cells over their common base, and what is known whatever is published. It holds no counts.

    base:   the atoms, whole numbers that are never negative.
    cells:  distinct cells x atoms, 1 where the atom is part of the cell (int64).
    facts:  rows over atoms with bounds: blocks that agree on what they share, and the stated relations.
    breadth: how many dimensions each cell tells apart (0: a grand total, 1: a headline).
    rows:   one row per published row: table_id, a column per dimension (`_T` where totalled or absent), `cell`, the
            distinct cell it shows, and `grouping`, the number of its margin in the table.
    """

    table_set: TableSet
    base: Base
    cells: sparse.csr_array
    facts: Facts
    breadth: np.ndarray
    rows: pd.DataFrame

    @property
    def atoms(self) -> int:
        """How many atoms there are."""
        return self.base.size

    @property
    def keys(self) -> list[str]:
        """The columns that name a row."""
        return ["table_id", *self.table_set.dimension_names]

    @cached_property
    def first_row(self) -> np.ndarray:
        """The first row that shows each distinct cell."""
        return self.rows.reset_index().groupby("cell")["index"].min().to_numpy()

    def tabulate(self, release: Release) -> np.ndarray:
        """The true count of every atom (int64). Raises DisclosureError when a stated relation does not hold."""
        counts = {**release.counts, **hidden_counts(release.table_set, release.counts, self.base)}
        atoms = np.concatenate([block.count(counts[block.population]) for block in self.base.blocks])
        wrong = self.facts.broken_by(atoms)
        if wrong:
            raise DisclosureError(f"The counts contradict what is stated to be known: {'; '.join(wrong)}.")
        return atoms


def build_model(table_set: TableSet) -> JointModel:
    """The joint model of everything in the set.

    Raises DisclosureError when related tables disagree about a dimension's leaves, or when the base is too large.
    """
    base = build_base(table_set, hidden_populations(table_set.relations))
    groupings = [(t, number, g) for t in table_set.tables for number, g in enumerate(t.groupings)]
    stacked = stack([sums(table, grouping, base) for table, _, grouping in groupings], base.size)
    rows = pd.concat([_rows(table, number, g, table_set) for table, number, g in groupings], ignore_index=True)
    cell_of_row, first = _distinct(stacked)
    rows["cell"] = cell_of_row
    breadth = rows.pop("breadth").to_numpy()[first]
    rows = rows.drop_duplicates(["table_id", *table_set.dimension_names], ignore_index=True)
    return JointModel(table_set, base, stacked[first], state_relations(table_set.relations, base), breadth, rows)


def sums(table: Table, grouping: Grouping, base: Base) -> sparse.csr_array:
    """A row over atoms for each cell of a grouping, in the order of the table's labels."""
    names = told_apart(table, grouping)
    block = base.holding(table.population, names)
    axes = {axis.name: axis for axis in block.axes}
    parts: dict[str, np.ndarray] = {}
    sizes: dict[str, int] = {}
    for dimension, level in zip(table.dimensions, grouping, strict=True):
        if dimension.name in names:
            place = {code: number for number, code in enumerate(dimension.codes(level))}
            leaves = axes[dimension.name].representatives
            parts[dimension.name] = np.array([place[dimension.code(leaf, level)] for leaf in leaves])
            sizes[dimension.name] = len(place)
    return rows_of(block, block.places(parts, sizes), base.size)


def _rows(table: Table, number: int, grouping: Grouping, table_set: TableSet) -> pd.DataFrame:
    names = [dimension.name for dimension in table.dimensions]
    rows = pd.DataFrame(table.labels(grouping), columns=names).assign(
        table_id=table.table_id, grouping=number, breadth=len(told_apart(table, grouping))
    )
    absent: Mapping[str, str] = {name: TOTAL for name in table_set.dimension_names if name not in names}
    return rows.assign(**absent)[["table_id", *table_set.dimension_names, "grouping", "breadth"]]


def marks_of(rows: sparse.csr_array) -> np.ndarray:
    """Two 64-bit numbers a row, the same for equal rows and hardly ever for others."""
    draw = np.random.default_rng(20260401)
    marks = np.empty((rows.shape[0], 2), dtype=np.uint64)
    for number in range(2):
        weights = draw.integers(0, 2**64, rows.shape[1], dtype=np.uint64)
        marks[:, number] = rows.astype(np.uint64) @ weights
    return marks


def _distinct(rows: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """The distinct row of each row, and where each distinct row stands first; equal means the same atoms."""
    _, first, cell = np.unique(marks_of(rows), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    place = np.empty(len(first), dtype=np.int64)
    place[order] = np.arange(len(first))
    first, cell = first[order], place[cell.ravel()]
    if (rows - rows[first[cell]]).count_nonzero():
        raise DisclosureError("Two different cells were taken for one; report this as a defect.")
    return cell, first
