"""The search for two whole tables that differ in each target by its width.

A linear program pulls one undecided target and, lightly, all other undecided ones; its vertices go into a pool that is
read for every target at once, so that few programs decide many targets. What stays narrow is solved alone, both ways.
Whole-number programs with the same objectives follow where the vertices are fractional (the audit problem: Fischetti
and Salazar, Management Science 47 (2001); pools of witnesses: reference in docs/disclosure.md).
"""

from collections.abc import Callable, Iterable

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.derivation import Derivation, derive
from anonymization.disclosure.audit.limits import NO_LIMITS, Limits
from anonymization.disclosure.audit.pool import Targets, WitnessPool
from anonymization.disclosure.audit.program import Answer, Outcome, Program, whole_steps
from anonymization.disclosure.audit.reduction import Contradiction, Reduced, reduce
from anonymization.disclosure.audit.system import System

TOLERANCE = 1e-6  # of a linear interval's width; never a reason to call a cell safe
REACH = 10_000.0  # how far an atom may move in a search for witnesses; the ends of an interval have no such limit
PULL = 0.02  # on the other undecided targets
FRUITLESS = 8  # linear programs in a row whose vertices decide nothing in whole numbers
MOST_VALUES = 50  # of one target, that are tried one by one
SEED = 20260401
TRYING = "Attacking what is shown"  # as told of progress


class Undecided(Exception):
    """The budget ended before a single whole table was found."""


