"""Exact numbers out of weights: the largest remainders get the units that rounding leaves over."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def largest_remainder(weights: Sequence[float] | npt.NDArray[np.float64], total: int) -> npt.NDArray[np.int64]:
    """Whole numbers in proportion to `weights` that sum to `total`.

    >>> largest_remainder([1, 1, 1], 10).tolist()
    [4, 3, 3]
    """
    exact = np.asarray(weights, float) / np.sum(weights) * total
    counts = np.floor(exact + 1e-9).astype(np.int64)
    left_over = total - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:left_over]] += 1
    return counts


def deal(
    rng: np.random.Generator, weights: Sequence[float] | npt.NDArray[np.float64], size: int
) -> npt.NDArray[np.int64]:
    """`size` category numbers with exactly the counts of `largest_remainder`, in random order."""
    counts = largest_remainder(weights, size)
    return rng.permutation(np.repeat(np.arange(len(counts)), counts))


def choose(rng: np.random.Generator, weights: npt.NDArray[np.floating[Any]], count: int) -> npt.NDArray[np.bool_]:
    """A mask of exactly `count` places, drawn without replacement, likelier where the weight is greater.

    Exponential keys (Efraimidis and Spirakis 2006); a place of weight 0 is never taken, and `ValueError` is raised if
    too few are left.
    """
    if count > np.count_nonzero(weights):
        raise ValueError(f"{count} places are asked for, but only {np.count_nonzero(weights)} are possible.")
    keys = np.where(weights > 0, rng.exponential(size=len(weights)) / np.maximum(weights, 1e-12), np.inf)
    mask = np.zeros(len(weights), bool)
    mask[np.argpartition(keys, count - 1)[:count] if count else []] = True
    return mask
