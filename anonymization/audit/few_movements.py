"""A first search among few movements away from one whole table (`tables/few_movements.py`).

Each table found is checked in the whole system, so it proves there what it shows. What is not found here is not narrow.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from anonymization.audit.pool import Targets
from anonymization.audit.search import Search
from anonymization.audit.system import System
from anonymization.tables.few_movements import Movements, few_movements
from anonymization.tables.following import following


def tables_by_few_movements(
    system: System, targets: Targets, origin: np.ndarray, out_of_time: Callable[[], bool]
) -> list[np.ndarray]:
    """Whole tables (int64 atoms) that differ in as many targets as were found to; none where nothing follows."""
    followed = following(system.model)
    if not followed.follows.any() or not len(targets):
        return []
    movements = few_movements(system.model, followed, origin)
    start = origin - movements.steps @ movements.room
    moved, aims = _system(system, movements, start), _targets(targets, movements, start)
    search = Search(moved, aims, [movements.room], out_of_time)
    search.find_witnesses()
    return [start + movements.steps @ made for made in search.pool.tables[1:]]


def _system(system: System, movements: Movements, start: np.ndarray) -> System:
    """The system over how often each movement is made, counted from `start`."""
    matrix = sparse.vstack([system.matrix @ movements.steps, movements.steps], format="csr")
    given, without_end = system.matrix @ start, np.full(len(start), np.inf)
    lower, upper = np.concatenate([system.lower - given, -start]), np.concatenate([system.upper - given, without_end])
    return System(sparse.csr_array(matrix), lower.astype(float), upper.astype(float), system.model)


def _targets(targets: Targets, movements: Movements, start: np.ndarray) -> Targets:
    given = targets.matrix @ start
    matrix = sparse.csr_array(targets.matrix @ movements.steps)
    return Targets(matrix, targets.width, targets.lower - given, targets.upper - given)
