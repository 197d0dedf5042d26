"""Whole tables found so far, each checked by integer addition, and how far they differ in every target."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.system import System, add_up
from anonymization.disclosure.tables.shown import Shown


@dataclass(frozen=True, eq=False)
class Targets:
    """What must stay open: rows over all atoms (int64), and by how much each must (whole numbers).

    lower, upper: ends that are known without any search (infinite: none).
    """

    matrix: sparse.csr_array
    width: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def chosen(self, mask: np.ndarray) -> "Targets":
        """Some of them."""
        matrix = sparse.csr_array(self.matrix[np.flatnonzero(mask)])
        return Targets(matrix, self.width[mask], self.lower[mask], self.upper[mask])


def targets_of(matrix: sparse.csr_array, width: np.ndarray, shown: Shown | None = None) -> Targets:
    """Targets of which the ends are known that are shown; else only that a sum of counts is not negative."""
    matrix = sparse.csr_array(matrix).astype(np.int64)
    if shown is not None:
        return Targets(matrix, width, shown.lower, shown.upper)
    negative = matrix.minimum(0).sum(axis=1) < 0
    return Targets(matrix, width, np.where(negative, -np.inf, 0.0), np.full(len(width), np.inf))


class WitnessPool:
    """Whole tables of one system. lowest, highest: the ends of each target over all of them (int64)."""

    def __init__(self, system: System, targets: Targets) -> None:
        self.system, self.targets = system, targets
        self.tables: list[np.ndarray] = []
        self.values: list[np.ndarray] = []
        self.lowest = np.full(len(targets), np.iinfo(np.int64).max)
        self.highest = np.full(len(targets), np.iinfo(np.int64).min)
        self.lowest_in = np.zeros(len(targets), dtype=np.int64)
        self.highest_in = np.zeros(len(targets), dtype=np.int64)

    def add(self, atoms: np.ndarray) -> bool:
        """Take a table (int64, one count an atom) if integer addition shows that it satisfies the system."""
        if not self.system.holds(atoms):
            return False
        values = add_up(self.targets.matrix, atoms)
        lower, higher = values < self.lowest, values > self.highest
        if lower.any() or higher.any() or not self.tables:
            self.lowest_in[lower] = self.highest_in[higher] = len(self.tables)
            self.lowest, self.highest = np.minimum(self.lowest, values), np.maximum(self.highest, values)
            self.tables.append(atoms.astype(np.int64))
            self.values.append(values)
        return True

    @property
    def width(self) -> np.ndarray:
        """How far two of the tables differ in each target; 0 without any."""
        return self.highest - self.lowest if self.tables else np.zeros(len(self.targets), dtype=np.int64)

    @property
    def is_wide(self) -> np.ndarray:
        """Mask of the targets that two tables prove wide."""
        return self.width >= self.targets.width
