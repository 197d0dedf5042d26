"""From a SPEC to who attacks besides the public, and to the counts that no table shows and that are protected too."""

from collections.abc import Callable, Sequence

import numpy as np

from anonymization.disclosure.audit.attackers import Attacker, audience, contributors, siblings
from anonymization.disclosure.left_open import not_left_open
from anonymization.disclosure.tables.derived_counts import Named
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tool_files.spec_file import Spec

ALONE = 1  # the largest cell of which a child in it knows the count

Attackers = Callable[[JointModel, np.ndarray, np.ndarray], Sequence[Attacker]]


def quantities_of(spec: Spec) -> Named:
    """The counts that follow from the tables and are protected like cells: all kinds, but what is left open."""
    names = list(spec.dimensions)
    in_order = [name for name, keys in spec.dimensions.items() if keys.ordered or keys.numbers]
    return Named(
        contiguous=not_left_open("neighbours", dict.fromkeys([*spec.contiguous, *in_order]), spec.left_open),
        complements=tuple(spec.group),
        intersections=not_left_open("intersections", names, spec.left_open),
        differences=not_left_open("differences", names, spec.left_open),
    )


def attackers_of(spec: Spec) -> Attackers:
    """What makes the attackers of a SPEC from a model, its true atoms and the mask of its hidden cells."""

    def make(model: JointModel, truth: np.ndarray, hidden: np.ndarray) -> list[Attacker]:
        found = [audience(model, one.name, one.codes, one.keeps, one.finding == "gate") for one in spec.audiences]
        if spec.contributors == "none":
            return found
        gate = spec.contributors == "gate"
        return [*found, *contributors(model, truth, hidden, ALONE, gate), *siblings(model, truth, hidden, gate)]

    return make


def has_attackers(spec: Spec) -> bool:
    """Whether anybody but the public attacks."""
    return spec.contributors != "none" or bool(spec.audiences)
