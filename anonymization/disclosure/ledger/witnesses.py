"""Whole tables that proved the past safe, carried on to a new release instead of being searched for anew.

A witness is a whole-number table that agrees with everything published. When a quarter is added, its atoms follow those
of the quarters before (`tables/following.py`); where what they then change is hidden, the earlier witness is one still.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy import sparse

from anonymization.disclosure.ledger.editions import LedgerEdition
from anonymization.disclosure.ledger.history import Component, History, Joint, whole_ledger
from anonymization.disclosure.ledger.past import Moves
from anonymization.disclosure.tables.base import Base, Block, rows_of, stack
from anonymization.disclosure.tables.following import Following, following


def earlier_witnesses(history: History, joint: Joint) -> list[np.ndarray]:
    """Witnesses of the past on the joint model (int64 atoms each): what is new follows what is old.

    Whether one agrees with what is now shown depends on what is hidden; who uses it checks it. Left out are those of
    tables that the new release tells apart more finely: then the audit searches anew.
    """
    found: list[np.ndarray] = []
    followed = following(joint.model)
    for component in _earlier_components(history, joint):
        sums = as_sums(component.base, joint.model.base, {})
        if sums is not None and (np.diff(sums.indptr) == 1).all():
            moves = history.witnesses[component.fingerprint]
            found += [joint.truth + movement for movement in _movements(moves, sums.indices, followed)]
    return found


def tables_of(moves: Moves, truth: np.ndarray) -> Iterator[np.ndarray]:
    """Whole tables from how they differ from the true atoms; those of a base numbered otherwise are left out."""
    for move in moves:
        if any(atom >= len(truth) for atom, _ in move):
            continue
        atoms = truth.copy()
        for atom, change in move:
            atoms[atom] += change
        yield atoms


def witnesses_to_keep(
    edition: LedgerEdition, joint: Joint, witnesses: Sequence[np.ndarray], components: Sequence[Component]
) -> dict[str, Moves]:
    """What to keep with a new entry: of each component that it joined, its fingerprint and how witnesses differ there.

    `components`: of the ledger with the new entry in it.
    """
    kept: dict[str, Moves] = {}
    own = {edition.population(name): name for name in joint.model.table_set.populations}
    for component in components:
        if any(past.entry.edition == edition for past in component.past):
            sums = as_sums(component.base, joint.model.base, own)
            moves = [] if sums is None else [_steps(sums @ (atoms - joint.truth)) for atoms in witnesses]
            kept[component.fingerprint] = tuple(dict.fromkeys(move for move in moves if move))
    return kept


def as_sums(coarse: Base, fine: Base, names: Mapping[str, str]) -> sparse.csr_array | None:
    """Every atom of one base as a sum of atoms of another one that tells at least as much apart; None if it does not.

    names: population of the first -> what it is called in the second, where that differs. Rows are the atoms of the
    first, columns those of the second.
    """
    parts = []
    for block in coarse.blocks:
        renamed = _renamed(block.population, names)
        holders = [b for b in fine.of(renamed) if set(block.names) <= set(b.names)]
        places = _places(block, holders[0]) if holders else None
        if places is None:
            return None
        rows = rows_of(holders[0], places, fine.size)
        parts.append(
            sparse.csr_array((rows.data, rows.indices, _full(rows.indptr, block.size)), (block.size, fine.size))
        )
    return stack(parts, fine.size)


def _renamed(population: str, names: Mapping[str, str]) -> str:
    """Also inside the names of what lies between two populations."""
    if population in names:
        return names[population]
    for known, other in names.items():
        population = population.replace(f" {known}", f" {other}")
    return population


def _full(indptr: np.ndarray, rows: int) -> np.ndarray:
    return np.concatenate([indptr, np.full(rows + 1 - len(indptr), indptr[-1])])


def _places(coarse: Block, fine: Block) -> np.ndarray | None:
    """For every atom of the finer block, the atom of the coarser one that it is part of."""
    axes = {axis.name: axis for axis in fine.axes}
    parts = {}
    for axis in coarse.axes:
        classes = [{axis.class_of.get(leaf, -1) for leaf in members} for members in axes[axis.name].leaves]
        if any(len(found) > 1 or -1 in found for found in classes):
            return None
        parts[axis.name] = np.array([found.pop() for found in classes])
    return fine.places(parts, {axis.name: len(axis.leaves) for axis in coarse.axes})


def _earlier_components(history: History, joint: Joint) -> Iterator[Component]:
    """Components of the past that the joint model holds, and of which witnesses are kept."""
    if history.edition is None:
        return
    populations = set(joint.model.table_set.populations)
    for component in whole_ledger(history.published, history.edition.audience):
        if component.populations <= populations and history.witnesses.get(component.fingerprint):
            yield component


def _movements(moves: Moves, atoms: np.ndarray, followed: Following) -> Iterator[np.ndarray]:
    """Movements of all atoms; `atoms`: which atom of the joint model each earlier one is."""
    is_given = np.zeros(followed.own.shape[0], dtype=bool)
    is_given[atoms] = True
    for earlier in tables_of(moves, np.zeros(len(atoms), dtype=np.int64)):
        movement = np.zeros(len(is_given), dtype=np.int64)
        movement[atoms] = earlier
        yield followed.completed(movement, is_given)


def _steps(moved: np.ndarray) -> tuple[tuple[int, int], ...]:
    return tuple((int(atom), int(moved[atom])) for atom in np.flatnonzero(moved))
