"""The numbers of a public release's protection, as `policy.yml` states them."""

from dataclasses import dataclass
from typing import Literal

from anonymization.errors import PolicyError


@dataclass(frozen=True)
class PublicRule:
    """What a public release promises about every small count; there are no defaults here.

    threshold: counts from 1 to threshold - 1 are hidden (5 hides 1, 2, 3 and 4).
    width:     the attacker's interval for each of them is at least this wide (4: five possible values).
    zeros:     zeros are always shown, so the attacker knows that a hidden count is at least 1.

    Raises PolicyError when the numbers contradict each other.
    """

    threshold: int
    width: int
    zeros: Literal["shown"]

    def __post_init__(self) -> None:
        if self.threshold < 2:
            raise PolicyError("threshold must be at least 2, or nothing is hidden: correct it in policy.yml.")
        if self.zeros != "shown":
            raise PolicyError("zeros can only be 'shown': hidden zeros are not modelled yet.")
        if self.width < self.threshold - 1:
            raise PolicyError("width must be at least threshold - 1, or an interval can end below the threshold.")
