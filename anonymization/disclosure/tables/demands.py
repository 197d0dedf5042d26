"""What an attacker other than the public makes necessary, as the auditor asks the suppressor for it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Demand:
    """A count must stay open by `width` even when the counts of the `fixed` cells are known.

    target: a distinct cell, which is hidden, or the number of a protected quantity.
    fixed: distinct cells that both whole tables must leave at their true count.
    """

    target: int
    width: int
    fixed: np.ndarray
    is_quantity: bool = False
