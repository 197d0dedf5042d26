"""Small-count rounding of J1 to base 5, additive."""

import time
from collections.abc import Iterator
from typing import Any

from anonymization.disclosure.perturbation.perturb import perturb
from anonymization.disclosure.perturbation.perturbation_rules import Gate, SmallCountRounding
from anonymization.disclosure.tables.joint_model import build_model
from anonymization.disclosure.tables.requirements import requirements
from tests.bench.disclosure.jobs import RULES, release_of

ROUNDING, GATE = SmallCountRounding(base=5, most_change=10), Gate(least_width=4, largest_certainty=0.4)
NODES = 100


def rounded(seed: int) -> Iterator[dict[str, Any]]:
    """The sum of the changes of all cells, and whether it is proven to be the least."""
    release = release_of("J1", seed)
    began = time.process_time()
    model = build_model(release.table_set)
    result = perturb(model, release, ROUNDING, GATE, requirements(model, RULES["R1"]), nodes=NODES)
    yield {
        "total_change": result.total_change,
        "largest_change": result.largest_change,
        "bound": result.bound,
        "proven": result.is_optimal,
        "additive": result.is_additive,
        "cpu": round(time.process_time() - began, 2),
    }
