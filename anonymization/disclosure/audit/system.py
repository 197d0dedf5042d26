"""All that one attacker knows, as rows over whole atoms that are never negative.

The rows say it all: published cells, the least count of hidden ones, intervals of rounded or perturbed cells, facts
that hold whatever is published, percentages. Whole numbers decide; everything else is only a way to find them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.known_facts import Facts
from anonymization.disclosure.tables.shown import Shown
from anonymization.errors import DisclosureError

LARGEST_SUM = 2**62  # a row's sum must stay within 64-bit whole numbers


@dataclass(frozen=True, eq=False)
class System:
    """lower <= matrix @ atoms <= upper, atoms whole and never negative.

    matrix: rows x atoms, int64. lower, upper: whole numbers or infinite, as floats.
    model:  what the rows are called: the first rows are its distinct cells, the next its facts.
    names:  what each row after the model's states, in words.
    """

    matrix: sparse.csr_array
    lower: np.ndarray
    upper: np.ndarray
    model: JointModel
    names: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """How many of the first rows are distinct cells."""
        return self.model.cells.shape[0]

    def holds(self, atoms: np.ndarray) -> bool:
        """Plain integer addition: do these whole numbers (int64, one an atom) satisfy every row?"""
        return bool((atoms >= 0).all()) and not len(self.broken_by(atoms))

    def broken_by(self, atoms: np.ndarray) -> np.ndarray:
        """The rows that these atoms break."""
        sums = add_up(self.matrix, atoms)
        return np.flatnonzero((sums < self.lower) | (sums > self.upper))

    def tightened(self, cells: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> "System":
        """The system of an attacker who knows more of these cells: their bounds become these where they are closer."""
        low, high = self.lower.copy(), self.upper.copy()
        low[cells], high[cells] = np.maximum(low[cells], lower), np.minimum(high[cells], upper)
        return System(self.matrix, low, high, self.model, self.names)

    def with_rows(self, facts: Facts) -> "System":
        """The system of an attacker who also knows these rows."""
        matrix = sparse.csr_array(sparse.vstack([self.matrix, facts.matrix.astype(np.int64)], format="csr"))
        bounds = np.concatenate([self.lower, facts.lower]), np.concatenate([self.upper, facts.upper])
        return System(matrix, *bounds, self.model, (*self.names, *facts.names))

    def describe(self, row: int) -> str:
        """A row in words: the table and codes of a cell, or what a fact states; never a count."""
        if row < self.cells:
            return describe_cell(self.model, row)
        facts = self.model.facts.names
        return facts[row - self.cells] if row < self.cells + len(facts) else self.names[row - self.cells - len(facts)]


def public_system(model: JointModel, shown: Shown, more: Sequence[Facts] = ()) -> System:
    """What everybody knows. `more`: further rows over the model's atoms, such as percentages.

    Raises DisclosureError when a row's coefficients and bounds are not whole.
    """
    facts = [model.facts, *more]
    matrix = sparse.csr_array(sparse.vstack([model.cells, *(part.matrix for part in facts)], format="csr"))
    lower = np.concatenate([shown.lower, *(part.lower for part in facts)]).astype(float)
    upper = np.concatenate([shown.upper, *(part.upper for part in facts)]).astype(float)
    names = tuple(name for part in more for name in part.names)
    whole = matrix.astype(np.int64)
    if abs(matrix - whole).nnz or any((b[np.isfinite(b)] % 1).any() for b in (lower, upper)):
        raise DisclosureError("What is known must be rows of whole numbers: multiply them by their denominator.")
    whole.eliminate_zeros()
    return System(whole, lower, upper, model, names)


def percentage_rows(
    part: sparse.csr_array, whole: sparse.csr_array, percent: Sequence[Fraction], margin: Fraction, names: Sequence[str]
) -> Facts:
    """Published percentages as rows: |100 part - percent whole| <= margin whole, also when the whole is hidden.

    part, whole: rows over atoms, one a percentage. margin: half a unit of the last published place (1/20 for 12.3 %).

    >>> row = sparse.csr_array(np.array([[1, 0]])), sparse.csr_array(np.array([[1, 1]]))
    >>> facts = percentage_rows(*row, [Fraction("12.5")], Fraction(1, 20), ["share of girls"])
    >>> facts.matrix.toarray().tolist(), facts.lower.tolist(), facts.upper.tolist()
    ([[1751, -249], [1749, -251]], [0.0, -inf], [inf, 0.0])
    """
    rows, lower, upper = [], [], []
    for number, share in enumerate(percent):
        for bound, ends in ((share - margin, (0.0, np.inf)), (share + margin, (-np.inf, 0.0))):
            share_of_one = bound / 100
            row = part[[number]] * share_of_one.denominator - whole[[number]] * share_of_one.numerator
            rows.append(row)
            lower.append(ends[0])
            upper.append(ends[1])
    stated = tuple(name for name in names for _ in range(2))
    return Facts(sparse.csr_array(sparse.vstack(rows, format="csr")), np.array(lower), np.array(upper), stated)


def add_up(matrix: sparse.csr_array, atoms: np.ndarray) -> np.ndarray:
    """matrix @ atoms in whole numbers. Raises DisclosureError when a sum could leave 64 bits."""
    largest = int(abs(matrix).sum(axis=1).max(initial=0)) * int(atoms.max(initial=0))
    if largest > LARGEST_SUM:
        raise DisclosureError("The counts are too large to be added exactly: publish them in another unit.")
    return matrix @ atoms.astype(np.int64)


def describe_cell(model: JointModel, cell: int) -> str:
    """Where a distinct cell stands first: its table and codes."""
    row = model.rows.iloc[model.first_row[cell]]
    codes = ", ".join(f"{name}={row[name]}" for name in model.table_set.dimension_names)
    return f"{row['table_id']}: {codes}"
