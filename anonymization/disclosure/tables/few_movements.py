"""Fewer movements than are possible, but enough for nearly everything: whom no table counts move as whole persons.

Those who went between two quarters, or came without being counted as arrivals, are few, and have no table of their own;
but they have as many atoms as a tabulated population. Here one kind of person stands for all who count in a cell, the
kind of which there are most. What is found so holds for the whole model; that nothing is found proves nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.base import Base, Block, rows_of
from anonymization.disclosure.tables.following import Following
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.kinds import Kinds, name_of
from anonymization.disclosure.tables.known_facts import hidden_populations

Alike = Mapping[str, int]  # populations whose counts, so often each, add up to those of another one


@dataclass(frozen=True, eq=False)
class Movements:
    """Ways to move away from a whole table; every sum of them is another one, as far as counts stay above their least.

    steps: atoms x movements (int64). room: how often each can be made backwards. is_everything: there are no others.
    """

    steps: sparse.csr_array
    room: np.ndarray
    is_everything: bool

    def without(self, cells: sparse.csr_array) -> "Movements":
        """Those that leave these cells (rows over atoms) as they are."""
        kept = np.asarray(abs(cells @ self.steps).sum(axis=0)).ravel() == 0
        is_everything = self.is_everything and bool(kept.all())
        return Movements(sparse.csr_array(self.steps[:, np.flatnonzero(kept)]), self.room[kept], is_everything)


def all_movements(followed: Following, atoms: np.ndarray) -> Movements:
    """Every own part by itself, from these atoms (int64)."""
    return Movements(followed.steps, followed.own[followed.leaders] @ atoms, True)


def few_movements(model: JointModel, followed: Following, atoms: np.ndarray) -> Movements:
    """The own parts of what is tabulated, and one more person of each kind of the unseen."""
    unseen = _unseen(model, followed, atoms)
    populations = np.repeat([b.population for b in model.base.blocks], [b.size for b in model.base.blocks])
    is_tabulated = np.isin(populations, list(model.table_set.populations)) & ~np.isin(populations, list(unseen))
    seen = followed.leaders[is_tabulated[followed.leaders]]
    cells = sparse.csr_array(model.cells @ followed.all_steps)
    kinds = [kind for name, alike in unseen.items() for kind in _kinds(model.base, cells, name, alike, atoms)]
    persons = sparse.csr_array(
        (np.ones(sum(map(len, kinds)), dtype=np.int64), np.concatenate([*kinds, np.zeros(0, dtype=np.int64)]),
         np.concatenate([[0], np.cumsum([len(kind) for kind in kinds])])),
        shape=(len(kinds), model.atoms),
    )  # fmt: skip
    steps = sparse.csr_array(sparse.hstack([followed.all_steps[:, seen], followed.all_steps @ persons.T], format="csr"))
    room = np.concatenate([followed.own[seen] @ atoms, np.zeros(len(kinds), dtype=np.int64)])
    return Movements(steps, room, len(seen) == len(followed.leaders))


def _unseen(model: JointModel, followed: Following, atoms: np.ndarray) -> dict[str, Alike]:
    """Populations whose own part has no table of its own, and what tells how many persons of each kind there are."""
    base, between = model.base, hidden_populations(model.table_set.relations)
    held = {block.population for block in base.blocks}
    follow = {b.population for b in base.blocks if followed.follows[b.first] and np.isin(b.first, followed.leaders)}
    return {
        **{name: {others[0]: 1} for name, others in between.items() if name in held},
        **{name: {name: 1} for name in follow},
        **dict(left for kinds in base.kinds for left in _leaving(kinds, base, atoms)),
    }


def _leaving(kinds: Kinds, base: Base, atoms: np.ndarray) -> Iterator[tuple[str, Alike]]:
    """For each relation the kind of which most can leave: those who stay, by whose counts they are told, are most."""
    units = np.eye(len(kinds.every), dtype=np.int64)
    for leaves in kinds.leaving:
        found = []
        for place in np.flatnonzero(leaves):
            kind = kinds.every[place]
            staying = min(
                (r for r in kinds.rest if kind < kinds.every[r]), key=lambda r: len(kinds.every[r]), default=None
            )
            if staying is not None:
                alike, block = kinds.in_terms(units[staying]), base.of(name_of(kind))[0]
                found.append((int(_present(block, alike, base, atoms).sum()), name_of(kind), alike))
        if found:
            yield max(found, key=lambda one: one[:2])[1:]


def _present(block: Block, alike: Alike, base: Base, atoms: np.ndarray) -> np.ndarray:
    """How many there are of each kind that a block tells apart, in the block's shape."""
    counts = np.zeros(block.size, dtype=np.int64)
    for name, times in alike.items():
        holder = base.holding(name, block.names)
        counts += times * (rows_of(holder, holder.margin(block.names), base.size) @ atoms)
    return counts.reshape(block.shape)


def _kinds(
    base: Base, cells: sparse.csr_array, population: str, alike: Alike, atoms: np.ndarray
) -> Iterator[np.ndarray]:
    """Atoms of one person each, one in every block of the population: a person for each cell."""
    blocks = base.of(population)
    present = [_present(block, alike, base, atoms) for block in blocks]
    found: dict[tuple[int, ...], None] = {}
    for number, block in enumerate(blocks):
        of_block = sparse.csr_array(cells[:, _span(block)])
        for places in np.split(of_block.indices, of_block.indptr[1:-1]):
            if len(places):
                most = places[np.argmax(present[number].ravel()[places])]
                found[_person(blocks, present, number, int(most))] = None
    return (np.array(person, dtype=np.int64) for person in found)


def _span(block: Block) -> slice:
    return slice(block.first, block.first + block.size)


def _person(blocks: list[Block], present: list[np.ndarray], number: int, place: int) -> tuple[int, ...]:
    """The most frequent kind of person who counts at a place of one block: their atom in every block."""
    codes = dict(zip(blocks[number].names, np.unravel_index(place, blocks[number].shape), strict=True))
    for block, counts in zip(blocks, present, strict=True):
        among = tuple(codes[name] if name in codes else slice(None) for name in block.names)
        free = [name for name in block.names if name not in codes]
        most = np.unravel_index(int(np.argmax(counts[among])), np.shape(counts[among]))
        codes |= dict(zip(free, most, strict=True))
    return tuple(
        int(block.first + np.ravel_multi_index([codes[name] for name in block.names], block.shape)) for block in blocks
    )
