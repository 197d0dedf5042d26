"""Group disclosure: everybody knows that all of a group are in one category, however large the group is.

Published zeros show it, and so may sums. Machanavajjhala et al., l-diversity (2007), call it the homogeneity attack.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.limits import NO_LIMITS, Limits
from anonymization.disclosure.audit.pool import Targets
from anonymization.disclosure.audit.system import System, add_up
from anonymization.disclosure.audit.width_search import Search
from anonymization.disclosure.tables.derived_counts import margins, words
from anonymization.disclosure.tables.joint_model import JointModel, marks_of, sums
from anonymization.disclosure.tables.shown import Shown


@dataclass(frozen=True)
class Sensitive:
    """Dimensions of which nobody's category may be certain. gate: it makes a release unsafe, else it is reported."""

    dimensions: tuple[str, ...] = ()
    gate: bool = False


@dataclass(frozen=True)
class GroupDisclosure:
    """All of a group, known to be `at_least` so many, are in one category of a dimension. place: in words."""

    table_id: str
    dimension: str
    place: str
    at_least: int


@dataclass(frozen=True, eq=False)
class _Group:
    table_id: str
    dimension: str
    place: str
    others: sparse.csr_array
    at_least: int


def group_disclosures(
    system: System,
    shown: Shown,
    dimensions: tuple[str, ...],
    tables: list[np.ndarray],
    limits: Limits = NO_LIMITS,
) -> list[GroupDisclosure]:
    """Every group that holds at least one child and that everybody knows to be in one category of a sensitive
    dimension.

    tables: whole tables of the system, at least one. A group that no table shows to be mixed and that no budget left
    open is reported; so is one that a budget left open, since it is not known to be safe.
    """
    groups = list(_groups(system.model, shown, dimensions, tables))
    if not groups:
        return []
    others = sparse.csr_array(sparse.vstack([group.others for group in groups], format="csr"))
    count = np.ones(len(groups), dtype=np.int64)
    search = Search(system, Targets(others, count, np.zeros(len(groups)), np.inf * count), tables, limits.in_silence)
    search.decide_in_fractions()
    search.decide_in_whole_numbers()
    certain = np.flatnonzero(~search.pool.is_wide)
    return [GroupDisclosure(g.table_id, g.dimension, g.place, g.at_least) for g in (groups[place] for place in certain)]


def _groups(model: JointModel, shown: Shown, dimensions: tuple[str, ...], tables: list[np.ndarray]) -> Iterator[_Group]:
    """Groups known not to be empty of which no table shows a child outside one category."""
    for margin in margins(model, dimensions):
        cells, group = sums(margin.table, margin.grouping, model.base), margin.group_of_cell
        together = sparse.csr_array((np.ones(len(group), dtype=np.int64), (group, np.arange(len(group)))))
        others = sparse.csr_array(together.T @ together @ cells - cells)
        in_one = np.all([add_up(others, table) == 0 for table in tables], axis=0)
        labels = margin.table.labels(margin.grouping)
        lower = _known_lower(model, shown, cells)
        for place in np.flatnonzero(in_one & (lower > 0)):
            yield _Group(margin.table.table_id, margin.axis, words(margin.table, labels[place]), others[[place]],
                         int(lower[place]))  # fmt: skip


def _known_lower(model: JointModel, shown: Shown, cells: sparse.csr_array) -> np.ndarray:
    """What each of these cells is shown to be at least."""
    by_mark = {tuple(mark): place for place, mark in enumerate(marks_of(model.cells))}
    return shown.lower[[by_mark[tuple(mark)] for mark in marks_of(cells)]]
