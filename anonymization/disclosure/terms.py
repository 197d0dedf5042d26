"""What is asked of a protection beyond the rule: further counts, further attackers, cells by name, costs, effort."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from anonymization.disclosure.audit.attackers import Attacker
from anonymization.disclosure.audit.homogeneity import Sensitive
from anonymization.disclosure.headline import Costs
from anonymization.disclosure.suppression.budget import Effort
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.quantities import Quantities
from anonymization.disclosure.threshold_rules import NamedCells

Attackers = Callable[[JointModel, np.ndarray, np.ndarray], Sequence[Attacker]]  # model, true atoms, hidden cells (mask)

Doubtful = Callable[[JointModel, np.ndarray, np.ndarray], Quantities]  # the same


def no_attackers(model: JointModel, truth: np.ndarray, hidden: np.ndarray) -> Sequence[Attacker]:
    """Nobody but the public, who is always tried."""
    return ()


@dataclass(frozen=True, eq=False)
class Terms:
    """What is asked beyond the rule; by default nothing.

    quantities: counts that no table shows, to be protected too. doubtful: finds those that a reader of a pattern cannot
    tell from small ones; not looked for by default. only_told: kinds of them that are reported and no gate.
    sensitive: dimensions of which no group's category should be certain. attackers: who else is tried.
    keep: cells that must stay shown. costs: of hiding others. pattern_knower: whether someone who repeats the
    protection is tried. effort: how much search.
    """

    quantities: Named = field(default_factory=Named)
    doubtful: Doubtful | None = None
    only_told: frozenset[str] = frozenset()
    sensitive: Sensitive = field(default_factory=Sensitive)
    attackers: Attackers = no_attackers
    keep: tuple[NamedCells, ...] = ()
    costs: Costs = field(default_factory=Costs)
    pattern_knower: Literal["report", "gate"] | None = None
    effort: Effort = field(default_factory=Effort)
