"""Families: brothers and sisters share a county and their caregivers; every county gets at least one."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from case_store.synthetic.quotas import choose, deal, largest_remainder
from case_store.synthetic.shape import Shape, draw
from case_store.synthetic.times import Days

DAYS_OF_FIRST_YEAR = 365


@dataclass(frozen=True)
class Families:
    """One place a child: where the family lives at registration, and its caregivers as a run of numbers."""

    county: npt.NDArray[np.int8]
    is_anchor: npt.NDArray[np.bool_]
    caregiver: npt.NDArray[np.int32]
    caregivers: npt.NDArray[np.int8]


def plan_families(shape: Shape, registered: Days, caregivers: int, rng: np.random.Generator) -> Families:
    """Families of children who stand next to each other in `registered` (sorted), with exactly `caregivers` adults."""
    family = _family_of_child(shape, len(registered), rng)
    firsts = np.flatnonzero(np.diff(family, prepend=-1))
    county, anchors = _counties(shape, registered[firsts], rng)
    adults = _adults(len(firsts), caregivers, rng)
    is_first = np.zeros(len(registered), bool)
    is_first[firsts] = True
    is_anchor = np.zeros(len(registered), bool)
    is_anchor[firsts[anchors]] = True
    start = (np.cumsum(adults) - adults).astype(np.int32)
    held = np.where(is_first, adults[family], np.minimum(adults[family], 1)).astype(np.int8)
    return Families(county[family], is_anchor, np.where(held > 0, start[family], -1).astype(np.int32), held)


def _family_of_child(shape: Shape, children: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    sizes = draw(rng, shape.family_sizes, children) + 1
    return np.repeat(np.arange(children), sizes)[:children]


def _counties(
    shape: Shape, registered: Days, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int64]]:
    """County of each family, and the families that anchor one county each: from the first year, with time to act."""
    county = deal(rng, shape.county_weights, len(registered)).astype(np.int8)
    early = np.flatnonzero(registered < shape.launch + DAYS_OF_FIRST_YEAR - 70)
    anchors = rng.permutation(early)[: len(shape.counties)]
    county[anchors] = np.arange(len(anchors))
    return county, anchors


def _adults(families: int, caregivers: int, rng: np.random.Generator) -> npt.NDArray[np.int8]:
    """Caregivers of each family: one as a rule, none in a few, so many with two that the sum is exact."""
    none = choose(rng, np.ones(families), round(families * 0.03))
    with_some = np.flatnonzero(~none)
    counts = largest_remainder(np.ones(len(with_some)), caregivers)
    adults = np.zeros(families, np.int8)
    adults[with_some] = rng.permutation(counts)
    return adults
