"""The perturbation table: for each count, how often each noise occurs, in whole numbers.

The noise has the largest entropy under the rule's conditions: mean 0, the variance, the largest noise, no value that is
never shown (Giessing, Computational issues in the design of transition probabilities and disclosure risk estimation for
additive noise, 2016). It is then put in whole numbers out of 2^key_bits, so that every statement about it is a sum.
"""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from scipy.special import logsumexp, softmax

from anonymization.disclosure.perturbation.perturbation_rules import CellKey
from anonymization.errors import PolicyError

MOST_STEPS = 200
NEAR_ENOUGH = 1e-11


@dataclass(frozen=True, eq=False)
class NoiseTable:
    """Weights (int64) of every noise: a row a count from 0 to the last own one, a column a noise from -largest on.

    A row sums to `whole`. The last row is for all larger counts too.
    """

    rule: CellKey
    weights: np.ndarray
    whole: int

    def row(self, count: int) -> np.ndarray:
        """The weights of a count."""
        return self.weights[min(count, len(self.weights) - 1)]

    @property
    def noises(self) -> np.ndarray:
        """The noise of each column."""
        return np.arange(-self.rule.largest, self.rule.largest + 1)

    def bias(self, count: int) -> Fraction:
        """The mean noise of a count, exactly."""
        return Fraction(int(self.row(count) @ self.noises), self.whole)

    def variance(self, count: int) -> Fraction:
        """The variance of the noise of a count, exactly."""
        return Fraction(int(self.row(count) @ self.noises**2), self.whole) - self.bias(count) ** 2

    def noise(self, counts: np.ndarray, keys: np.ndarray) -> np.ndarray:
        """The noise of each count by its cell key, a whole number below `whole`."""
        ends = np.cumsum(self.weights, axis=1)
        place = np.minimum(counts, len(self.weights) - 1)
        return (keys[:, None] >= ends[place]).sum(axis=1) - self.rule.largest

    def counts_behind(self, published: int) -> np.ndarray:
        """Every count that can be shown as `published`, in order."""
        largest = self.rule.largest
        around = np.arange(max(published - largest, 0), published + largest + 1)
        possible = [self.row(int(count))[published - count + largest] > 0 for count in around]
        return around[possible]


def noise_table(rule: CellKey) -> NoiseTable:
    """The table of a rule. Raises PolicyError when it cannot be found or does not hold when it is added up."""
    whole = 2**rule.key_bits
    rows = np.zeros((rule.last_own_count + 1, 2 * rule.largest + 1), dtype=np.int64)
    rows[0, rule.largest] = whole
    for count in range(1, len(rows)):
        noises = _allowed(count, rule)
        rows[count, noises + rule.largest] = _in_whole_numbers(largest_entropy(noises, rule.variance), noises, whole)
    table = NoiseTable(rule, rows, whole)
    _refuse_wrong_sums(table)
    return table


def largest_entropy(noises: np.ndarray, variance: float) -> np.ndarray:
    """Probabilities of the largest entropy with mean 0 and this variance: exp(a noise + b noise^2), by Newton's method.

    Raises PolicyError when the method does not settle.
    """
    largest = np.abs(noises).max()
    features = np.vstack([noises / largest, (noises**2 - variance) / largest**2])
    tilt = np.zeros(2)
    for _ in range(MOST_STEPS):
        chances = softmax(tilt @ features)
        slope = features @ chances
        if np.abs(slope).max() < NEAR_ENOUGH:
            return chances
        spread = (features * chances) @ features.T - np.outer(slope, slope)
        tilt = _shortened(features, tilt, np.linalg.solve(spread, slope), slope)
    raise PolicyError(f"No noise table was found for variance {variance:g}: move it away from its limits.")


def _shortened(features: np.ndarray, tilt: np.ndarray, step: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """The next tilt: a full step of Newton, halved until the dual falls enough (Armijo)."""
    gain, here, length = slope @ step, logsumexp(tilt @ features), 1.0
    if gain < NEAR_ENOUGH:  # the dual is too flat to be compared in floating point, and Newton is sure
        return tilt - step
    while logsumexp((tilt - length * step) @ features) > here - 1e-4 * length * gain:
        length /= 2
    return tilt - length * step


def _allowed(count: int, rule: CellKey) -> np.ndarray:
    """The noises that a count may get."""
    noises = np.arange(-rule.largest, rule.largest + 1)
    shown = count + noises
    return noises[(shown == 0) | (shown > rule.never_shown)]


def _in_whole_numbers(chances: np.ndarray, noises: np.ndarray, whole: int) -> np.ndarray:
    """Weights that sum to `whole` with mean 0 exactly: rounded, then the rest moved between two neighbouring noises."""
    weights = np.rint(chances * whole).astype(np.int64)
    pairs = [place for place, (one, next_one) in enumerate(pairwise(noises)) if next_one == one + 1]
    at = max(pairs, key=lambda place: min(weights[place], weights[place + 1]))
    weights[at] += whole - weights.sum()
    mean = int(weights @ noises)
    weights[at] += mean
    weights[at + 1] -= mean
    return weights


def _refuse_wrong_sums(table: NoiseTable) -> None:
    counts = range(1, len(table.weights))
    sums = (table.weights.sum(axis=1) == table.whole).all() and (table.weights >= 0).all()
    unbiased = all(table.bias(count) == 0 for count in counts)
    spread = max(abs(float(table.variance(count)) - table.rule.variance) for count in counts)
    if not (sums and unbiased and spread < 4 * table.rule.largest**3 / table.whole):
        raise PolicyError("The noise table does not hold when it is added up: move the variance away from its limits.")
