"""Which known relations changed counts keep: those that say the same of any multiple of the counts."""

import numpy as np

from anonymization.disclosure.perturbation.least_change import Relations
from anonymization.disclosure.tables.joint_model import JointModel


def order_relations(model: JointModel) -> Relations:
    """Rows over atoms: one count is part of another, or not above it."""
    facts = model.facts
    return _chosen(model, (facts.lower == 0) & np.isinf(facts.upper) & ~_of_unpublished(model))


def equalities(model: JointModel) -> Relations:
    """Rows over atoms: what blocks share is the same in each, and flows give the closing stock."""
    facts = model.facts
    return _chosen(model, (facts.lower == 0) & (facts.upper == 0) & ~_of_unpublished(model))


def _chosen(model: JointModel, mask: np.ndarray) -> Relations:
    rows = np.flatnonzero(mask)
    return Relations(model.facts.matrix[rows], model.facts.lower[rows], model.facts.upper[rows])


def _of_unpublished(model: JointModel) -> np.ndarray:
    """Mask of the facts that count what no table shows, such as records removed since."""
    published = set(model.table_set.populations)
    columns = [np.full(block.size, block.population not in published) for block in model.base.blocks]
    return np.asarray(abs(model.facts.matrix) @ np.concatenate(columns).astype(np.int64) > 0)
