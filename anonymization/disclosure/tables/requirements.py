"""The rule, cell by cell: which threshold, which smallest hidden count, which width."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.named_cells import named_cells
from anonymization.disclosure.tables.table_set import LARGEST_COUNT, TOTAL, TOTAL_LEVEL, Table
from anonymization.disclosure.threshold_rules import Stricter, ThresholdRule


@dataclass(frozen=True, eq=False)
class Requirements:
    """What the rule asks for each distinct cell of a model (arrays of whole numbers).

    threshold: the strictest of the tables that hold it. lower: the smallest count it can have when hidden: 1 if any
    table that holds it always shows its zeros. width: what must stay open, so that its upper end reaches the threshold.
    is_named: mask of the cells that the rule hides whatever their count is; None when it names none.
    """

    threshold: np.ndarray
    lower: np.ndarray
    width: np.ndarray
    is_named: np.ndarray | None = None

    @property
    def reason_below(self) -> np.ndarray:
        """Below which count each cell's own count is a reason to hide it: any count where the rule names the cell."""
        return self.threshold if self.is_named is None else np.where(self.is_named, LARGEST_COUNT, self.threshold)

    def primary(self, counts: np.ndarray) -> np.ndarray:
        """Mask of the counts that must be hidden: small ones, and those of cells that the rule names.

        >>> three = np.full(4, 5), np.ones(4), np.full(4, 4)
        >>> Requirements(*three).primary(np.array([0, 1, 4, 5]))
        array([False,  True,  True, False])
        """
        return (counts > 0) & (counts < self.reason_below)


def requirements(model: JointModel, rule: ThresholdRule) -> Requirements:
    """What `rule` asks for every distinct cell of `model`."""
    least = model.rows["table_id"].map(rule.least_hidden).to_numpy()
    threshold = np.full(len(model.rows), rule.threshold)
    for stricter in rule.stricter:
        threshold[_holds(stricter, model)] = stricter.threshold
    by_cell = pd.DataFrame({"cell": model.rows["cell"], "threshold": threshold, "lower": least}).groupby("cell").max()
    found = by_cell["threshold"].to_numpy(), by_cell["lower"].to_numpy()
    return Requirements(*found, np.maximum(found[0] - found[1] + rule.spare, 1), _named(rule, model))


def _named(rule: ThresholdRule, model: JointModel) -> np.ndarray | None:
    return np.any([named_cells(named, model) for named in rule.hide], axis=0) if rule.hide else None


def _holds(stricter: Stricter, model: JointModel) -> np.ndarray:
    """Mask of the rows that a stricter threshold is for. Several may hold: the last one, so put the highest last."""
    rows = model.rows
    holds = rows["table_id"].isin(stricter.tables or rows["table_id"].unique())
    if not {*stricter.codes, *stricter.levels} <= set(model.table_set.dimension_names):
        return np.zeros(len(rows), dtype=bool)
    for name, codes in stricter.codes.items():
        holds &= rows[name].isin(codes)
    for name, level in stricter.levels.items():
        holds &= _level_of_row(model, name) == level
    return holds.to_numpy()


def _level_of_row(model: JointModel, name: str) -> pd.Series:
    """The level at which each row shows a dimension; `TOTAL` where its table does not have it."""
    levels = {table.table_id: _levels(table, name) for table in model.table_set.tables}
    found = [
        levels[table][number] for table, number in zip(model.rows["table_id"], model.rows["grouping"], strict=True)
    ]
    return pd.Series(found, index=model.rows.index).where(model.rows[name] != TOTAL, TOTAL_LEVEL)


def _levels(table: Table, name: str) -> list[str]:
    names = [dimension.name for dimension in table.dimensions]
    return [g[names.index(name)] if name in names else TOTAL_LEVEL for g in table.groupings]
