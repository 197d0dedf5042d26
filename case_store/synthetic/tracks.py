"""Tracks: what one field of many children held, from when; and the draws that make changes."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from case_store.synthetic.times import SECONDS_A_DAY, Days, Moments, to_utc

Mask: TypeAlias = npt.NDArray[np.bool_]
Children: TypeAlias = npt.NDArray[np.int32]
Values: TypeAlias = npt.NDArray[np.int32]

# Values below zero are missing, in the three forms in which a document can lack a value, and an empty list.
ABSENT, NULL, EMPTY_TEXT, EMPTY_LIST = -1, -2, -3, -4


@dataclass(frozen=True)
class Changes:
    """One row a change: the child's place in its chunk, the moment (UTC), the new value."""

    child: Children
    at: Moments
    value: Values

    def __len__(self) -> int:
        return len(self.child)


@dataclass(frozen=True)
class Track:
    """One row a value held, ordered by child and moment; the first row of each child is the value at creation."""

    child: Children
    at: Moments
    value: Values
    is_initial: Mask

    @property
    def previous(self) -> Values:
        """The value held before each row (of no meaning for initial rows)."""
        return np.concatenate([[ABSENT], self.value[:-1]]).astype(np.int32)

    @property
    def current(self) -> Values:
        """The last value of each child."""
        return self.value[np.append(self.is_initial[1:], True)]

    @property
    def initial(self) -> Values:
        """The value of each child at creation."""
        return self.value[self.is_initial]


def make_track(created: Moments, initial: Values, *changes: Changes) -> Track:
    """The track of children created at `created`; a change to the value already held is no change."""
    child = np.concatenate([np.arange(len(created)), *(change.child for change in changes)]).astype(np.int32)
    at = np.concatenate([created, *(change.at for change in changes)])
    value = np.concatenate([initial, *(change.value for change in changes)]).astype(np.int32)
    order = np.lexsort((at, child))
    child, at, value = child[order], at[order], value[order]
    is_initial = np.diff(child, prepend=-1) != 0
    kept = is_initial | (np.diff(value, prepend=0) != 0)
    return Track(child[kept], at[kept], value[kept], is_initial[kept])


@dataclass(frozen=True)
class Draws:
    """A chunk's random generator, with the deployment's time zone."""

    rng: np.random.Generator
    zone: str

    def some(self, mask: Mask, probability: float) -> Mask:
        """About that share of the children in `mask`."""
        return mask & (self.rng.random(len(mask)) < probability)

    def between(self, mask: Mask, first: Days, last: Days) -> tuple[Children, Days]:
        """Children of `mask` whose window is not empty, and a day inside it for each."""
        child = np.flatnonzero(mask & (first <= last)).astype(np.int32)
        span = last[child] - first[child] + 1
        return child, (first[child] + np.floor(self.rng.random(len(child)) * span)).astype(np.int32)

    def moments(self, days: Days, second: int) -> Moments:
        """A time of day on each local day, mostly in working hours.

        Each kind of event has its own `second`, so two kinds of one child never fall together.
        """
        size = len(days)
        minute = self.rng.integers(8 * 60, 19 * 60, size)
        odd = self.rng.random(size) < 0.06  # at night: after midnight the UTC date is still the day before
        night = np.where(
            self.rng.random(size) < 0.5, self.rng.integers(5, 115, size), self.rng.integers(1200, 1400, size)
        )
        return to_utc(days.astype(np.int64) * SECONDS_A_DAY + np.where(odd, night, minute) * 60 + second, self.zone)

    def missing(self, values: Values, forms: tuple[int, ...]) -> Values:
        """`values` with each missing one in one of `forms`, the first being the commonest."""
        weights = np.array([0.6, *[0.4 / (len(forms) - 1)] * (len(forms) - 1)])
        form = self.rng.choice(np.array(forms, np.int32), len(values), p=weights)
        return np.where(values < 0, form, values).astype(np.int32)


def join_changes(*changes: Changes) -> Changes:
    """Changes of one field, one after another."""
    return Changes(
        np.concatenate([change.child for change in changes]),
        np.concatenate([change.at for change in changes]),
        np.concatenate([change.value for change in changes]),
    )
