"""Capacity cuts: what every safe pattern must satisfy, whichever it is.

For a target of width w the attacker's two linear programs (how high, how low) have dual solutions; together they bound
how far the target can move by how far each hidden cell can. So the hidden cells j of every safe pattern z satisfy
sum a_j z_j >= need, with a_j cut off at the need (Fischetti and Salazar, Management Science 47 (2001)). A cut depends
on the data only, never on the pattern that it was found for: what was found once always holds.
"""

from dataclasses import dataclass

import highspy
import numpy as np

from anonymization.disclosure.suppression.flow_program import (
    flow_columns,
    flow_program,
    furthest_fall,
    lowest_move,
    solve,
    widest,
)
from anonymization.disclosure.suppression.reduced import Problem
from anonymization.errors import DisclosureError

NOISE = 1e-9
VIOLATED = 1e-6  # by this share of its need a cut must be broken to be worth keeping
PRIMAL_SIMPLEX = 4  # from one target to the next only costs change


@dataclass(frozen=True, eq=False)
class Cut:
    """sum of `parts` over the hidden among `classes` is at least 1. violation: by how much a pattern missed it."""

    classes: np.ndarray
    parts: np.ndarray
    violation: float


class CapacityCuts:
    """The attacker's program for patterns that may hide classes in part (0 to 1 for each class)."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.iterations = 0
        self._highs = flow_program(problem, np.zeros(len(problem.counts)))
        self._highs.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
        self._highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._fall = furthest_fall(problem)
        self._room = np.zeros(2 * len(problem.counts))

    def broken_by(self, hidden: np.ndarray) -> list[Cut]:
        """The cuts that a pattern breaks, one a target at most, the most broken first. hidden: 0 to 1 a class."""
        self._open(hidden)
        found = (self._cut(int(target), hidden) for target in self.problem.targets)
        return sorted((cut for cut in found if cut is not None), key=lambda cut: -cut.violation)

    def _open(self, hidden: np.ndarray) -> None:
        is_open, width = self.problem.is_open, float(self.problem.width.max(initial=1))
        rise = np.where(is_open, widest(self.problem), width * hidden)
        self._room = np.concatenate([rise, self._fall * np.where(is_open, 1.0, hidden)])
        columns = flow_columns(self.problem, np.arange(len(hidden)))
        self._highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), self._room)

    def _cut(self, target: int, hidden: np.ndarray) -> Cut | None:
        width = float(self.problem.width[target])
        ways = [self._bound(target, direction, width) for direction in (1, -1)]
        need = width - sum(sure for _, sure in ways)
        if need <= VIOLATED * width:
            return None
        parts = np.minimum(sum(free for free, _ in ways), need) / need
        violation = 1.0 - float(parts @ hidden)
        classes = np.flatnonzero(parts > NOISE)
        return Cut(classes, parts[classes], violation) if violation > VIOLATED else None

    def _bound(self, target: int, direction: int, width: float) -> tuple[np.ndarray, float]:
        """By how much each class, if hidden, lets the target move this way; how far it moves without any."""
        place = target if direction > 0 else len(self._fall) + target
        limits = self._room.copy()
        limits[place] = min(width, self._room[place])
        columns, rows = self._duals(target, place, direction, limits[place])
        atoms = len(self.problem.atoms)
        rise, fall = np.split(np.maximum(columns[atoms:], 0.0), 2)
        is_open = self.problem.is_open
        free = np.where(is_open, 0.0, np.where(rise > NOISE, np.inf, 0.0) + fall * self._fall)
        sure = np.concatenate([rise, fall])[np.tile(is_open, 2)] @ limits[np.tile(is_open, 2)]
        sure += np.maximum(-columns[:atoms], 0.0) @ -lowest_move(self.problem)
        return free, float(sure) + self._share_of_facts(rows)

    def _duals(self, target: int, place: int, direction: int, most: float) -> tuple[np.ndarray, np.ndarray]:
        up, down = flow_columns(self.problem, np.array([target]))
        asked = int(len(self.problem.atoms) + place)
        self._highs.changeColCost(int(up), direction)
        self._highs.changeColCost(int(down), -direction)
        self._highs.changeColBounds(asked, 0.0, most)
        if solve(self._highs) != highspy.HighsModelStatus.kOptimal:
            raise DisclosureError("The solver ended without an answer: publish coarser or fewer tables.")
        self.iterations += self._highs.getInfo().simplex_iteration_count
        solution = self._highs.getSolution()
        self._highs.changeColBounds(asked, 0.0, float(self._room[place]))
        self._highs.changeColCost(int(up), 0.0)
        self._highs.changeColCost(int(down), 0.0)
        return np.array(solution.col_dual), np.array(solution.row_dual)

    def _share_of_facts(self, rows: np.ndarray) -> float:
        duals = rows[len(self._fall) :]
        upper, lower = duals > NOISE, duals < -NOISE
        return float(duals[upper] @ self.problem.facts_upper[upper] + duals[lower] @ self.problem.facts_lower[lower])
