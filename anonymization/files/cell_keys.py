"""How files name the cells of a model: a code for each dimension, `Total` where totalled, whatever the table."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from anonymization.errors import DisclosureError
from anonymization.files.csv_rows import shown
from anonymization.files.spec_file import TOTAL_CODE
from anonymization.tables.joint_model import JointModel
from anonymization.tables.specification import TOTAL

Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CellKeys:
    """The keys of all cells of a model, each once, in the order of the tables.

    names: the dimensions, which are the columns of a file. frame: a column a dimension, `Total` where totalled, and
    `cell`, the distinct cell that the key names; several keys may name one.
    """

    names: tuple[str, ...]
    frame: pd.DataFrame

    @cached_property
    def cell_of(self) -> dict[Key, int]:
        """The distinct cell of each key."""
        keys = self.frame[list(self.names)].itertuples(index=False, name=None)
        return dict(zip(keys, self.frame["cell"], strict=True))

    @cached_property
    def codes(self) -> dict[str, set[str]]:
        """The codes of each dimension that some cell has."""
        return {name: set(self.frame[name]) for name in self.names}

    def find(self, key: Key, file: str, row: int) -> int:
        """The distinct cell of a key. Raises DisclosureError that names the place and what is wrong with it."""
        cell = self.cell_of.get(key)
        if cell is not None:
            return cell
        for name, code in zip(self.names, key, strict=True):
            if code not in self.codes[name]:
                raise DisclosureError(
                    f"{file}, row {row}, column {name}: {shown(code)} is not one of the SPEC's codes."
                )
        raise DisclosureError(f"{file}, row {row}: no table of the SPEC has the cell {said(key)}.")


def cell_keys(model: JointModel) -> CellKeys:
    """The keys of a model of one population."""
    names = model.table_set.dimension_names
    frame = model.rows[[*names, "cell"]].drop_duplicates(names, ignore_index=True)
    return CellKeys(tuple(names), frame.replace({name: {TOTAL: TOTAL_CODE} for name in names}))


def said(key: Sequence[str]) -> str:
    """A key in words: its codes."""
    return " / ".join(shown(code) for code in key)


def first_key(keys: CellKeys, cells: np.ndarray) -> str:
    """The first key of any of these distinct cells, in words."""
    found = keys.frame[keys.frame["cell"].isin(cells)].iloc[0]
    return said([found[name] for name in keys.names])
