"""The exact joint model: what all tables of one population say about the same children.

Every cell is a sum of *atoms*, the finest combinations that any margin of the population tells apart. A cell is its
set of atoms: two cells with the same atoms, in one table or in two, are one cell with one status.
"""

from dataclasses import dataclass, field
from math import prod

import numpy as np
import pandas as pd
from scipy import sparse

from anonymization.errors import DisclosureError
from anonymization.tables import TOTAL, Dimension, Grouping, Release, Table

LARGEST_BASE = 200_000  # atoms; beyond it the exact audit does not end in reasonable time


@dataclass(frozen=True, eq=False)
class JointModel:
    """Cells of one population over their common base.

    incidence: distinct cells x atoms, 1 where the atom is part of the cell.
    counts:    the true count of each distinct cell.
    breadth:   how many dimensions the cell tells apart (0: the grand total, 1: a headline).
    rows:      one row per published row: table_id, a column per dimension of the release, and `cell`, the distinct
               cell it shows.
    """

    population: str
    incidence: sparse.csr_array
    counts: np.ndarray
    breadth: np.ndarray
    rows: pd.DataFrame

    def atoms_outside(self, zero_cells: np.ndarray) -> np.ndarray:
        """Atoms that none of these cells contains; all others are known to be zero when these cells are."""
        in_a_zero = self.incidence[zero_cells].sum(axis=0)
        return np.flatnonzero(np.asarray(in_a_zero).ravel() == 0)


def build_models(release: Release) -> tuple[JointModel, ...]:
    """The joint model of each population of the release; populations are independent of each other.

    Raises DisclosureError when tables of one population disagree about a dimension or a count, or when their common
    base is too large to be audited exactly.
    """
    names = release.dimension_names
    return tuple(_build(population, tables, names) for population, tables in release.populations.items())


def _build(population: str, tables: list[Table], names: list[str]) -> JointModel:
    base = _Base.of(population, tables)
    cells = _Cells()
    for table in tables:
        for grouping in table.groupings():
            cells.add_grouping(table, grouping, base)
    return JointModel(
        population=population,
        incidence=cells.incidence(base.size),
        counts=np.array(cells.counts, dtype=np.int64),
        breadth=np.array(cells.breadth, dtype=np.int64),
        rows=cells.frame(names),
    )


@dataclass(frozen=True)
class _Base:
    """Leaves that no margin tells apart fall together; atoms are the cross of what is left."""

    representatives: dict[str, tuple[str, ...]]  # by dimension, one leaf for each class of leaves

    @classmethod
    def of(cls, population: str, tables: list[Table]) -> "_Base":
        dimensions = _common_dimensions(population, tables)
        base = cls({name: _representatives(d, _levels_in_use(name, tables)) for name, d in dimensions.items()})
        if base.size > LARGEST_BASE:
            raise DisclosureError(
                f"The tables of {population} need a joint base of {base.size} cells, more than the {LARGEST_BASE} "
                "that can be audited exactly: publish coarser tables."
            )
        return base

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(leaves) for leaves in self.representatives.values())

    @property
    def size(self) -> int:
        return prod(self.shape)

    def members(self, table: Table, grouping: Grouping) -> list[np.ndarray]:
        """The atoms of each cell of a grouping, in the order of the table's labels."""
        axes = {name: axis for axis, name in enumerate(self.representatives)}
        position = np.zeros((1,) * len(self.shape), dtype=np.int64)
        for dimension, level in zip(table.dimensions, grouping, strict=True):
            axis, place = axes[dimension.name], {code: i for i, code in enumerate(dimension.codes(level))}
            part = np.array([place[dimension.code(leaf, level)] for leaf in self.representatives[dimension.name]])
            position = position * len(place) + np.expand_dims(part, [a for a in axes.values() if a != axis])
        return _split_by_cell(np.broadcast_to(position, self.shape).ravel())


@dataclass
class _Cells:
    """Distinct cells found so far, and the rows that show them."""

    atoms: list[np.ndarray] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    breadth: list[int] = field(default_factory=list)
    place: dict[bytes, int] = field(default_factory=dict)
    rows: dict[tuple[str, ...], dict[str, object]] = field(default_factory=dict)

    def add_grouping(self, table: Table, grouping: Grouping, base: _Base) -> None:
        names = [dimension.name for dimension in table.dimensions]
        breadth = sum(len(d.codes(level)) > 1 for d, level in zip(table.dimensions, grouping, strict=True))
        members = base.members(table, grouping)
        for label, count, atoms in zip(table.labels(grouping), table.tabulate(grouping), members, strict=True):
            cell = self._cell(table, atoms, int(count), breadth)
            row = {"table_id": table.table_id, **dict(zip(names, label, strict=True)), "cell": cell}
            self.rows.setdefault((table.table_id, *label), row)

    def _cell(self, table: Table, atoms: np.ndarray, count: int, breadth: int) -> int:
        cell = self.place.setdefault(atoms.tobytes(), len(self.counts))
        if cell == len(self.counts):
            self.atoms.append(atoms)
            self.counts.append(count)
            self.breadth.append(breadth)
        elif self.counts[cell] != count:
            raise DisclosureError(
                f"Table {table.table_id} and another table of {table.population} give one cell two different counts: "
                "they do not count the same children."
            )
        return cell

    def incidence(self, size: int) -> sparse.csr_array:
        starts = np.concatenate([[0], np.cumsum([len(atoms) for atoms in self.atoms])])
        columns = np.concatenate(self.atoms)
        return sparse.csr_array((np.ones(len(columns), dtype=np.int64), columns, starts), shape=(len(self.atoms), size))

    def frame(self, names: list[str]) -> pd.DataFrame:
        frame = pd.DataFrame(list(self.rows.values()), columns=["table_id", *names, "cell"])
        return frame.fillna(dict.fromkeys(names, TOTAL))


def _common_dimensions(population: str, tables: list[Table]) -> dict[str, Dimension]:
    dimensions: dict[str, Dimension] = {}
    for dimension in (dimension for table in tables for dimension in table.dimensions):
        known = dimensions.setdefault(dimension.name, dimension)
        if known != dimension:
            raise DisclosureError(f"Tables of {population} describe dimension {dimension.name} in two ways.")
    return dimensions


def _levels_in_use(name: str, tables: list[Table]) -> set[str]:
    return {
        level
        for table in tables
        for grouping in table.groupings()
        for dimension, level in zip(table.dimensions, grouping, strict=True)
        if dimension.name == name
    }


def _representatives(dimension: Dimension, levels: set[str]) -> tuple[str, ...]:
    leaf_of_class: dict[tuple[str, ...], str] = {}
    for leaf in dimension.leaves:
        leaf_of_class.setdefault(tuple(dimension.code(leaf, level) for level in levels), leaf)
    return tuple(leaf_of_class.values())


def _split_by_cell(cell_of_atom: np.ndarray) -> list[np.ndarray]:
    """The atoms of each cell, ascending."""
    order = np.argsort(cell_of_atom, kind="stable").astype(np.int32)
    return np.split(order, np.flatnonzero(np.diff(cell_of_atom[order])) + 1)
