"""The sparsest ways to move one target: as few steps of as few atoms as a linear program needs."""

import highspy
import numpy as np
from scipy import sparse

from anonymization.audit.program import ITERATIONS
from anonymization.audit.reduction import Reduced

NOISE = 1e-6
UNEVEN = 0.01  # prices differ by so much, so that one movement is the cheapest


class SparseMoves:
    """The program of one reduced system, around one whole table of it; no atom moves further than `reach`."""

    def __init__(self, reduced: Reduced, origin: np.ndarray, reach: float, draw: np.random.Generator) -> None:
        self._atoms = len(origin)
        matrix = sparse.csc_array(sparse.hstack([reduced.matrix, -reduced.matrix], format="csc"))
        at_origin = reduced.matrix @ origin
        program = highspy.HighsLp()
        self._rows, program.num_col_ = program.num_row_, program.num_col_ = matrix.shape
        program.col_cost_ = 1 + draw.uniform(0, UNEVEN, 2 * self._atoms)
        program.col_lower_ = np.zeros(2 * self._atoms)
        room = np.concatenate([reduced.highest - origin, origin - reduced.lowest])
        program.col_upper_ = np.minimum(room, reach)
        program.row_lower_, program.row_upper_ = reduced.lower - at_origin, reduced.upper - at_origin
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        program.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        program.a_matrix_.index_ = matrix.indices.astype(np.int32)
        program.a_matrix_.value_ = matrix.data.astype(float)
        self._highs = highspy.Highs()
        options = {"output_flag": False, "threads": 1, "random_seed": 0, "simplex_iteration_limit": ITERATIONS}
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._highs.passModel(program)

    def atoms_moved(self, row: sparse.csr_array, step: float) -> np.ndarray | None:
        """Places of the atoms that move when `row . steps` is `step`; None when that is not possible within reach."""
        places = np.concatenate([row.indices, self._atoms + row.indices]).astype(np.int32)
        self._highs.addRow(step, step, len(places), places, np.concatenate([row.data, -row.data]).astype(float))
        self._highs.clearSolver()
        self._highs.run()
        is_found = self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        steps = np.array(self._highs.getSolution().col_value)
        self._highs.deleteRows(1, np.array([self._rows], dtype=np.int32))
        if not is_found:
            return None
        return np.flatnonzero(abs(steps[: self._atoms] - steps[self._atoms :]) > NOISE)
