"""Inner cells: the combinations of codes that occur, from which every table is added up."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from anonymization.disclosure.tables.base import Block
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.table_set import Release


@dataclass(frozen=True, eq=False)
class InnerCells:
    """Counts of the combinations that occur (int64, positive), and the atoms (rows) that each is counted in."""

    atoms: sparse.csr_array
    counts: np.ndarray


def inner_cells(model: JointModel, release: Release) -> InnerCells:
    """The inner cells of every population of a release, leaves that no margin tells apart taken together."""
    found = [_of_population(model.base.of(name), release.counts[name]) for name in model.table_set.populations]
    counts = np.concatenate([counts for _, counts in found])
    rows = np.concatenate([places.ravel() for places, _ in found])
    sizes = [np.full(len(counts), places.shape[1]) for places, counts in found]
    columns = np.repeat(np.arange(len(counts)), np.concatenate(sizes))
    shape = (model.atoms, len(counts))
    return InnerCells(sparse.csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=shape), counts)


def _of_population(blocks: list[Block], counts: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The atoms of each inner cell (one column a block), and its count."""
    positive = counts.loc[counts["count"] > 0]
    places = np.column_stack([_atoms(block, positive) for block in blocks])
    distinct, which = np.unique(places, axis=0, return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, which.ravel(), positive["count"].to_numpy(dtype=np.int64))
    return distinct, sums


def _atoms(block: Block, counts: pd.DataFrame) -> np.ndarray:
    """The atom of a block in which each row is counted."""
    classes = tuple(counts[axis.name].map(axis.class_of).to_numpy(dtype=np.int64) for axis in block.axes)
    inside = np.ravel_multi_index(classes, block.shape) if classes else np.zeros(len(counts), dtype=np.int64)
    return block.first + inside
