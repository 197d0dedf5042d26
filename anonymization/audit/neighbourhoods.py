"""Whole tables near a known one: a thousand atoms that share small rows may move, all others stay.

A whole-number program over a thousand atoms takes a tenth of a second where one over all of them takes minutes, and
what it finds is a table of the whole system.
"""

import heapq
from dataclasses import replace

import numpy as np
from scipy import sparse

from anonymization.audit.reduction import Reduced

SIZE = 1_000  # atoms; half as many again take ten times as long (measured on J3)


class Neighbourhoods:
    """Of a reduced system, around one whole table of it (`origin`: its open atoms)."""

    def __init__(self, reduced: Reduced, origin: np.ndarray) -> None:
        self._reduced, self._origin = reduced, origin
        self._by_atom = sparse.csr_array(reduced.matrix.T)
        self._sizes = np.diff(reduced.matrix.indptr)

    @property
    def is_everything(self) -> bool:
        """Whether the system is no larger than a neighbourhood."""
        return len(self._origin) <= SIZE

    def around(self, atoms: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        """The places of at most SIZE open atoms, reached from these by the smallest rows first; `draw` breaks ties."""
        found = np.zeros(len(self._origin), dtype=bool)
        waiting: list[tuple[float, int]] = []
        seen: set[int] = set()
        new = atoms
        while True:
            found[new] = True
            for row in np.setdiff1d(self._by_atom[new].indices, list(seen)):
                seen.add(int(row))
                heapq.heappush(waiting, (self._sizes[row] + draw.random(), int(row)))
            if not waiting or found.sum() >= SIZE:
                return np.flatnonzero(found)
            _, smallest = heapq.heappop(waiting)
            new = self._atoms_of(smallest)
            new = draw.permutation(new[~found[new]])[: SIZE - int(found.sum())]

    def _atoms_of(self, row: int) -> np.ndarray:
        matrix = self._reduced.matrix
        return np.asarray(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]])

    def part(self, atoms: np.ndarray) -> Reduced:
        """The system of these open atoms, the others as they are in the known table."""
        whole = self._reduced
        columns = sparse.csr_array(whole.matrix[:, atoms])
        rows = np.flatnonzero(np.diff(columns.indptr))
        matrix = sparse.csr_array(columns[rows])
        others = (whole.matrix @ self._origin)[rows] - matrix @ self._origin[atoms]
        return replace(
            whole,
            matrix=matrix,
            lower=whole.lower[rows] - others,
            upper=whole.upper[rows] - others,
            lower_rows=whole.lower_rows[rows],
            upper_rows=whole.upper_rows[rows],
            columns=whole.columns[atoms],
            lowest=whole.lowest[atoms],
            highest=whole.highest[atoms],
        )
