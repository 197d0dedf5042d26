"""The base of a set of tables: the finest combinations that its margins tell apart, as few as the links allow.

The dimensions that stand together in a margin are joined in a graph; its chordal completion gives cliques, and each
clique gets a block of *atoms*, the cross of its dimensions' classes. Blocks that agree on their common margins are
exactly the margins of a whole table of non-negative whole numbers (a decomposable set: Lauritzen, Graphical Models
(1996), chapter 4), so nothing that an attacker could use is lost, and the base stays small.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

import networkx as nx
import numpy as np
import pandas as pd
from scipy import sparse

from anonymization.disclosure.tables.cliques import CliquesOf, junction_tree, layouts
from anonymization.disclosure.tables.finding_kinds import find_kinds
from anonymization.disclosure.tables.kinds import Dimensions, Kinds
from anonymization.disclosure.tables.relations import Relation
from anonymization.disclosure.tables.table_set import Dimension, Table, TableSet
from anonymization.errors import DisclosureError

LARGEST_BASE = 1_000_000  # atoms; beyond it nothing can be decided exactly in reasonable time


@dataclass(frozen=True, eq=False)
class Axis:
    """The classes of one dimension: leaves that no margin tells apart stand together."""

    name: str
    leaves: tuple[tuple[str, ...], ...]  # of each class

    @property
    def representatives(self) -> tuple[str, ...]:
        """One leaf of each class."""
        return tuple(members[0] for members in self.leaves)

    @property
    def class_of(self) -> dict[str, int]:
        """The class of each leaf."""
        return {leaf: place for place, members in enumerate(self.leaves) for leaf in members}


@dataclass(frozen=True, eq=False)
class Block:
    """The atoms of one clique of one population: the cross of its axes, the last one running fastest."""

    population: str
    axes: tuple[Axis, ...]
    first: int

    @property
    def names(self) -> tuple[str, ...]:
        """The dimensions that its atoms tell apart."""
        return tuple(axis.name for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many classes each axis has."""
        return tuple(len(axis.leaves) for axis in self.axes)

    @property
    def size(self) -> int:
        """How many atoms it has."""
        return prod(self.shape)

    def places(self, parts: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> np.ndarray:
        """For every atom its place in the cross of the parts, in their order; `parts`: dimension -> part of a class."""
        place = np.zeros((1,) * len(self.shape), dtype=np.int64)
        for name, part in parts.items():
            axis = self.names.index(name)
            along = [1 if other != axis else -1 for other in range(len(self.shape))]
            place = place * sizes[name] + part.reshape(along)
        return np.broadcast_to(place, self.shape).ravel()

    def margin(self, names: Iterable[str]) -> np.ndarray:
        """For every atom its place in the margin of these dimensions, classes kept apart."""
        chosen = {axis.name: axis for axis in self.axes}
        sizes = {name: len(chosen[name].leaves) for name in names}
        return self.places({name: np.arange(size) for name, size in sizes.items()}, sizes)

    def count(self, counts: pd.DataFrame) -> np.ndarray:
        """The counts of its atoms. `counts`: a column of leaf codes for each dimension, and `count`."""
        if not self.axes:  # a grand total only
            return np.array([counts["count"].sum()], dtype=np.int64)
        atoms = np.zeros(self.shape, dtype=np.int64)
        place = tuple(counts[axis.name].map(axis.class_of).to_numpy(dtype=np.int64) for axis in self.axes)
        np.add.at(atoms, place, counts["count"].to_numpy(dtype=np.int64))
        return atoms.ravel()


@dataclass(frozen=True, eq=False)
class Base:
    """Blocks of every population, one after the other, and how those of a population hang together.

    joints: pairs of blocks (by place) of one population that agree on the margin of the dimensions they share.
    kinds:  of populations whose relations are stated kind of person by kind of person; these kinds have blocks too.
    """

    blocks: tuple[Block, ...]
    joints: tuple[tuple[int, int], ...]
    kinds: tuple[Kinds, ...] = ()

    @property
    def size(self) -> int:
        """How many atoms there are."""
        return sum(block.size for block in self.blocks)

    def of(self, population: str) -> list[Block]:
        """The blocks of one population."""
        return [block for block in self.blocks if block.population == population]

    def holding(self, population: str, names: Iterable[str]) -> Block:
        """The first block of a population that tells all these dimensions apart."""
        wanted = set(names)
        return next(block for block in self.of(population) if wanted <= set(block.names))

    def links(self) -> sparse.csr_array:
        """Rows that are zero for blocks that agree, a row for each place of each shared margin."""
        return stack([self._link(*joint) for joint in self.joints], self.size)

    def _link(self, one: int, other: int) -> sparse.csr_array:
        first, second = self.blocks[one], self.blocks[other]
        shared = [name for name in first.names if name in second.names]
        return rows_of(first, first.margin(shared), self.size) - rows_of(second, second.margin(shared), self.size)


def rows_of(block: Block, places: np.ndarray, atoms: int) -> sparse.csr_array:
    """A row for each place: 1 at the block's atoms that are counted there."""
    columns = np.arange(block.first, block.first + block.size)
    shape = (int(places.max(initial=-1)) + 1, atoms)
    return sparse.csr_array((np.ones(block.size, dtype=np.int64), (places, columns)), shape=shape)


def stack(parts: list[sparse.csr_array], atoms: int) -> sparse.csr_array:
    """Rows one below the other; none is allowed."""
    return sparse.csr_array(sparse.vstack(parts, format="csr")) if parts else sparse.csr_array((0, atoms), dtype=int)


def build_base(table_set: TableSet, hidden_populations: Mapping[str, tuple[str, ...]]) -> Base:
    """The base of all tables.

    hidden_populations: populations that no table counts -> those that it lies between; it is told apart by the
    dimensions that they share. Where kinds of persons are held apart, these have blocks instead.

    Related populations get the same classes and cliques, so that a relation can be stated atom by atom.
    Raises DisclosureError when related tables do not have the same leaves, or when the base is too large.
    """
    blocks: list[Block] = []
    joints: list[tuple[int, int]] = []
    told: list[Kinds] = []
    for populations in _groups(table_set.populations, table_set.relations):
        tables = [table for name in populations for table in table_set.populations[name]]
        among = [relation for relation in table_set.relations if set(relation.populations) & set(populations)]
        known = {name: tuple(table_set.dimensions_of(name)) for name in populations}
        between = {name: _shared(known, ends) for name, ends in hidden_populations.items() if ends[0] in known}
        ties = [[set(known[name]) for name in relation.populations] for relation in among]
        axes, possible = _axes(tables), layouts(tables, ties, known, between, find_kinds(known, among))
        cliques_of, kinds = min(possible, key=lambda layout: _size(layout[0], axes))
        told += [kinds] if kinds else []
        for name, cliques in cliques_of.items():
            _add_blocks(name, cliques, axes, blocks, joints)
    return Base(tuple(blocks), tuple(joints), tuple(told))


def _shared(known: Dimensions, ends: Iterable[str]) -> tuple[str, ...]:
    first, *others = (known[end] for end in ends)
    return tuple(name for name in first if all(name in other for other in others))


def _add_blocks(
    population: str,
    cliques: list[tuple[str, ...]],
    axes: Mapping[str, Axis],
    blocks: list[Block],
    joints: list[tuple[int, int]],
) -> None:
    first = len(blocks)
    for clique in cliques:
        at = blocks[-1].first + blocks[-1].size if blocks else 0
        blocks.append(Block(population, tuple(axes[name] for name in clique), at))
        if at + blocks[-1].size > LARGEST_BASE:
            raise DisclosureError(
                f"The tables need a joint base of more than {LARGEST_BASE:,} cells, too many to be audited exactly: "
                "publish coarser tables."
            )
    joints.extend((first + one, first + other) for one, other in junction_tree(cliques))


def _groups(populations: Iterable[str], relations: Iterable[Relation]) -> list[list[str]]:
    """Populations that relations connect."""
    graph = nx.Graph()
    graph.add_nodes_from(populations)
    for relation in relations:
        nx.add_path(graph, relation.populations)
    place = {name: number for number, name in enumerate(graph)}
    return sorted((sorted(part, key=place.__getitem__) for part in nx.connected_components(graph)), key=str)


def _axes(tables: list[Table]) -> dict[str, Axis]:
    names = dict.fromkeys(dimension.name for table in tables for dimension in table.dimensions)
    return {name: _axis(name, tables) for name in names}


def _axis(name: str, tables: list[Table]) -> Axis:
    shown = [(d, level) for t in tables for d in t.dimensions if d.name == name for level in t.levels_in_use(name)]
    holders: list[Dimension] = [d for t in tables for d in t.dimensions if d.name == name]
    if any(set(d.leaves) != set(holders[0].leaves) for d in holders):
        raise DisclosureError(f"Related tables give dimension {name} different leaf codes: give them the same.")
    classes: dict[tuple[str, ...], list[str]] = {}
    for leaf in holders[0].leaves:
        classes.setdefault(tuple(d.code(leaf, level) for d, level in shown), []).append(leaf)
    return Axis(name, tuple(tuple(members) for members in classes.values()))


def _size(cliques_of: CliquesOf, axes: Mapping[str, Axis]) -> int:
    return sum(prod(len(axes[n].leaves) for n in clique) for cliques in cliques_of.values() for clique in cliques)
