"""Small-count rounding: only the inner cells that make a small shown count are rounded, to 0 or to the base.

Tables are added up from the inner cells, so they agree with each other and with their totals. Which inner cells go up
is one program over all tables (Langsrud and Heldal take them one after the other).
"""

import numpy as np
from scipy import sparse

from anonymization.disclosure.perturbation.inner_cells import InnerCells, inner_cells
from anonymization.disclosure.perturbation.least_change import Found, Relations, Steps, least_change
from anonymization.disclosure.perturbation.perturbation_rules import SmallCountRounding
from anonymization.disclosure.perturbation.perturbed import Perturbed, changes
from anonymization.disclosure.perturbation.readers_view import stated_intervals
from anonymization.disclosure.perturbation.relations_kept import order_relations
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.table_set import Release
from anonymization.errors import DisclosureError

NOTE = (
    "Small counts are rounded to 0 or {base} and all totals are added up from the rounded counts. No figure is off by "
    "more than {most}; sums hold."
)


def round_small_counts(model: JointModel, release: Release, rule: SmallCountRounding, nodes: int) -> Perturbed:
    """Counts of every distinct cell without 1 to base - 1; zeros stay, and no count of the base or more falls below it.

    Raises DisclosureError when no rounding stays within `most_change` and keeps what is stated of the populations, or
    when the budget of nodes ends before one is found.
    """
    inner = inner_cells(model, release)
    sums = model.cells @ inner.atoms
    counts = sums @ inner.counts
    small = np.flatnonzero((counts > 0) & (counts < rule.base))
    moved = np.flatnonzero(sums[small].sum(axis=0))
    still = inner.counts.copy()
    still[moved] = 0
    held = sums @ still
    steps = _steps(sparse.csr_array(sums[:, moved]), counts, held, rule)
    found = least_change(steps, _relations(model, inner, moved, still, rule.base), nodes)
    if found is None:
        raise DisclosureError(
            f"No small-count rounding to base {rule.base} stays within {rule.most_change} of every count: raise "
            "most_change, or publish coarser tables."
        )
    still[moved] = rule.base * found.columns
    return _perturbed(model, counts, inner.atoms @ still, rule, found)


def _steps(sums: sparse.csr_array, counts: np.ndarray, held: np.ndarray, rule: SmallCountRounding) -> Steps:
    """One column an inner cell to be rounded, one row a cell that holds any. `held`: what of each cell stays."""
    touched = np.flatnonzero(sums.sum(axis=1))
    counts, held = counts[touched], held[touched]
    target, most = counts - held, rule.most_change
    keep_large = np.where(counts >= rule.base, rule.base - held, 0)
    lower = np.maximum(-((most - target) // rule.base), -(-keep_large // rule.base))
    return Steps(rule.base, sums[touched], target, lower, (target + most) // rule.base, np.ones(sums.shape[1]))


def _relations(model: JointModel, inner: InnerCells, moved: np.ndarray, still: np.ndarray, base: int) -> Relations:
    kept = order_relations(model)
    matrix = kept.matrix @ inner.atoms
    fixed = matrix @ still
    return Relations(base * matrix[:, moved], kept.lower - fixed, kept.upper - fixed)


def _perturbed(
    model: JointModel, counts: np.ndarray, atoms: np.ndarray, rule: SmallCountRounding, found: Found
) -> Perturbed:
    published = model.cells @ atoms
    total, largest = changes(counts, published)
    wrong = ((published < rule.base) & ((published > 0) | (counts >= rule.base))) | ((counts == 0) & (published > 0))
    if wrong.any() or largest > rule.most_change or not order_relations(model).hold_for(atoms):
        raise DisclosureError("The rounding does not hold when it is added up; report this as a defect.")
    note = NOTE.format(base=rule.base, most=rule.most_change)
    return Perturbed(
        published,
        stated_intervals(model, published, rule),
        total,
        largest,
        found.bound,
        total <= found.bound,
        True,
        note,
    )
