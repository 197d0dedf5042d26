"""A first search among few movements away from one whole table (`tables/few_movements.py`).

Each table found is checked in the whole system, so it proves there what it shows. What is not found is not narrow.
"""

import numpy as np
from scipy import sparse

from anonymization.disclosure.audit.pool import Targets
from anonymization.disclosure.audit.system import System
from anonymization.disclosure.audit.width_search import Search
from anonymization.disclosure.tables.few_movements import Movements, few_movements
from anonymization.disclosure.tables.following import following


def search_few_movements(search: Search, is_old: np.ndarray | None) -> None:
    """Fill the pool of a search with tables that leave what was published before as it is (mask of cells), then others.

    Nothing is done where no population follows another one: then the search itself has no more to look through.
    """
    followed = following(search.system.model)
    if not followed.follows.any():
        return
    few = few_movements(search.system.model, followed, search.origin)
    if is_old is not None and is_old.any():
        _fill(search, few.without(search.system.model.cells[is_old]))
    _fill(search, few)


def _fill(search: Search, movements: Movements) -> None:
    wanted = search.targets.chosen(~search.pool.is_wide)
    if not len(wanted):
        return
    start = search.origin - movements.steps @ movements.room
    moved, aims = _system(search.system, movements, start), _targets(wanted, movements, start)
    inner = Search(moved, aims, [movements.room], search.limits.in_silence)
    inner.find_witnesses()
    search.solved_elsewhere = tuple(np.add(search.solved_elsewhere, inner.solves).tolist())
    for made in inner.pool.tables[1:]:
        search.pool.add(start + movements.steps @ made)


def _system(system: System, movements: Movements, start: np.ndarray) -> System:
    """The system over how often each movement is made, counted from `start`."""
    matrix = sparse.csr_array(sparse.vstack([system.matrix @ movements.steps, movements.steps], format="csr"))
    matrix.eliminate_zeros()
    given, without_end = system.matrix @ start, np.full(len(start), np.inf)
    lower, upper = np.concatenate([system.lower - given, -start]), np.concatenate([system.upper - given, without_end])
    return System(matrix, lower.astype(float), upper.astype(float), system.model)


def _targets(targets: Targets, movements: Movements, start: np.ndarray) -> Targets:
    given = targets.matrix @ start
    matrix = sparse.csr_array(targets.matrix @ movements.steps)
    return Targets(matrix, targets.width, targets.lower - given, targets.upper - given)
