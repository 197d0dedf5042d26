"""How the public computes a hidden count: which rows, each times which number, add up to its end.

The multipliers come from a linear program and are turned into fractions; exact addition of the rows then proves the
end, so anyone can check it without a solver (duality: the rows, so multiplied, bound the target because no atom is
negative).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.program import Outcome, Program
from anonymization.disclosure.audit.reduction import Reduced, unreduced
from anonymization.disclosure.audit.system import System

LARGEST_DENOMINATOR = 5_040
SMALLEST_MULTIPLIER = 1e-7
LARGEST_END = 2**62  # of a numerator or denominator: certificates hold 64-bit whole numbers


@dataclass(frozen=True, eq=False)
class Derivation:
    """sign x target <= end, because no atom of it is worth more than the sum of multiplier x row over these rows.

    A positive multiplier uses the row's upper bound, a negative one its lower bound.
    """

    target: int
    sign: int
    rows: np.ndarray
    multipliers: tuple[Fraction, ...]
    end: Fraction


def derive(
    reduced: Reduced, row: sparse.csr_array, target: int, sign: int, multipliers: np.ndarray
) -> Derivation | None:
    """The proof of one end of a target (its one row over atoms) from the reduced system's multipliers there.

    The rows that were used, and those that fixed the atoms they hold, are solved again by themselves, with nothing put
    in. None when no exact proof comes of it.
    """
    used = reduced.rows_behind(np.flatnonzero(np.abs(multipliers) > SMALLEST_MULTIPLIER))
    system = reduced.system
    rows = _with_reasons(reduced, used, row.indices)
    part = System(sparse.csr_array(system.matrix[rows]), system.lower[rows], system.upper[rows], system.model)
    program = Program(unreduced(part), np.zeros(part.matrix.shape[1], dtype=np.int64), np.inf, whole=False)
    if program.maximise(row.toarray().ravel() * sign).outcome is not Outcome.BEST:
        return None
    found = program.multipliers()
    chosen = np.flatnonzero(np.abs(found) > SMALLEST_MULTIPLIER)
    exact = tuple(Fraction(float(number)).limit_denominator(LARGEST_DENOMINATOR) for number in found[chosen])
    wanted = dict(zip(row.indices.tolist(), (row.data * sign).tolist(), strict=True))
    end = proven_end(system, wanted, rows[chosen], exact)
    if end is None or max(abs(end.numerator), end.denominator) > LARGEST_END:
        return None
    return Derivation(target, sign, rows[chosen], exact, end)


def _with_reasons(reduced: Reduced, used: np.ndarray, atoms: np.ndarray) -> np.ndarray:
    """These rows, those that bound the atoms in them and in the target, those behind these, and so on."""
    rows, matrix = set(used.tolist()), reduced.system.matrix
    waiting = [*used.tolist(), *reduced.reasons(atoms)]
    seen: set[int] = set()
    while waiting:
        row = waiting.pop()
        if row not in seen:
            seen.add(row)
            rows.add(row)
            held = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
            waiting.extend(reduced.reasons(held))
    return np.array(sorted(rows), dtype=np.int64)


def proven_end(
    system: System, wanted: Mapping[int, int], rows: np.ndarray, multipliers: tuple[Fraction, ...]
) -> Fraction | None:
    """What the rows so multiplied prove of a target (`wanted`: atom -> coefficient); None when they prove nothing."""
    covered: dict[int, Fraction] = {}
    end = Fraction(0)
    for row, multiplier in zip(rows, multipliers, strict=True):
        bound = system.upper[row] if multiplier > 0 else system.lower[row]
        if not np.isfinite(bound):
            return None
        end += multiplier * int(bound)
        span = slice(system.matrix.indptr[row], system.matrix.indptr[row + 1])
        for atom, weight in zip(system.matrix.indices[span].tolist(), system.matrix.data[span].tolist(), strict=True):
            covered[atom] = covered.get(atom, Fraction(0)) + multiplier * weight
    atoms = covered.keys() | wanted.keys()
    return end if all(covered.get(atom, 0) >= wanted.get(atom, 0) for atom in atoms) else None


def in_words(system: System, derivations: Iterable[Derivation | None]) -> tuple[str, ...]:
    """The rows that derivations use, each once, in words."""
    rows = [int(row) for derivation in derivations if derivation is not None for row in derivation.rows]
    return tuple(dict.fromkeys(system.describe(row) for row in rows))
