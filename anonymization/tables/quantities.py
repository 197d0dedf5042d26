"""Protected quantities: counts that follow from the tables without standing in them, as rows over atoms.

Contiguous unions of classes (children between any two ages at which some group begins or ends), complements (those of a
total who are not in a category), first differences of cumulative counts, and flows of stocks. Each must be 0, at least
its threshold, or as uncertain as a hidden cell whose least count is 0. A quantity that is itself a cell is left to that
cell.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from anonymization.tables.base import stack
from anonymization.tables.derived_counts import Family, Named, families
from anonymization.tables.joint_model import JointModel, marks_of
from anonymization.tables.requirements import Requirements


@dataclass(frozen=True, eq=False)
class Quantities:
    """Rows over atoms (int64), with what is asked of each: arrays of whole numbers, and what it is, in words.

    A quantity is small when its count is not 0 and nearer to 0 than the threshold: a difference may be negative.
    """

    matrix: sparse.csr_array
    threshold: np.ndarray
    lower: np.ndarray
    width: np.ndarray
    names: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def small(self, atoms: np.ndarray) -> np.ndarray:
        """Mask of those that are small at these true atoms."""
        counts = abs(self.matrix @ atoms)
        return np.asarray((counts > 0) & (counts < self.threshold))

    def chosen(self, mask: np.ndarray) -> "Quantities":
        """Only these."""
        places = np.flatnonzero(mask)
        named = tuple(self.names[place] for place in places), tuple(self.kinds[place] for place in places)
        matrix = sparse.csr_array(self.matrix[places])
        return Quantities(matrix, self.threshold[places], self.lower[places], self.width[places], *named)


def find_quantities(
    model: JointModel, required: Requirements, named: Named, truth: np.ndarray | None = None
) -> Quantities:
    """The named quantities of all tables, each once, without those that are cells.

    truth: the true atoms; with them only the quantities that are small are made, since no other needs protection. Fine
    classes have very many unions: without the truth they may not fit into memory.
    """
    spare = int((required.width - (required.threshold - required.lower)).max(initial=0))
    parts = [_made(family, spare, truth) for family in families(model, required, named)]
    return _without_cells(_joined(parts, model.atoms), model)


def _made(family: Family, spare: int, truth: np.ndarray | None) -> Quantities:
    chosen = np.arange(len(family.threshold))
    if truth is not None:
        counts = abs(family.combinations @ (family.parts @ truth))
        chosen = np.flatnonzero((counts > 0) & (counts < family.threshold))
    matrix = sparse.csr_array(family.combinations[chosen] @ family.parts)
    threshold, nothing = family.threshold[chosen], np.zeros(len(chosen), dtype=np.int64)
    names = tuple(family.name(int(place)) for place in chosen)
    return Quantities(matrix, threshold, nothing, threshold + spare, names, (family.kind,) * len(chosen))


def _joined(parts: list[Quantities], atoms: int) -> Quantities:
    def numbers(name: str) -> np.ndarray:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(getattr(part, name) for part in parts)])

    return Quantities(
        stack([part.matrix for part in parts], atoms),
        numbers("threshold"),
        numbers("lower"),
        numbers("width"),
        tuple(name for part in parts for name in part.names),
        tuple(kind for part in parts for kind in part.kinds),
    )


def _without_cells(quantities: Quantities, model: JointModel) -> Quantities:
    """Each set of atoms once, with the highest threshold first; none that is a cell, none that is empty."""
    order = np.argsort(-quantities.threshold, kind="stable")
    rows = sparse.csr_array(quantities.matrix[order]).astype(np.int64)
    rows.eliminate_zeros()
    known = {tuple(mark) for mark in marks_of(model.cells)} | {(0, 0)}
    kept = np.zeros(len(order), dtype=bool)
    for place, mark in enumerate(map(tuple, marks_of(rows))):
        if mark not in known:
            known.add(mark)
            kept[order[place]] = True
    return quantities.chosen(kept)
