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

FEW_ATOMS, MANY_ATOMS = 1_000, 6_000  # open atoms: fewer need no help, for more the basis takes too much memory
# stage by stage: how many atoms a movement may move that may be made; so many programs in a row that together decide no
# more than this share of the undecided targets end the stage
STAGES = ((30, 3, 0.05), (60, 3, 0.05), (120, 3, 0.05), (np.inf, 10, 0.0))
NEAR = 15.0  # how far an atom may move, and how often a movement may be made, at least
WIDTHS = 2  # the same, in the largest width
LEAST_PULL = 0.3  # of 1, on each undecided target


def search_short_movements(search: Search, out_of_time: Callable[[], bool]) -> None:
    """Fill the pool of a search; nothing is done where targets are sums of many atoms, or atoms are few."""
    waiting, atoms = _waiting(search), len(search.reduced.columns)
    if not waiting.any() or not FEW_ATOMS < atoms <= MANY_ATOMS or out_of_time():
        return
    if np.median(np.diff(search.rows.indptr)[waiting]) > 1:
        return
    among = _ShortMovements(search)
    for longest, programs, share in STAGES:
        among.pull(longest, programs, share, out_of_time)


def _waiting(search: Search) -> np.ndarray:
    return ~search.pool.is_wide & search.is_wide_in_fractions


class _ShortMovements:
    def __init__(self, search: Search) -> None:
        self._search = search
        self._origin = search.origin[search.reduced.columns]
        self._near = max(NEAR, WIDTHS * float(search.targets.width.max()))
        is_fixed = search.reduced.lower == search.reduced.upper
        rows = sparse.csr_array(search.reduced.matrix).astype(np.int64)
        basis = short_basis(sparse.csr_array(rows[np.flatnonzero(is_fixed)]), self._origin - search.reduced.lowest)
        self._movements = basis.movements
        self._unsolved = np.concatenate([np.flatnonzero(~is_fixed), np.flatnonzero(is_fixed)[basis.left]])
        self._length = np.diff(self._movements.indptr)
        self._pulled = _widest_of_equal(search)
        self._draw = np.random.default_rng(SEED)
        self._made = 0

    def pull(self, longest: float, programs: int, share: float, out_of_time: Callable[[], bool]) -> None:
        """One stage: pull what is undecided, for as long as that decides much; nothing where no movement joins."""
        allowed = sparse.csr_array(self._movements[np.flatnonzero(self._length <= longest)])
        if allowed.shape[0] == self._made:
            return
        self._made = allowed.shape[0]
        program = Program(self._system(allowed), np.zeros(self._made, dtype=np.int64), self._near, whole=True)
        decided: list[int] = []
        sign = np.ones(len(self._pulled))
        while (waiting := int(_waiting(self._search).sum())) and not out_of_time():
            if len(decided) >= programs and sum(decided[-programs:]) <= share * waiting:
                return
            sign = -sign if len(decided) % 2 else self._draw.choice([-1.0, 1.0], len(self._pulled))
            self._pull_once(program, allowed, sign)
            decided.append(waiting - int(_waiting(self._search).sum()))

    def _pull_once(self, program: Program, allowed: sparse.csr_array, sign: np.ndarray) -> None:
        search, pull = self._search, np.zeros(len(self._search.targets))
        pull[self._pulled] = sign * self._draw.uniform(LEAST_PULL, 1, len(sign))
        answer = program.maximise(allowed @ (search.rows.T @ np.where(_waiting(search), pull, 0.0)))
        linear, whole = search.solved_elsewhere
        search.solved_elsewhere = linear, whole + 1
        times = None if answer.steps is None else whole_steps(answer.steps)
        if times is not None:
            search.pool.add(search.reduced.whole(self._origin + allowed.T @ times))

    def _system(self, allowed: sparse.csr_array) -> Reduced:
        """The system over how often each movement is made: each atom within its bounds, each row that is not solved."""
        reduced = self._search.reduced
        rows = sparse.csr_array(reduced.matrix[self._unsolved]).astype(np.int64)
        at_origin = rows @ self._origin
        lowest = np.maximum(reduced.lowest - self._origin, -self._near)
        highest = np.minimum(reduced.highest - self._origin, self._near)
        movements = allowed.shape[0]
        return replace(
            reduced,
            matrix=sparse.csr_array(sparse.vstack([allowed.T, rows @ allowed.T], format="csr")),
            lower=np.concatenate([lowest, reduced.lower[self._unsolved] - at_origin]),
            upper=np.concatenate([highest, reduced.upper[self._unsolved] - at_origin]),
            columns=np.arange(movements),
            lowest=np.full(movements, -np.inf),
            highest=np.full(movements, np.inf),
        )


def _widest_of_equal(search: Search) -> np.ndarray:
    """Of the targets that are the same sum of open atoms, one each: when the one of most width is wide, all are."""
    order = np.argsort(-search.targets.width, kind="stable")
    marks = marks_of(search.rows[order].astype(np.int64))
    return np.sort(order[np.unique(marks, axis=0, return_index=True)[1]])
