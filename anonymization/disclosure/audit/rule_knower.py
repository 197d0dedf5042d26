"""Someone who knows how cells are chosen: something small must be the reason why cells are hidden.

A table in which no hidden cell is small does not explain the hiding, so this attacker does not believe it. Cells hide
for each other only where rows connect them, so each connected component must hold a reason.
"""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from anonymization.disclosure.audit.attackers import Attacker
from anonymization.disclosure.audit.many_attackers import Attacks
from anonymization.disclosure.audit.reduction import Reduced
from anonymization.disclosure.audit.report import AttackResult

REASONS = 3  # primaries tried as the reason, in each component
NOTE = "explained by a count below the threshold in each component"


def attack_of_rule_knower(
    attacks: Attacks, reduced: Reduced, hidden: np.ndarray, threshold: np.ndarray, attacker: Attacker
) -> AttackResult:
    """Whether each primary keeps two tables that differ by its width and explain the hiding.

    hidden: mask of the distinct cells. threshold: below which count of a cell its own count is a reason to hide it.
    Tables found before are tried first; then some primary of each component is held at its true, small count, so that
    whatever else moves is explained.
    """
    component = component_of_cells(reduced)
    small = _explained(attacks.tables, hidden, threshold, component, attacks.system.model.cells)
    mine = component[attacks.cells]
    least, most = np.zeros(len(mine), dtype=np.int64), np.zeros(len(mine), dtype=np.int64)
    for table, reasons in zip(attacks.moved, small, strict=True):
        moved = np.where(reasons[mine], table[attacks.cells], 0)
        least, most = np.minimum(least, moved), np.maximum(most, moved)
    failing = most - least < attacks.width
    for turn in range(REASONS):
        if failing.any():
            held = Attacker(f"{attacker.name} {turn}", attacker.kind, _held(attacks.cells, mine, turn), "width", False)
            result = attacks.try_alone(held, failing)
            failing &= result
    cells = tuple(int(cell) for cell in attacks.cells[failing])
    return AttackResult(attacker.name, attacker.kind, attacker.gate, len(mine), cells, 0, NOTE)


def component_of_cells(reduced: Reduced) -> np.ndarray:
    """The component of every distinct cell: rows or shared atoms connect open ones; settled ones have their own."""
    cells = reduced.system.model.cells
    shape = cells.shape[0], reduced.matrix.shape[0]
    by_cell = sparse.csr_array(cells[:, reduced.columns])
    links = sparse.block_array([
        [None, by_cell, None],
        [None, None, abs(reduced.matrix).T],
        [sparse.csr_array((shape[1], shape[0])), None, None],
    ], format="csr")  # fmt: skip
    return connected_components(links, directed=False)[1][: shape[0]]


def _explained(
    tables: Sequence[np.ndarray],
    hidden: np.ndarray,
    threshold: np.ndarray,
    component: np.ndarray,
    cells: sparse.csr_array,
) -> list[np.ndarray]:
    """For every table a mask over the components: is there a hidden count below its threshold?"""
    found = []
    for table in tables:
        counts = cells @ table
        reasons = hidden & (counts > 0) & (counts < threshold)
        mask = np.zeros(component.max(initial=0) + 1, dtype=bool)
        mask[component[reasons]] = True
        found.append(mask)
    return found


def _held(cells: np.ndarray, component: np.ndarray, turn: int) -> np.ndarray:
    """One primary of each component that has so many: the first, the middle or the last."""
    held = []
    for number in np.unique(component):
        members = cells[component == number]
        held.append(members[(0, len(members) // 2, -1)[turn]])
    return np.array(held)
