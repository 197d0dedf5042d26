"""Steps of a base that change all counts together as little as possible, by one whole-number program."""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from anonymization.disclosure.solver import Program
from anonymization.errors import DisclosureError

WHOLE_GAP = 1 - 1e-6  # the total change is a whole number: a bound nearer than this is reached
SOLVED = {highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kSolutionLimit}


@dataclass(frozen=True, eq=False)
class Steps:
    """Whole columns z >= 0 whose sums `matrix` z are numbers of steps; a step is `base` (a row a cell).

    target:       what base x matrix z should be near to, for each row.
    lower, upper: how many steps each row may have.
    most:         the largest value of each column (float, infinite allowed).
    """

    base: int
    matrix: sparse.csr_array
    target: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    most: np.ndarray


@dataclass(frozen=True, eq=False)
class Relations:
    """lower <= matrix z <= upper, besides."""

    matrix: sparse.csr_array
    lower: np.ndarray
    upper: np.ndarray

    def hold_for(self, columns: np.ndarray) -> bool:
        """Whether whole columns keep them, by addition."""
        found = self.matrix @ columns
        return bool(((self.lower <= found) & (found <= self.upper)).all())


@dataclass(frozen=True, eq=False)
class Found:
    """Values of the columns, and a proven bound on the total change."""

    columns: np.ndarray
    bound: int


def least_change(steps: Steps, relations: Relations, nodes: int) -> Found | None:
    """The columns that minimise the sum of |base x steps - target|; None when no whole columns exist.

    `nodes`: the budget. Raises DisclosureError when it ends before any columns are found.
    """
    rows, columns = steps.matrix.shape
    if not columns:
        return Found(np.zeros(0, dtype=np.int64), 0)
    matrix, lower, upper = _rows(steps, relations)
    most = np.concatenate([steps.most, np.full(rows, np.inf)])
    cost = np.repeat([0.0, 1.0], [columns, rows])
    program = _Search(matrix, (lower, upper), (np.zeros(columns + rows), most), cost, whole=columns)
    return program.best(columns, nodes)


def _rows(steps: Steps, relations: Relations) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
    """Rows over the columns and the change d of each row: d >= |base k - target|, and d >= the chord between the whole
    k on both sides of the target. The chord holds for whole k only, and makes the relaxation strong.
    """
    base, count = steps.base, steps.matrix
    below, rest = np.divmod(steps.target, base)
    slope = (base - 2 * rest).astype(float)
    one = sparse.eye_array(count.shape[0], format="csr")
    none = sparse.csr_array((count.shape[0], count.shape[0]))
    parts = [
        (count, none, steps.lower, steps.upper),
        (-base * count, one, -steps.target, np.inf),
        (base * count, one, steps.target, np.inf),
        (-(sparse.diags_array(slope) @ count), one, rest - slope * below, np.inf),
        (relations.matrix, sparse.csr_array((relations.matrix.shape[0], len(rest))), relations.lower, relations.upper),
    ]
    blocks = [sparse.hstack([left, right]) for left, right, _, _ in parts]
    ends = [[np.broadcast_to(np.asarray(part[end], dtype=float), part[0].shape[0]) for part in parts] for end in (2, 3)]
    return sparse.csr_array(sparse.vstack(blocks)), np.concatenate(ends[0]), np.concatenate(ends[1])


class _Search(Program):
    """A program that may end with a good point and a bound instead of a proof."""

    def best(self, columns: int, nodes: int) -> Found | None:
        """The first `columns` values of the best point found."""
        self._highs.setOptionValue("mip_max_nodes", nodes)
        self._highs.setOptionValue("mip_abs_gap", WHOLE_GAP)
        self._highs.run()
        status, info = self._highs.getModelStatus(), self._highs.getInfo()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status not in SOLVED or info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            raise DisclosureError("The rounding's budget ended without a result: publish coarser or fewer tables.")
        point = np.rint(self._highs.getSolution().col_value[:columns]).astype(np.int64)
        return Found(point, max(int(np.ceil(info.mip_dual_bound - WHOLE_GAP / 1e6)), 0))
