"""How files name the cells of a model: a code for each dimension, `Total` where totalled, whatever the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.table_set import TOTAL
from anonymization.disclosure.tool_files.csv_rows import shown
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE
from anonymization.disclosure.tool_files.spelling import Codes, hint
from anonymization.errors import DisclosureError

Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CellKeys:
    """The keys of all cells of a model, each once, in the order of the tables.

    names: the dimensions, which are the columns of a file. frame: a column a dimension, `Total` where totalled, and
    `cell`, the distinct cell that the key names; several keys may name one. total_of: what files call the total of a
    dimension, where it is not `Total`.
    """

    names: tuple[str, ...]
    frame: pd.DataFrame
    total_of: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def cell_of(self) -> dict[Key, int]:
        """The distinct cell of each key."""
        keys = self.frame[list(self.names)].itertuples(index=False, name=None)
        return dict(zip(keys, self.frame["cell"], strict=True))

    @cached_property
    def codes(self) -> dict[str, set[str]]:
        """The codes of each dimension that some cell has."""
        return {name: set(self.frame[name]) for name in self.names}

    @cached_property
    def _spellings(self) -> list[Codes]:
        words = {name: {TOTAL_CODE: TOTAL_CODE, self.total_of.get(name, TOTAL_CODE): TOTAL_CODE} for name in self.names}
        return [Codes({code: code for code in self.codes[name]} | words[name]) for name in self.names]

    def spelt(self, codes: Sequence[str]) -> Key:
        """The codes of a row in the SPEC's spelling, `Total` for totals; what is unknown stays as it is."""
        return tuple(known.find(code) or code for known, code in zip(self._spellings, codes, strict=True))

    def find(self, key: Key, file: str, row: int) -> int:
        """The distinct cell of a key. Raises DisclosureError that names the place and what is wrong with it."""
        cell = self.cell_of.get(key)
        if cell is not None:
            return cell
        for name, code in zip(self.names, key, strict=True):
            if code not in self.codes[name]:
                raise DisclosureError(
                    f"{file}, row {row}, column {name}: {shown(code)} is not one of the SPEC's codes"
                    f"{hint(code, sorted(self.codes[name]))}"
                )
        raise DisclosureError(f"{file}, row {row}: no table of the SPEC has the cell {self.said(key)}.")

    def said(self, key: Sequence[str]) -> str:
        """A key in words: its codes, with the word that files have for a total."""
        words = (self.total_of.get(name, TOTAL_CODE) for name in self.names)
        return " / ".join(shown(total if code == TOTAL_CODE else code) for code, total in zip(key, words, strict=True))


def cell_keys(model: JointModel, total_of: Mapping[str, str] | None = None) -> CellKeys:
    """The keys of a model of one population; total_of: what its files call the total of each dimension."""
    names = model.table_set.dimension_names
    frame = model.rows[[*names, "cell"]].drop_duplicates(names, ignore_index=True)
    return CellKeys(tuple(names), frame.replace({name: {TOTAL: TOTAL_CODE} for name in names}), total_of or {})


def first_key(keys: CellKeys, cells: np.ndarray) -> str:
    """The first key of any of these distinct cells, in words."""
    found = keys.frame[keys.frame["cell"].isin(cells)].iloc[0]
    return keys.said([found[name] for name in keys.names])
