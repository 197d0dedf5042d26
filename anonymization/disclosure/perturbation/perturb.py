"""One way in to rounding and noise: a rule, a release, and the gate that its result must pass."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from anonymization.disclosure.perturbation.cell_key import add_cell_key_noise
from anonymization.disclosure.perturbation.certainty import largest_certainty, refuse_certainty
from anonymization.disclosure.perturbation.controlled import round_controlled
from anonymization.disclosure.perturbation.perturbation_rules import CellKey, ControlledRounding, Gate, PerturbationRule
from anonymization.disclosure.perturbation.perturbed import Perturbed
from anonymization.disclosure.perturbation.small_counts import round_small_counts
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.table_set import Release
from anonymization.errors import DisclosureError

DEFAULT_NODES = 1  # after the first node the five linked tables of the bench gain nothing that is worth the time


def perturb(
    model: JointModel,
    release: Release,
    rule: PerturbationRule,
    gate: Gate,
    required: Requirements,
    keys: Mapping[str, pd.DataFrame] | None = None,
    nodes: int = DEFAULT_NODES,
) -> Perturbed:
    """The counts of every distinct cell of `release`, changed by the rule, with each cell's interval.

    keys: sums of record keys by population (`record_keys.sums_of_keys`), for the cell-key method. nodes: the budget of
    the whole-number program. The gate is held cell by cell; what the intervals tell together is the auditor's question,
    asked with `requirements_of_gate`. Raises DisclosureError when the rule has no result or the gate is not passed.
    """
    truth = model.tabulate(release)
    counts = model.cells @ truth
    if isinstance(rule, CellKey):
        result = add_cell_key_noise(model, truth, keys or {}, rule)
    elif isinstance(rule, ControlledRounding):
        result = round_controlled(model, truth, rule, nodes)
    else:
        result = round_small_counts(model, release, rule, nodes)
    _refuse_false_intervals(result, counts)
    _refuse_narrow_intervals(result, required.primary(counts), gate)
    refuse_certainty(largest_certainty(rule, counts, result.published, required.threshold), gate)
    return result


def _refuse_false_intervals(result: Perturbed, counts: np.ndarray) -> None:
    if ((counts < result.shown.lower) | (counts > result.shown.upper)).any():
        raise DisclosureError("A true count lies outside what its shown count is said to mean; report a defect.")


def _refuse_narrow_intervals(result: Perturbed, primary: np.ndarray, gate: Gate) -> None:
    width = result.shown.upper - result.shown.lower
    narrow = int((width[primary] < gate.least_width).sum())
    if narrow:
        raise DisclosureError(
            f"{narrow} small counts keep an interval narrower than {gate.least_width}: choose a larger base or noise."
        )
