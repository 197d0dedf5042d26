"""The cell-key method: noise that is the same for the same children, in every table and every quarter.

Source: Fraser and Wooton, A proposed method for confidentialising tabular output to protect against differencing
(2005).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from anonymization.disclosure.perturbation.noise_table import noise_table
from anonymization.disclosure.perturbation.perturbation_rules import CellKey
from anonymization.disclosure.perturbation.perturbed import Perturbed, changes
from anonymization.disclosure.perturbation.readers_view import shown_with_noise
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.errors import DisclosureError

NOTE = (
    "Every figure but zero holds a small random change of at most {most}, the same wherever the same children are "
    "counted. Figures do not add up exactly to their totals."
)


def add_cell_key_noise(
    model: JointModel, truth: np.ndarray, keys: Mapping[str, pd.DataFrame], rule: CellKey
) -> Perturbed:
    """Every distinct cell with the noise of its key.

    truth: the true count of every atom. keys: for each population the sums of its record keys by combination of codes
    (`sums_of_keys`). Raises DisclosureError when a population has no keys.
    """
    counts, table = model.cells @ truth, noise_table(rule)
    published = counts + table.noise(counts, cell_keys(model, keys, rule.key_bits))
    total, largest = changes(counts, published)
    note = NOTE.format(most=rule.largest)
    return Perturbed(published, shown_with_noise(published, table), total, largest, 0, False, False, note)


def cell_keys(model: JointModel, keys: Mapping[str, pd.DataFrame], key_bits: int) -> np.ndarray:
    """The key of every distinct cell: the sum of the keys of its records, modulo 2^key_bits."""
    missing = set(model.table_set.populations) - set(keys)
    if missing:
        raise DisclosureError(f"There are no record keys for {', '.join(sorted(missing))}: give them.")
    known = model.table_set.populations
    parts = [b.count(keys[b.population]) if b.population in known else np.zeros(b.size) for b in model.base.blocks]
    atoms = np.concatenate(parts).astype(np.int64) % 2**key_bits
    return (model.cells @ atoms) % 2**key_bits
