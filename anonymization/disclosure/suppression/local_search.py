"""Local search by forbidding and going round: what if this dear cell could not be hidden?

The cell is locked, the movements that use it are dropped, their targets are pushed again, and the new pattern is kept
when it costs less. Rounds go over all secondary cells, the dearest first, until a round gains nothing.
"""

import numpy as np

from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.pattern_search import Search

GAIN = 1e-6  # below it two costs are the same


def improve(search: Search, budget: Budget, iterations: int) -> None:
    """Lower the cost of a pattern, spending about so many simplex iterations; every target stays wide."""
    before, end = np.inf, search.push.iterations + iterations
    while search.cost < before - GAIN and search.push.iterations < end and not budget.has_enough():
        before = search.cost
        _round(search, budget, end)
        search.drop_needless()


def go_round_dearest(search: Search, budget: Budget, cells: int) -> None:
    """Try to do without the dearest secondary cells, so many of them, one after the other."""
    tried: set[int] = set()
    while len(tried) < cells and not budget.has_enough() and (left := _untried(search, tried)):
        _go_round_next(search, left, tried)


def _round(search: Search, budget: Budget, end: int) -> None:
    tried: set[int] = set()
    while search.push.iterations < end and not budget.has_enough() and (left := _untried(search, tried)):
        budget.report("Looking for a cheaper pattern", len(tried), len(tried) + len(left))
        _go_round_next(search, left, tried)


def _untried(search: Search, tried: set[int]) -> list[int]:
    return [int(cell) for cell in search.secondary if int(cell) not in tried]


def _go_round_next(search: Search, left: list[int], tried: set[int]) -> None:
    dearest = max(left, key=lambda cell: (search.problem.cost[cell], -cell))
    tried.add(dearest)
    _go_round(search, dearest)


def _go_round(search: Search, cell: int) -> None:
    """Do without hiding this cell if that is cheaper; otherwise nothing changes."""
    before, cost = search.state(), search.cost
    search.keep(np.flatnonzero(~search.moved[:, cell]))
    search.push.lock(np.array([cell]))
    is_cheaper = _make_wide_below(search, cost - GAIN)
    search.push.unlock(np.array([cell]))
    if not is_cheaper:
        search.restore(before)


def _make_wide_below(search: Search, cost: float) -> bool:
    for target in search.narrow_targets():
        if search.is_wide(target):
            continue
        proposal = search.cheapest_or_none(target, below=cost - search.cost)
        if proposal is None:
            return False
        search.take(proposal)
    return search.cost < cost
