"""A search among short movements away from one whole table, where most targets are single atoms: a table too fine.

All undecided targets are pulled at once, each one way and then the other, and none further than makes it wide, so that
as many as can be get there. First only the shortest movements may be made, for few decide most and their programs are
quick; the others join when these decide no more.
"""

from dataclasses import replace

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.basis import short_basis
from anonymization.disclosure.audit.program import Program, whole_steps
from anonymization.disclosure.audit.reduction import Reduced
from anonymization.disclosure.audit.width_search import SEED, TRYING, Search
from anonymization.disclosure.tables.joint_model import marks_of

FEW_ATOMS, MANY_ATOMS = 1_000, 6_000  # open atoms: fewer need no help, for more the basis takes too much memory
# stage by stage: how many atoms a movement may move that may be made; so many programs in a row that together decide no
# more than this share of the undecided targets end the stage
STAGES = ((30, 3, 0.1), (np.inf, 6, 0.0))
WIDTHS = 20  # how far an atom may move, and how often a movement may be made; with less room, programs take far longer
LEAST_PULL = 0.3  # of 1, on each undecided target


def search_short_movements(search: Search) -> None:
    """Fill the pool of a search; nothing is done where targets are sums of many atoms, or atoms are few."""
    waiting, atoms = ~search.pool.is_wide, len(search.reduced.columns)
    if not waiting.any() or not FEW_ATOMS < atoms <= MANY_ATOMS or search.limits.out_of_time():
        return
    if np.median(np.diff(search.rows.indptr)[waiting]) > 1:
        return
    among = _ShortMovements(search)
    for longest, programs, share in STAGES:
        among.pull(longest, programs, share)


class _ShortMovements:
    def __init__(self, search: Search) -> None:
        self._search = search
        self._origin = search.origin[search.reduced.columns]
        self._near = WIDTHS * float(search.targets.width.max())
        is_fixed = search.reduced.lower == search.reduced.upper
        rows = sparse.csr_array(search.reduced.matrix).astype(np.int64)
        basis = short_basis(sparse.csr_array(rows[np.flatnonzero(is_fixed)]), self._origin - search.reduced.lowest)
        self._movements = basis.movements
        self._unsolved = np.concatenate([np.flatnonzero(~is_fixed), np.flatnonzero(is_fixed)[basis.left]])
        self._length = np.diff(self._movements.indptr)
        self._pulled = _widest_of_equal(search)
        self._atom = _single_atoms(search.rows)
        self._draw = np.random.default_rng(SEED)
        self._made = 0

    def pull(self, longest: float, programs: int, share: float) -> None:
        """One stage: pull what is undecided, for as long as that decides much; nothing where no movement joins."""
        allowed = sparse.csr_array(self._movements[np.flatnonzero(self._length <= longest)])
        if allowed.shape[0] == self._made:
            return
        self._made = allowed.shape[0]
        system = self._system(allowed)
        program = Program(system, np.zeros(self._made, dtype=np.int64), self._near, whole=True)
        decided: list[int] = []
        sign = np.ones(len(self._pulled))
        while len(waiting := self._waiting()) and not self._search.limits.out_of_time():
            if len(decided) >= programs and sum(decided[-programs:]) <= share * len(waiting):
                return
            self._search.limits.report(TRYING, int(self._search.pool.is_wide.sum()), len(self._search.targets))
            sign = -sign if len(decided) % 2 else self._draw.choice([-1.0, 1.0], len(self._pulled))
            program.set_row_bounds(*self._as_far_as_needed(system, sign))
            self._pull_once(program, allowed, sign)
            decided.append(len(waiting) - len(self._waiting()))

    def _waiting(self) -> np.ndarray:
        """Places among the pulled targets of those that are not yet wide."""
        return np.flatnonzero(~self._search.pool.is_wide[self._pulled])

    def _pull_once(self, program: Program, allowed: sparse.csr_array, sign: np.ndarray) -> None:
        search, pull, waiting = self._search, np.zeros(len(self._search.targets)), self._waiting()
        pull[self._pulled[waiting]] = (sign * self._draw.uniform(LEAST_PULL, 1, len(sign)))[waiting]
        answer = program.maximise(allowed @ (search.rows.T @ pull))
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

    def _as_far_as_needed(self, system: Reduced, sign: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The bounds of its rows; a waiting target that is a single atom goes no further than makes it wide."""
        pool, lower, upper = self._search.pool, system.lower.copy(), system.upper.copy()
        waiting = self._waiting()
        targets, atoms, sign = self._pulled[waiting], self._atom[self._pulled[waiting]], sign[waiting]
        start, width = pool.values[0][targets], self._search.targets.width[targets]
        rising, falling = (atoms >= 0) & (sign > 0), (atoms >= 0) & (sign < 0)
        highest, lowest = pool.lowest[targets] + width - start, pool.highest[targets] - width - start
        upper[atoms[rising]] = np.minimum(upper[atoms[rising]], highest[rising])
        lower[atoms[falling]] = np.maximum(lower[atoms[falling]], lowest[falling])
        return lower, upper


def _single_atoms(rows: sparse.csr_array) -> np.ndarray:
    """The place of the atom that each target is; -1 for those that are not the count of one."""
    atoms = np.full(rows.shape[0], -1)
    alone = np.flatnonzero(np.diff(rows.indptr) == 1)
    entry = rows.indptr[alone]
    atoms[alone[rows.data[entry] == 1]] = rows.indices[entry[rows.data[entry] == 1]]
    return atoms


def _widest_of_equal(search: Search) -> np.ndarray:
    """Of the targets that are the same sum of open atoms, one each: when the one of most width is wide, all are."""
    order = np.argsort(-search.targets.width, kind="stable")
    marks = marks_of(search.rows[order].astype(np.int64))
    return np.sort(order[np.unique(marks, axis=0, return_index=True)[1]])
