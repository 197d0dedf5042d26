"""Whole tables near a known one, where most targets are single atoms: a table too fine for programs over all of it.

All undecided targets of a neighbourhood are pulled at once: first around each of them, for as long as that decides
many; then around a sparse movement of each that is left.
"""

from collections.abc import Callable

import numpy as np

from anonymization.audit.neighbourhoods import Neighbourhoods
from anonymization.audit.program import Program, whole_steps
from anonymization.audit.search import SEED, Search
from anonymization.audit.sparse_moves import SparseMoves

NEAR = 15.0  # how far an atom may move
MOST_PULL = 5  # on the target in the middle; at most 1 on others
MANY, ROUNDS = 240, 30  # targets that must have been decided around the last ones, and how many these are

Middle = Callable[[int], np.ndarray | None]  # of a target: the atoms to look around


def look_nearby(search: Search, out_of_time: Callable[[], bool]) -> None:
    """Fill the pool of a search; nothing is done where targets are sums of many atoms, or atoms are few."""
    if not (~search.pool.is_wide & search.is_wide_in_fractions).any():
        return
    origin = search.origin[search.reduced.columns]
    near = Neighbourhoods(search.reduced, origin)
    if near.is_everything or np.median(np.diff(search.rows.indptr)) > 1:
        return
    draw = np.random.default_rng(SEED)
    moves = SparseMoves(search.reduced, origin, NEAR, draw)
    look = _Look(search, near, draw, out_of_time)
    look.around_each(lambda target: search.rows[[target]].indices, MANY)
    look.around_each(lambda target: _moved_with(search, target, moves), 0)


def _moved_with(search: Search, target: int, moves: SparseMoves) -> np.ndarray | None:
    """Atoms of a sparse movement that would make a target wide, up or else down."""
    start, width, pool = search.at_origin(target), int(search.targets.width[target]), search.pool
    steps = width - (start - pool.lowest[target]), (pool.highest[target] - start) - width
    found = (moves.atoms_moved(search.rows[[target]], float(step)) for step in steps)
    return next((atoms for atoms in found if atoms is not None), None)


class _Look:
    def __init__(
        self, search: Search, near: Neighbourhoods, draw: np.random.Generator, out_of_time: Callable[[], bool]
    ) -> None:
        self._search, self._near, self._draw, self._out_of_time = search, near, draw, out_of_time
        self._origin = search.origin[search.reduced.columns]

    @property
    def _waiting(self) -> np.ndarray:
        return ~self._search.pool.is_wide & self._search.is_wide_in_fractions

    def around_each(self, middle: Middle, least: int) -> None:
        """Around each undecided target once, until fewer than `least` are decided around the last ones together."""
        decided = [least] * ROUNDS
        for target in self._draw.permutation(len(self._search.targets)):
            waiting = self._waiting
            if sum(decided[-ROUNDS:]) < least or self._out_of_time():
                return
            atoms = middle(int(target)) if waiting[target] else None
            if atoms is not None:
                self._around(int(target), self._near.around(atoms, self._draw), waiting)
                decided.append(int(waiting.sum() - self._waiting.sum()))

    def _around(self, target: int, atoms: np.ndarray, waiting: np.ndarray) -> None:
        search = self._search
        program = Program(self._near.part(atoms), self._origin[atoms], NEAR, whole=True)
        for sign in (1.0, -1.0):
            if search.pool.is_wide[target]:
                return
            pull = np.where(waiting, self._draw.uniform(-1, 1, len(waiting)), 0.0)
            pull[target] = sign * MOST_PULL
            answer = program.maximise((search.rows.T @ pull)[atoms])
            linear, whole = search.solved_elsewhere
            search.solved_elsewhere = linear, whole + 1
            steps = None if answer.steps is None else whole_steps(answer.steps)
            if steps is not None:
                table = self._origin.copy()
                table[atoms] += steps
                search.pool.add(search.reduced.whole(table))
