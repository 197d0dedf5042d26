"""Clean-up: every secondary cell that can be published again is, the dearest first.

A cell can when every target stays wide by movements of the cells that are then still hidden. Hiding is monotone while
the smallest hidden count is fixed by the tables, so a cell that cannot be published now cannot be later either, and one
pass suffices.
"""

import numpy as np

from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.pattern_search import Search


def publish_again(search: Search, budget: Budget) -> None:
    """Publish what can be; every target stays wide."""
    search.push.lock(np.flatnonzero(~search.hidden))
    cells = sorted(search.secondary, key=lambda cell: (-search.problem.cost[cell], cell))
    for done, cell in enumerate(cells):
        budget.report("Publishing again what can be", done, len(cells))
        if budget.has_enough():
            break
        if search.hidden[cell]:
            _publish(search, int(cell))
    search.push.unlock(np.flatnonzero(~search.hidden & ~search.problem.is_frozen))


def _publish(search: Search, cell: int) -> None:
    before = search.state()
    search.keep(~search.moved[:, cell])
    newly_shown = np.flatnonzero(before[2].any(axis=0) & ~search.hidden & ~search.problem.is_open)
    search.push.lock(np.array([cell]))
    for target in search.narrow_targets():
        if not search.is_wide(target):
            proposal = search.cheapest_or_none(target)
            if proposal is None:
                search.push.unlock(np.array([cell]))
                search.restore(before)
                return
            search.take(proposal)
    search.push.lock(newly_shown[~search.hidden[newly_shown]])
