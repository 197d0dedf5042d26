"""What the difference of two perturbed counts tells, when one group is the other and a few children more."""

from fractions import Fraction

from anonymization.disclosure.perturbation.noise_table import NoiseTable


def difference_chances(table: NoiseTable, smaller: int, larger: int) -> dict[int, Fraction]:
    """The exact chance of every shown difference of two groups that do not hold the same children.

    One more child makes a new, evenly spread cell key, so the two noises are independent: their convolution.
    """
    found: dict[int, Fraction] = {}
    for one, weight in _outcomes(table, smaller):
        for other, other_weight in _outcomes(table, larger):
            chance = Fraction(weight * other_weight, table.whole**2)
            found[other - one] = found.get(other - one, Fraction(0)) + chance
    return found


def _outcomes(table: NoiseTable, count: int) -> list[tuple[int, int]]:
    pairs = zip(table.noises.tolist(), table.row(count).tolist(), strict=True)
    return [(count + noise, weight) for noise, weight in pairs if weight]
