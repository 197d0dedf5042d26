"""One attacker's system handed to HiGHS: the same rows, another objective each time.

Written apart from the suppressor's solver on purpose: a defect of one must not hide behind the other. Everything is in
steps from a known table (the origin), so that counts of ten million are no larger to the solver than counts of ten.
Budgets are iterations and nodes, never seconds: the same input gives the same answer on every machine.
"""

from dataclasses import dataclass, replace
from enum import Enum

import highspy
import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.reduction import Reduced

ITERATIONS = 500_000  # of one linear program
NODES = 5_000  # of one whole-number program
# where any whole table helps, the last step to the best one is not worth its time, and guessing is
ANY: dict[str, int | float] = {"mip_max_nodes": 50, "mip_rel_gap": 0.1, "mip_heuristic_effort": 0.9}
DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4
FOUND = {highspy.HighsModelStatus.kOptimal: "BEST", highspy.HighsModelStatus.kInfeasible: "NONE"}
UNBOUNDED = {highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible}


class Outcome(Enum):
    """How a search for the best step ended."""

    BEST = "proven best"
    NONE = "proven that there is none"
    UNBOUNDED = "no end"
    OPEN = "the budget ended"


@dataclass(frozen=True, eq=False)
class Answer:
    """steps: from the origin, one an open atom; None when none was found. value: of the objective at these steps."""

    outcome: Outcome
    steps: np.ndarray | None
    value: float


class Program:
    """maximise objective . steps over a reduced system, again and again.

    reach: no atom moves further than this; infinite for none. whole: steps in whole numbers; within a reach these are
    good ones, not the best, so their answer proves nothing but itself.
    """

    def __init__(self, reduced: Reduced, origin: np.ndarray, reach: float, whole: bool) -> None:
        self.solves = self.iterations = 0
        self._whole = whole
        self._columns = np.arange(len(origin), dtype=np.int32)
        self._highs = _silent_solver(whole)
        if whole and np.isfinite(reach):
            for name, value in ANY.items():
                self._highs.setOptionValue(name, value)
        self._highs.passModel(_linear_program(reduced, origin, reach))
        self._rows = reduced.matrix.shape[0]
        if whole:
            kinds = np.full(len(origin), highspy.HighsVarType.kInteger)
            self._highs.changeColsIntegrality(len(origin), self._columns, kinds)

    def set_row_bounds(self, lower: np.ndarray, upper: np.ndarray) -> None:
        """Other bounds of the rows, in steps from the origin."""
        rows = np.arange(self._rows, dtype=np.int32)
        self._highs.changeRowsBounds(self._rows, rows, lower.astype(float), upper.astype(float))  # type: ignore[attr-defined]

    def maximise(self, objective: np.ndarray) -> Answer:
        """The largest value of objective . steps, one coefficient an open atom."""
        self._highs.changeColsCost(len(self._columns), self._columns, -objective.astype(float))
        return self._solve(objective)

    def maximise_within(self, objective: np.ndarray, row: np.ndarray, lowest: float, highest: float) -> Answer:
        """The same, with row . steps kept between two ends."""
        places = np.flatnonzero(row).astype(np.int32)
        self._highs.addRow(lowest, highest, len(places), places, row[places].astype(float))
        answer = self.maximise(objective)
        self._highs.deleteRows(1, np.array([self._rows], dtype=np.int32))
        return answer

    def multipliers(self) -> np.ndarray:
        """Of the rows, in the last linear answer."""
        return -np.array(self._highs.getSolution().row_dual)[: self._rows]

    def _solve(self, objective: np.ndarray) -> Answer:
        if not len(self._columns):  # everything is known: HiGHS calls that an empty model, not a solved one
            return Answer(Outcome.BEST, np.zeros(0), 0.0)
        self._highs.run()
        self.solves += 1
        self.iterations += self._highs.getInfo().simplex_iteration_count
        if not self._whole:
            self._highs.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)  # from now on only costs change
        status, solution = self._highs.getModelStatus(), self._highs.getSolution()
        if status in UNBOUNDED:
            return Answer(Outcome.UNBOUNDED, None, np.inf)
        steps = np.array(solution.col_value) if solution.value_valid else None
        value = float(objective @ steps) if steps is not None else -np.inf
        return Answer(Outcome[FOUND.get(status, "OPEN")], steps, value)


def whole_steps(steps: np.ndarray) -> np.ndarray | None:
    """Steps in whole numbers if they are so up to the solver's tolerance; who uses them checks by addition."""
    rounded = np.rint(steps)
    return rounded.astype(np.int64) if np.abs(steps - rounded).max(initial=0) < 1e-6 else None


def conflicting_rows(reduced: Reduced) -> np.ndarray:
    """Rows that cannot hold together, even in fractions (places in the reduced system); none when they can.

    Each row may be missed at a price of 1; the rows with a multiplier at the cheapest point are in conflict.
    """
    rows, atoms = reduced.matrix.shape
    either = sparse.eye_array(rows, dtype=np.int64)
    matrix = sparse.csr_array(sparse.hstack([reduced.matrix, either, -either], format="csr"))
    missed = np.zeros(2 * rows), np.full(2 * rows, np.inf)
    lowest, highest = (np.concatenate([reduced.lowest, missed[0]]), np.concatenate([reduced.highest, missed[1]]))
    elastic = replace(reduced, matrix=matrix, lowest=lowest, highest=highest)
    program = Program(elastic, np.zeros(atoms + 2 * rows, dtype=np.int64), np.inf, whole=False)
    answer = program.maximise(-np.concatenate([np.zeros(atoms), np.ones(2 * rows)]))
    if answer.outcome is not Outcome.BEST or answer.value > -0.5:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.abs(program.multipliers()) > 1e-7)


def _silent_solver(whole: bool) -> highspy.Highs:
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "presolve": "on" if whole else "off",
        "solver": "choose" if whole else "simplex",
        "simplex_strategy": DUAL_SIMPLEX,
        "simplex_iteration_limit": ITERATIONS,
        "mip_max_nodes": NODES,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 1e-6,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def _linear_program(reduced: Reduced, origin: np.ndarray, reach: float) -> highspy.HighsLp:
    by_column = sparse.csc_array(reduced.matrix)
    at_origin = reduced.matrix @ origin
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = by_column.shape
    program.col_cost_ = np.zeros(len(origin))
    program.col_lower_ = np.maximum(reduced.lowest - origin, -reach)
    program.col_upper_ = np.minimum(reduced.highest - origin, reach)
    program.row_lower_, program.row_upper_ = reduced.lower - at_origin, reduced.upper - at_origin
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = by_column.indptr.astype(np.int32)
    program.a_matrix_.index_ = by_column.indices.astype(np.int32)
    program.a_matrix_.value_ = by_column.data.astype(float)
    return program
