"""Which distinct cell a row over atoms is, if it is one."""

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.joint_model import JointModel, marks_of
from anonymization.disclosure.tables.requirements import Requirements

NO_CELL = -1


class CellsByAtoms:
    """Distinct cells looked up by their atoms, and the thresholds of what is found."""

    def __init__(self, model: JointModel, required: Requirements) -> None:
        self._place = {tuple(mark): place for place, mark in enumerate(marks_of(model.cells))}
        self._threshold = required.threshold
        self._least = int(required.threshold.min())

    def of(self, rows: sparse.csr_array) -> np.ndarray:
        """The distinct cell of each row; NO_CELL where no table shows it."""
        return np.array([self._place.get(tuple(mark), NO_CELL) for mark in marks_of(rows)], dtype=np.int64)

    def thresholds(self, cells: np.ndarray) -> np.ndarray:
        """The threshold of each cell, the lowest of all where there is no cell."""
        return np.where(cells == NO_CELL, self._least, self._threshold[cells])
