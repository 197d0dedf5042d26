"""Controlled rounding: all counts of a release become multiples of a base, jointly, and sums still hold."""

import numpy as np

from anonymization.disclosure.perturbation.least_change import Found, Relations, Steps, least_change
from anonymization.disclosure.perturbation.perturbation_rules import ControlledRounding
from anonymization.disclosure.perturbation.perturbed import Perturbed, changes
from anonymization.disclosure.perturbation.readers_view import stated_intervals
from anonymization.disclosure.perturbation.relations_kept import equalities, order_relations
from anonymization.disclosure.tables.base import stack
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.errors import DisclosureError

NOTE = "All figures are rounded to multiples of {base}. No figure is off by more than {most}; sums hold."


def round_controlled(model: JointModel, truth: np.ndarray, rule: ControlledRounding, nodes: int) -> Perturbed:
    """Every distinct cell as a multiple of the base, an adjacent one unless the rule allows more; zeros stay.

    truth: the true count of every atom. Raises DisclosureError when the rule allows no such rounding, or when the
    budget of nodes ends before one is found.
    """
    counts = model.cells @ truth
    positive = np.flatnonzero(counts)
    free = np.flatnonzero(model.cells[np.flatnonzero(counts == 0)].sum(axis=0) == 0)
    found = least_change(_steps(model, counts, positive, free, rule), _relations(model, free), nodes)
    if found is None:
        raise DisclosureError(
            f"No rounding to base {rule.base} with {rule.extra_steps} extra steps keeps all sums: allow one more in "
            "extra_steps, or publish fewer linked tables."
        )
    atoms = np.zeros(model.atoms, dtype=np.int64)
    atoms[free] = rule.base * found.columns
    return _perturbed(model, counts, atoms, rule, found)


def _steps(
    model: JointModel, counts: np.ndarray, positive: np.ndarray, free: np.ndarray, rule: ControlledRounding
) -> Steps:
    target = counts[positive]
    below, above = target // rule.base, -(-target // rule.base)
    lower = np.maximum(below - rule.extra_steps, 0)
    sums = model.cells[positive][:, free]
    return Steps(rule.base, sums, target, lower, above + rule.extra_steps, np.full(len(free), np.inf))


def _relations(model: JointModel, free: np.ndarray) -> Relations:
    parts = [equalities(model), order_relations(model)]
    return Relations(
        stack([part.matrix for part in parts], model.atoms)[:, free],
        np.concatenate([part.lower for part in parts]),
        np.concatenate([part.upper for part in parts]),
    )


def _perturbed(
    model: JointModel, counts: np.ndarray, atoms: np.ndarray, rule: ControlledRounding, found: Found
) -> Perturbed:
    published = model.cells @ atoms
    total, largest = changes(counts, published)
    most = rule.most_change
    kept = equalities(model).hold_for(atoms) and order_relations(model).hold_for(atoms)
    if not kept or largest > most or (published[counts == 0] > 0).any():
        raise DisclosureError("The rounding does not hold when it is added up; report this as a defect.")
    shown = stated_intervals(model, published, rule)
    note = NOTE.format(base=rule.base, most=most)
    return Perturbed(published, shown, total, largest, found.bound, total <= found.bound, True, note)
