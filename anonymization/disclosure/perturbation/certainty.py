"""How sure an attacker can be of a small count behind a shown one: chances by Bayes' rule, for a stated prior.

The attacker knows the method. Of rounding they are taken to believe that the nearer multiple is likelier in proportion,
as in unbiased rounding; of noise they know the table. Two priors: every count equally likely, and how often each count
truly occurs in this release (which nobody outside knows, so this is the stronger attacker).
"""

from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.perturbation.noise_table import noise_table
from anonymization.disclosure.perturbation.perturbation_rules import (
    CellKey,
    ControlledRounding,
    Gate,
    PerturbationRule,
    SmallCountRounding,
)
from anonymization.errors import DisclosureError


@dataclass(frozen=True)
class Certainty:
    """The largest chance of naming a count from 1 to threshold - 1, under each prior (None: without the counts)."""

    flat: float
    empirical: float | None

    @property
    def largest(self) -> float:
        """Under the prior that helps the attacker most."""
        return max(self.flat, self.empirical or 0.0)


def largest_certainty(
    rule: PerturbationRule, counts: np.ndarray | None, published: np.ndarray, thresholds: np.ndarray
) -> Certainty:
    """The certainty of the luckiest attacker over all shown counts (arrays: a place a distinct cell; counts: the true
    ones, None where they are not at hand)."""
    last = int(thresholds.max(initial=0)) - 1 + 2 * _reach(rule)
    chances = np.vstack([_chances(rule, count, last) for count in range(last + 1)])
    shown = np.unique(np.column_stack([published, thresholds])[published <= last - _reach(rule)], axis=0)
    flat = _best_guess(chances, shown)
    if counts is None:
        return Certainty(flat, None)
    how_often = np.bincount(counts[counts <= last], minlength=last + 1)
    return Certainty(flat, _best_guess(chances * how_often[:, None], shown))


def refuse_certainty(certainty: Certainty, gate: Gate) -> None:
    """Raises DisclosureError when an attacker can be surer than the gate allows."""
    if certainty.largest > gate.largest_certainty:
        raise DisclosureError(
            f"A small count could be named with a chance of {certainty.largest:.2f}; the policy allows "
            f"{gate.largest_certainty:.2f}: choose a larger base or a larger variance."
        )


def _best_guess(joint: np.ndarray, shown: np.ndarray) -> float:
    """joint: true count x shown count. shown: pairs of a shown count and the threshold of its cell."""
    best = 0.0
    for published, threshold in shown:
        all_counts = joint[:, published].sum()
        if all_counts > 0:
            best = max(best, float(joint[1:threshold, published].max(initial=0) / all_counts))
    return best


def _reach(rule: PerturbationRule) -> int:
    """How far a small count can be moved."""
    if isinstance(rule, CellKey):
        return rule.largest
    return rule.base * (rule.extra_steps + 1 if isinstance(rule, ControlledRounding) else 1)


def _chances(rule: PerturbationRule, count: int, last: int) -> np.ndarray:
    """The chance of each shown count from 0 to `last`, for a true count."""
    chances = np.zeros(last + 2 * _reach(rule) + 1)
    if isinstance(rule, CellKey):
        table = noise_table(rule)
        at = count + table.noises
        chances[at[at >= 0]] = table.row(count)[at >= 0] / table.whole
    elif count == 0 or (isinstance(rule, SmallCountRounding) and count >= rule.base):
        chances[count] = 1
    else:
        multiples = np.arange(0, len(chances), rule.base)
        chances[multiples] = np.maximum(0, 1 - np.abs(multiples - count) / _reach(rule))
        chances /= chances.sum()
    return chances[: last + 1]
