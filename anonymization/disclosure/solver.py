"""One linear or whole-number program on HiGHS, told what to do in numpy, without a clock.

Budgets are iterations and nodes, never seconds, so that the same input gives the same answer on every machine.
"""

import highspy
import numpy as np
from scipy import sparse

from anonymization.errors import DisclosureError

ITERATION_LIMIT = 200_000
NODE_LIMIT = 2_000
WHOLE_TOLERANCE = 1e-6


class Program:
    """minimise cost . x subject to row_lower <= matrix x <= row_upper, lower <= x <= upper; changed and solved again.

    `whole` asks for whole numbers in the first `whole` columns. A solved program keeps its basis, so the next answer
    is quick.
    """

    def __init__(
        self,
        matrix: sparse.sparray,
        row_bounds: tuple[np.ndarray, np.ndarray],
        column_bounds: tuple[np.ndarray, np.ndarray],
        cost: np.ndarray,
        whole: int = 0,
        strategy: int = 1,
    ) -> None:
        self._highs = _silent_solver(presolve=bool(whole), strategy=strategy)
        self._highs.passModel(linear_program(matrix, row_bounds, column_bounds, cost))
        if whole:
            kinds = np.full(whole, highspy.HighsVarType.kInteger)
            self._highs.changeColsIntegrality(whole, np.arange(whole, dtype=np.int32), kinds)

    def set_costs(self, columns: np.ndarray, costs: np.ndarray) -> None:
        self._highs.changeColsCost(len(columns), columns.astype(np.int32), costs.astype(np.float64))

    def set_column_bounds(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower.astype(float), upper.astype(float))

    def set_row_bounds(self, row: int, lower: float, upper: float) -> None:
        self._highs.changeRowBounds(int(row), float(lower), float(upper))

    def solve(self) -> np.ndarray | None:
        """The best point; None when there is proven to be none.

        Raises DisclosureError when the budget ends without a proven answer: an open question is never a yes.
        """
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise DisclosureError("The solver's budget ended without an answer: publish coarser or fewer tables.")
        return np.array(self._highs.getSolution().col_value)


def whole_point(point: np.ndarray) -> np.ndarray | None:
    """The point in whole numbers if it is one up to the solver's tolerance; who uses it checks it by addition."""
    rounded = np.rint(point)
    return rounded.astype(np.int64) if np.abs(point - rounded).max(initial=0) < WHOLE_TOLERANCE else None


def _silent_solver(presolve: bool, strategy: int) -> highspy.Highs:
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,
        "random_seed": 0,
        "presolve": "on" if presolve else "off",
        "solver": "choose" if presolve else "simplex",
        "simplex_strategy": strategy,
        "simplex_iteration_limit": ITERATION_LIMIT,
        "mip_max_nodes": NODE_LIMIT,
        "mip_rel_gap": 0.0,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def linear_program(
    matrix: sparse.sparray,
    row_bounds: tuple[np.ndarray, np.ndarray],
    column_bounds: tuple[np.ndarray, np.ndarray],
    cost: np.ndarray,
) -> highspy.HighsLp:
    """A program as HiGHS takes it: minimise cost . x within the bounds, each (lower, upper)."""
    by_column = sparse.csc_array(matrix)
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = by_column.shape
    program.col_cost_ = cost.astype(float)
    program.col_lower_, program.col_upper_ = (bound.astype(float) for bound in column_bounds)
    program.row_lower_, program.row_upper_ = (bound.astype(float) for bound in row_bounds)
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_ = by_column.indptr.astype(np.int32)
    program.a_matrix_.index_ = by_column.indices.astype(np.int32)
    program.a_matrix_.value_ = by_column.data.astype(float)
    return program
