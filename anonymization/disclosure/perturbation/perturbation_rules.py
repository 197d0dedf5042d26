"""How counts are changed before they are shown, as `policy.yml` or a specification states it."""

from dataclasses import dataclass
from typing import Literal

from anonymization.errors import PolicyError

MOST_KEY_BITS = 32  # sums of keys of a national caseload then stay exact in 64 bits


@dataclass(frozen=True)
class ControlledRounding:
    """Every count becomes a multiple of `base`, in all tables jointly, so that sums still hold; zeros stay.

    extra_steps: multiples beyond the two adjacent ones that a count may go to. 0 is zero-restricted rounding: a
    multiple stays as it is. Source of the idea: Cox, A constructive procedure for unbiased controlled rounding (1987).

    Raises PolicyError when a number makes no sense.
    """

    base: int
    extra_steps: int = 0

    def __post_init__(self) -> None:
        _refuse_small_base(self.base)
        if self.extra_steps < 0:
            raise PolicyError("extra_steps cannot be negative: give 0 for the two adjacent multiples only.")

    @property
    def most_change(self) -> int:
        """No shown count is off by more."""
        return (self.extra_steps + 1) * self.base - 1


@dataclass(frozen=True)
class SmallCountRounding:
    """Inner cells that make a shown count of 1 to base - 1 become 0 or `base`; everything is added up again from them.

    most_change: no shown count is off by more. It is part of the method and may be published, so it is set beforehand
    and never read off the data. Source of the idea: Langsrud and Heldal, An algorithm for small count rounding of
    tabular data (2018).

    Raises PolicyError when a number makes no sense.
    """

    base: int
    most_change: int

    def __post_init__(self) -> None:
        _refuse_small_base(self.base)
        if self.most_change < self.base - 1:
            raise PolicyError("most_change must be at least base - 1, or a small count cannot be rounded: raise it.")


@dataclass(frozen=True)
class CellKey:
    """Every count but zero gets noise by the keys of the children in it: the same children, the same noise.

    largest:     the noise lies between -largest and +largest.
    variance:    of the noise, for every count.
    never_shown: counts from 1 to this are never shown; 0 allows all.
    key_bits:    keys are whole numbers below 2^key_bits.

    Raises PolicyError when no noise can have this variance for some count.
    """

    largest: int
    variance: float
    never_shown: int = 0
    key_bits: int = MOST_KEY_BITS

    def __post_init__(self) -> None:
        if not 0 <= self.never_shown < self.largest:
            raise PolicyError("largest must be above never_shown, which is not negative: correct it.")
        if not 8 <= self.key_bits <= MOST_KEY_BITS:
            raise PolicyError(f"key_bits must be from 8 to {MOST_KEY_BITS}: correct it.")
        least, most = self.variance_range
        if not least < self.variance < most:
            raise PolicyError(
                f"No unbiased noise has variance {self.variance:g} for every count: with these numbers it must lie "
                f"between {least:g} and {most:g}, both excluded."
            )

    @property
    def variance_range(self) -> tuple[int, int]:
        """The least and the largest variance that the noise of every count can have.

        The least: a count that may not be shown goes to 0 or to never_shown + 1. The largest: a 1 goes to 0 or to
        1 + largest.

        >>> CellKey(largest=5, variance=3, never_shown=2).variance_range
        (2, 5)
        """
        forced = [count * (self.never_shown + 1 - count) for count in range(1, self.never_shown + 1)]
        return max(forced, default=0), self.largest

    @property
    def last_own_count(self) -> int:
        """The first count whose noise is also that of all larger ones."""
        return self.largest + self.never_shown + 1


PerturbationRule = ControlledRounding | SmallCountRounding | CellKey
ChangedStatus = Literal["rounded", "perturbed"]


def status_of(rule: PerturbationRule) -> ChangedStatus:
    """How every cell that leaves by this rule is marked, whether its count was changed or not."""
    return "perturbed" if isinstance(rule, CellKey) else "rounded"


@dataclass(frozen=True)
class Gate:
    """What must stay unknown about small counts when changed counts are shown.

    least_width:       the counts that an attacker must still hold possible span at least this much.
    largest_certainty: an attacker's chance of naming a count below the threshold is at most this.

    Raises PolicyError when a number makes no sense.
    """

    least_width: int
    largest_certainty: float

    def __post_init__(self) -> None:
        if self.least_width < 1 or not 0 < self.largest_certainty <= 1:
            raise PolicyError("least_width must be 1 or more, and largest_certainty above 0 and at most 1: correct it.")


def _refuse_small_base(base: int) -> None:
    if base < 2:
        raise PolicyError("base must be at least 2: rounding to ones changes nothing.")
