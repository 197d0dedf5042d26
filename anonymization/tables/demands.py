"""What an attacker other than the public makes necessary, as the auditor asks the suppressor for it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Demand:
    """A hidden cell must stay open by `width` even when the counts of the `fixed` cells are known.

    target: a distinct cell. fixed: distinct cells that both whole tables must leave at their true count.
    """

    target: int
    width: int
    fixed: np.ndarray