class Search:
    """Everything found about the targets of one system.

    pool: whole tables. least, most: the outer interval of each target as far as linear programs have shown it, as a
    difference from the origin. settled: targets whose outer interval is known to both its ends.
    whole_least, whole_most: ends that whole-number programs have proven (missing: nan). origin: the first table.
    rows: the targets over the open atoms. solved_elsewhere: programs that others solved for it, linear and whole.

    Raises Contradiction when nothing satisfies the system, Undecided when no whole table was found.
    """

    def __init__(
        self,
        system: System,
        targets: Targets,
        witnesses: Iterable[np.ndarray] = (),
        limits: Limits = NO_LIMITS,
    ) -> None:
        self.system, self.targets, self.limits = system, targets, limits
        self.reduced = reduce(system)
        self.pool = WitnessPool(system, targets)
        for atoms in witnesses:
            self.pool.add(atoms)
        if not self.pool.tables:
            self.pool.add(first_table(self.reduced))
        self.origin = self.pool.tables[0]
        self.rows = sparse.csr_array(targets.matrix[:, self.reduced.columns]).astype(float)
        self._by_atom = sparse.csr_array(self.rows.T)
        self._draw = np.random.default_rng(SEED)
        self.least, self.most = np.zeros(len(targets)), np.zeros(len(targets))
        self.settled = np.zeros(len(targets), dtype=bool)
        self.whole_least, self.whole_most = np.full(len(targets), np.nan), np.full(len(targets), np.nan)
        self._programs: dict[tuple[float, bool], Program] = {}
        self.solved_elsewhere = (0, 0)

    @property
    def solves(self) -> tuple[int, int]:
        """How many linear and how many whole-number programs were solved."""
        counts = [*self.solved_elsewhere]
        for (_, whole), program in self._programs.items():
            counts[whole] += program.solves
        return counts[0], counts[1]

    @property
    def is_wide_in_fractions(self) -> np.ndarray:
        """Mask of the targets whose outer interval is as wide as it must be; it proves nothing in whole numbers."""
        return self.pool.is_wide | (self.most - self.least >= self.targets.width - TOLERANCE)

    @property
    def outer_width(self) -> np.ndarray:
        """Width of the outer interval of each target, as far as it is known: all of it for those that are settled."""
        return np.asarray(self.most - self.least)

    @property
    def undecided(self) -> np.ndarray:
        """Mask of the targets that are neither proven wide nor known to be narrow: the budget ended."""
        proven = ~np.isnan(self.whole_least) & ~np.isnan(self.whole_most)
        return ~self.pool.is_wide & ~(~self.is_wide_in_fractions & self.settled) & ~proven

    def decide_in_fractions(self) -> None:
        """Yes or no for every target by linear programs: wide between two vertices, or its ends are known."""
        self._pull(lambda: self.is_wide_in_fractions, whole=False, patience=len(self.targets))
        self.settle(np.flatnonzero(~self.is_wide_in_fractions))

    def settle(self, targets: Iterable[int]) -> None:
        """The outer interval of these targets to both its ends."""
        for target in targets:
            if self.limits.out_of_time():
                return
            if not self.settled[target]:
                ends = [self._end(int(target), sign) for sign in (1.0, -1.0)]
                self.settled[target] = all(ends)

    def decide_in_whole_numbers(self) -> None:
        """Two whole tables for every target that has them; of the others it is proven whether one value is left."""
        hopeless = ~self.is_wide_in_fractions
        self._find_whole_tables(hopeless)
        for target in np.flatnonzero(~self.pool.is_wide):
            self._prove_ends(int(target), 1 if hopeless[target] else int(self.targets.width[target]))

    def find_witnesses(self) -> None:
        """Look for two whole tables for every target that vertices show to be wide; nothing is proven of the others."""
        self._pull(lambda: self.is_wide_in_fractions, whole=False, patience=len(self.targets))
        self._find_whole_tables(~self.is_wide_in_fractions)

    def _find_whole_tables(self, hopeless: np.ndarray) -> None:
        self._pull(lambda: self.pool.is_wide | hopeless, whole=False, patience=FRUITLESS)
        self._pull(lambda: self.pool.is_wide | hopeless, whole=True, patience=len(self.targets))

    def gather(self) -> None:
        """Look for whole tables without asking why none is found."""
        self._pull(lambda: self.pool.is_wide, whole=False, patience=FRUITLESS)
        self._pull(lambda: self.pool.is_wide, whole=True, patience=1)

    def _pull(self, decided: Callable[[], np.ndarray], whole: bool, patience: int) -> None:
        """Pull each undecided target up, then down, and the others lightly along, until all are decided.

        patience: how many programs in a row may decide nothing.
        """
        passed, fruitless = np.zeros(len(self.targets), dtype=np.int64), 0
        while fruitless <= patience and not (self._is_spent if whole else self.limits.out_of_time()):
            waiting = np.flatnonzero(~decided() & (passed < 2))
            if not len(waiting):
                return
            self.limits.report(TRYING, int(decided().sum()), len(self.targets))
            pull = np.zeros(len(self.targets))
            pull[waiting] = self._draw.uniform(-PULL, PULL, len(waiting))
            pull[waiting[0]] = (1.0, -1.0)[passed[waiting[0]]]
            passed[waiting[0]] += 1
            self._note(self._program(REACH, whole).maximise(self._by_atom @ pull))
            fruitless = 0 if decided()[waiting].any() else fruitless + 1

    @property
    def _is_spent(self) -> bool:
        spent = sum(program.iterations for (_, whole), program in self._programs.items() if whole)
        return spent >= self.limits.effort or self.limits.out_of_time()

    def _end(self, target: int, sign: float) -> bool:
        """One end of the outer interval. False when the budget ended before it was known."""
        known = (self.targets.upper if sign > 0 else self.targets.lower)[target] - self.at_origin(target)
        if (self.most if sign > 0 else self.least)[target] == known:
            return True
        answer = self._program(np.inf, whole=False).maximise(self._row(target) * sign)
        if answer.outcome is Outcome.UNBOUNDED:
            ends = self.most if sign > 0 else self.least
            ends[target] = sign * np.inf
            return True
        self._note(answer)
        return answer.outcome is Outcome.BEST

    def _prove_ends(self, target: int, width: int) -> None:
        """Both ends in whole numbers, proven, as far as this width asks for."""
        self._take_outer_ends(target)
        for sign, ends in ((1.0, self.whole_most), (-1.0, self.whole_least)):
            if self._is_spent or self.pool.width[target] >= width:
                return
            if np.isnan(ends[target]):
                ends[target] = self._whole_end(target, sign, width)

    def _take_outer_ends(self, target: int) -> None:
        """An end of the outer interval that a whole table reaches is an end in whole numbers."""
        if self.settled[target]:
            start = self.at_origin(target)
            if start + np.floor(self.most[target] + TOLERANCE) == self.pool.highest[target]:
                self.whole_most[target] = self.pool.highest[target]
            if start + np.ceil(self.least[target] - TOLERANCE) == self.pool.lowest[target]:
                self.whole_least[target] = self.pool.lowest[target]

    def _whole_end(self, target: int, sign: float, width: int) -> float:
        """One end in whole numbers; missing when the width is reached on this side, or when the budget ended.

        The nearest table that is far enough is asked for first: values may have gaps, so the end may lie beyond it.
        """
        start, pool = self.at_origin(target), self.pool
        far = float(pool.lowest[target] + width - start if sign > 0 else start - pool.highest[target] + width)
        pull, program = self._row(target) * sign, self._program(np.inf, whole=True)
        nearest = program.maximise_within(-pull, pull, far, np.inf)
        if nearest.outcome is not Outcome.NONE:
            self._note(nearest)
            return np.nan
        answer = program.maximise_within(pull, pull, -np.inf, far - 1)
        self._note(answer)
        reached = (pool.highest if sign > 0 else pool.lowest)[target]
        proven = answer.outcome is Outcome.BEST and start + sign * np.rint(answer.value) == reached
        return float(reached) if proven else np.nan

    def attainable_values(self, target: int) -> int | None:
        """How many whole values a target can have; its ends in whole numbers are then proven too. None when not known.

        Asked of one target at a time: a value that no vertex shows costs a whole-number program.
        """
        self.settle([target])
        start = self.at_origin(target)
        outer = start + np.ceil(self.least[target] - TOLERANCE), start + np.floor(self.most[target] + TOLERANCE)
        proven = self.whole_least[target], self.whole_most[target]
        least, most = (float(p if np.isfinite(p) else o) for p, o in zip(proven, outer, strict=True))
        if not self.settled[target] or not most - least < MOST_VALUES:
            return None
        answers = {value: self._is_attainable(target, value) for value in range(int(least), int(most) + 1)}
        attained = [value for value, answer in answers.items() if answer]
        if None in answers.values():
            return None
        self.whole_least[target], self.whole_most[target] = min(attained), max(attained)
        return len(attained)

    def _is_attainable(self, target: int, value: int) -> bool | None:
        if any(values[target] == value for values in self.pool.values):
            return True
        if self._is_spent:
            return None
        row, step = self._row(target), float(value - self.at_origin(target))
        for reach, whole in ((REACH, False), (REACH, False), (np.inf, True)):
            pull = self._draw.uniform(-1, 1, len(row)) if np.isfinite(reach) else row
            answer = self._program(reach, whole).maximise_within(pull, row, step, step)
            table = self._table(answer)
            if table is not None and self.system.holds(table):
                return True
        return False if answer.outcome is Outcome.NONE else None

    def derive(self, target: int) -> tuple[Derivation | None, Derivation | None]:
        """The proofs of the upper and the lower end of a target's outer interval."""
        return self._derive_end(target, 1), self._derive_end(target, -1)

    def _derive_end(self, target: int, sign: int) -> Derivation | None:
        program = self._program(np.inf, whole=False)
        if self.limits.out_of_time() or program.maximise(self._row(target) * sign).outcome is not Outcome.BEST:
            return None
        return derive(self.reduced, self.targets.matrix[[target]], target, sign, program.multipliers())

    def at_origin(self, target: int) -> int:
        """The count of a target in the first table."""
        return int(self.pool.values[0][target])

    def _row(self, target: int) -> np.ndarray:
        return self.rows[[target]].toarray().ravel()

    def _note(self, answer: Answer) -> None:
        if answer.steps is None:
            return
        if answer.outcome is Outcome.BEST:
            moved = _nearly_whole(self.rows @ answer.steps)
            self.least, self.most = np.minimum(self.least, moved), np.maximum(self.most, moved)
        table = self._table(answer)
        if table is not None:
            self.pool.add(table)

    def _table(self, answer: Answer) -> np.ndarray | None:
        """The whole table that an answer is, if it is one; who uses it checks it by addition."""
        steps = None if answer.steps is None else whole_steps(answer.steps)
        return None if steps is None else self.reduced.whole(self.origin[self.reduced.columns] + steps)

    def _program(self, reach: float, whole: bool) -> Program:
        if (reach, whole) not in self._programs:
            origin = self.origin[self.reduced.columns]
            self._programs[reach, whole] = Program(self.reduced, origin, reach, whole)
        return self._programs[reach, whole]


def _nearly_whole(values: np.ndarray) -> np.ndarray:
    """Values that are whole up to the solver's tolerance are made so."""
    rounded = np.rint(values)
    return np.where(np.abs(values - rounded) < TOLERANCE, rounded, values)


def first_table(reduced: Reduced) -> np.ndarray:
    """Some whole table that satisfies the system, all atoms.

    Raises Contradiction when there is none, Undecided when the budget ended.
    """
    answer = Program(reduced, np.zeros(len(reduced.columns), dtype=np.int64), np.inf, True).maximise(
        np.zeros(len(reduced.columns))
    )
    if answer.outcome is Outcome.NONE:
        raise Contradiction([])
    steps = None if answer.steps is None else np.rint(answer.steps).astype(np.int64)
    if steps is None or not reduced.system.holds(reduced.whole(steps)):
        raise Undecided
    return reduced.whole(steps)
