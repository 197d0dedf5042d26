"""A search among short movements away from one whole table, where most targets are single atoms: a table too fine.

All undecided targets are pulled at once, each one way and then the other. First only the shortest movements may be
made, for few decide most and their programs are quick; longer ones join when these decide no more.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import sparse

from anonymization.audit.basis import short_basis
from anonymization.audit.program import Program, whole_steps
from anonymization.audit.reduction import Reduced
from anonymization.audit.search import SEED, Search
from anonymization.tables.joint_model import marks_of

FEW_ATOMS, MANY_ATOMS = 1_000, 8_000  # open atoms: fewer need no help, for more the basis takes too much memory
LONGEST = (30, 60, 120, np.inf)  # atoms moved by the movements that may be made, stage by stage
NEAR = 15.0  # how far an atom may move, and how often a movement may be made
LEAST_PULL = 0.3  # of 1, on each undecided target
LITTLE = 0.05  # of the undecided targets: programs that decide fewer, three together, end a stage


def search_short_movements(search: Search, out_of_time: Callable[[], bool]) -> None:
    """Fill the pool of a search; nothing is done where targets are sums of many atoms, or atoms are few."""
    atoms = len(search.reduced.columns)
    if not _waiting(search).any() or not FEW_ATOMS < atoms <= MANY_ATOMS:
        return
    if np.median(np.diff(search.rows.indptr)) > 1:
        return
    among = _ShortMovements(search)
    for longest in LONGEST:
        among.pull(longest, out_of_time)


def _waiting(search: Search) -> np.ndarray:
    return ~search.pool.is_wide & search.is_wide_in_fractions


class _ShortMovements:
    def __init__(self, search: Search) -> None:
        self._search = search
        self._origin = search.origin[search.reduced.columns]
        is_fixed = search.reduced.lower == search.reduced.upper
        rows = sparse.csr_array(search.reduced.matrix).astype(np.int64)
        basis = short_basis(sparse.csr_array(rows[np.flatnonzero(is_fixed)]), self._origin - search.reduced.lowest)
        self._movements = basis.movements
        self._kept = np.concatenate([np.flatnonzero(~is_fixed), np.flatnonzero(is_fixed)[basis.left]])
        self._length = np.diff(self._movements.indptr)
        self._different = np.unique(marks_of(search.rows.astype(np.int64)), axis=0, return_index=True)[1]
        self._draw = np.random.default_rng(SEED)

    def pull(self, longest: float, out_of_time: Callable[[], bool]) -> None:
        """Pull what is undecided, for as long as that decides much."""
        allowed = sparse.csr_array(self._movements[np.flatnonzero(self._length <= longest)])
        program = Program(self._system(allowed), np.zeros(allowed.shape[0], dtype=np.int64), NEAR, whole=True)
        decided: list[int] = []
        sign = np.ones(len(self._different))
        while (waiting := int(_waiting(self._search).sum())) and not out_of_time():
            if len(decided) > 2 and sum(decided[-3:]) < max(1, LITTLE * waiting):
                return
            sign = -sign if len(decided) % 2 else self._draw.choice([-1.0, 1.0], len(self._different))
            self._pull_once(program, allowed, sign)
            decided.append(waiting - int(_waiting(self._search).sum()))

    def _pull_once(self, program: Program, allowed: sparse.csr_array, sign: np.ndarray) -> None:
        search, pull = self._search, np.zeros(len(self._search.targets))
        pull[self._different] = sign * self._draw.uniform(LEAST_PULL, 1, len(sign))
        answer = program.maximise(allowed @ (search.rows.T @ np.where(_waiting(search), pull, 0.0)))
        linear, whole = search.solved_elsewhere
        search.solved_elsewhere = linear, whole + 1
        times = None if answer.steps is None else whole_steps(answer.steps)
        if times is not None:
            search.pool.add(search.reduced.whole(self._origin + allowed.T @ times))

    def _system(self, allowed: sparse.csr_array) -> Reduced:
        """The system over how often each movement is made: each atom within its bounds, each row that is not solved."""
        reduced = self._search.reduced
        rows = sparse.csr_array(reduced.matrix[self._kept]).astype(np.int64)
        at_origin = rows @ self._origin
        lowest = np.maximum(reduced.lowest - self._origin, -NEAR)
        highest = np.minimum(reduced.highest - self._origin, NEAR)
        movements = allowed.shape[0]
        return replace(
            reduced,
            matrix=sparse.csr_array(sparse.vstack([allowed.T, rows @ allowed.T], format="csr")),
            lower=np.concatenate([lowest, reduced.lower[self._kept] - at_origin]),
            upper=np.concatenate([highest, reduced.upper[self._kept] - at_origin]),
            columns=np.arange(movements),
            lowest=np.full(movements, -np.inf),
            highest=np.full(movements, np.inf),
        )
