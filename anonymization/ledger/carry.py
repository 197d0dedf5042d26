"""One earlier witness at a time, completed by atoms of the new quarter.

What the witness fixes is fixed. For the rest there are two guesses, then a small program in these atoms alone: linear,
and in whole numbers where its vertex is not whole. Integer addition has the last word, here and again in the audit.
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from anonymization.errors import DisclosureError
from anonymization.ledger.history import Joint
from anonymization.solver import Program, whole_point
from anonymization.tables.base import Base
from anonymization.tables.relations import Cumulative, Relation, Revision
from anonymization.tables.shown import Shown


class Carry:
    """Carries witnesses of an earlier base on to a joint model and what it now shows.

    sums: the earlier atoms as sums of the joint model's (earlier x joint).
    """

    def __init__(self, joint: Joint, shown: Shown, sums: sparse.csr_array) -> None:
        facts = joint.model.facts
        self._truth = joint.truth
        self._rows = sparse.csr_array(sparse.vstack([joint.model.cells, facts.matrix, sums], format="csr"))
        self._lower = np.concatenate([shown.lower, facts.lower])
        self._upper = np.concatenate([shown.upper, facts.upper])
        self._alone = np.flatnonzero(np.diff(sums.indptr) == 1)
        self._fixed = sums.indices[sums.indptr[self._alone]]
        self._free = np.setdiff1d(np.arange(len(joint.truth)), self._fixed)
        self._open_rows = np.flatnonzero(np.diff(self._rows[:, self._free].indptr))
        self._open = sparse.csr_array(self._rows[self._open_rows][:, self._free])
        self._followers, self._followed = followers(joint.model.base, joint.stated)

    def on(self, earlier: np.ndarray) -> np.ndarray | None:
        """The earlier table (int64, its atoms) with atoms for the rest; None when no whole ones are found."""
        return next((atoms for atoms in self._tries(earlier) if self._holds(atoms, earlier)), None)

    def _tries(self, earlier: np.ndarray) -> Iterator[np.ndarray]:
        as_it_is = self._truth.copy()
        as_it_is[self._fixed] = earlier[self._alone]
        yield as_it_is
        following = as_it_is.copy()
        following[self._followers] += (as_it_is - self._truth)[self._followed]
        yield following
        for whole in (0, len(self._free)):
            found = self._solved(earlier, as_it_is, whole)
            if found is not None:
                yield found

    def _solved(self, earlier: np.ndarray, start: np.ndarray, whole: int) -> np.ndarray | None:
        atoms = start.copy()
        atoms[self._free] = 0
        given = (self._rows @ atoms)[self._open_rows]
        lower, upper = (ends[self._open_rows] - given for ends in self._ends(earlier))
        anything = np.zeros(len(self._free)), np.full(len(self._free), np.inf)
        try:
            point = Program(self._open, (lower, upper), anything, np.zeros(len(self._free)), whole).solve()
        except DisclosureError:  # the budget ended: this witness is not carried on
            return None
        steps = None if point is None else whole_point(point)
        if steps is None:
            return None
        atoms[self._free] = steps
        return atoms

    def _ends(self, earlier: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.concatenate([self._lower, earlier]), np.concatenate([self._upper, earlier])

    def _holds(self, atoms: np.ndarray, earlier: np.ndarray) -> bool:
        values, (lower, upper) = self._rows @ atoms, self._ends(earlier)
        return bool((atoms >= 0).all() and (values >= lower).all() and (values <= upper).all())


def followers(base: Base, relations: tuple[Relation, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Atoms of new populations, and the atoms of the same codes in the earlier ones that they revise or continue."""
    new, old = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for relation in relations:
        if isinstance(relation, Revision | Cumulative):
            earlier, later = relation.populations[:2]
            like = {(block.names, block.shape): block for block in base.of(earlier)}
            for block in base.of(later):
                twin = like.get((block.names, block.shape))
                if twin is not None:
                    new.append(np.arange(block.first, block.first + block.size))
                    old.append(np.arange(twin.first, twin.first + twin.size))
    atoms, first = np.unique(np.concatenate(new), return_index=True)  # a revision comes before what continues
    return atoms, np.concatenate(old)[first]
