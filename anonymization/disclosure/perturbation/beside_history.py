"""Changed counts beside what was published before: what is seen of all cells together, and what is asked of them."""

import numpy as np
import pandas as pd

from anonymization.disclosure.ledger.history import Joint
from anonymization.disclosure.perturbation.perturbation_rules import Gate
from anonymization.disclosure.perturbation.perturbed import Perturbed
from anonymization.disclosure.perturbation.readers_view import requirements_of_gate
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.shown import Shown
from anonymization.disclosure.tables.table_set import Release
from anonymization.errors import DisclosureError


def refuse_gate_below_rule(joint: Joint, gate: Gate) -> None:
    """Raises DisclosureError when the gate asks for less than the rule, to which later releases hold small counts."""
    asked = int(joint.required.width[~joint.is_old].max(initial=0))
    if gate.least_width < asked:
        raise DisclosureError(
            f"In the ledger every small count is held to its rule, here up to a width of {asked}: raise the gate's "
            "least_width to it."
        )


def changed_cells(model: JointModel, perturbed: Perturbed, release: Release) -> pd.DataFrame:
    """The cells of a release as they are shown: `count`, and `lower` and `upper`, between which the true one lies."""
    cell = model.rows["cell"].to_numpy()
    cells = model.rows[["table_id", *release.table_set.dimension_names]].reset_index(drop=True)
    numbers = {"count": perturbed.published, "lower": perturbed.shown.lower, "upper": perturbed.shown.upper}
    return cells.assign(**{name: pd.Series(values[cell]).astype("Int64") for name, values in numbers.items()})


def shown_beside_history(joint: Joint, cells: pd.DataFrame) -> Shown:
    """What is seen of the old cells as before, and of the new ones by the intervals in `cells`."""
    keys = [name for name in joint.model.keys if name in cells]
    rows = cells.merge(joint.model.rows, on=keys, validate="one_to_one")
    lower, upper = joint.before.lower.copy(), joint.before.upper.copy()
    np.maximum.at(lower, rows["cell"].to_numpy(), rows["lower"].to_numpy(dtype=float))
    np.minimum.at(upper, rows["cell"].to_numpy(), rows["upper"].to_numpy(dtype=float))
    return Shown(lower, upper)


def required_by_gate(joint: Joint, gate: Gate) -> Requirements:
    """The gate for the new cells; for the old ones the rule of their time."""
    then, asked = joint.required, requirements_of_gate(joint.required, gate)
    lower, width = np.where(joint.is_old, then.lower, asked.lower), np.where(joint.is_old, then.width, asked.width)
    return Requirements(then.threshold, lower, width, then.is_named)
