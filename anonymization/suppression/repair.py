"""Repair: what an audit found too narrow is pushed once more, with what the attacker knows fixed."""

import highspy
import numpy as np

from anonymization.errors import DisclosureError
from anonymization.suppression.flow_program import flow_columns, flow_program, furthest_fall
from anonymization.suppression.push import NOISE, Movement
from anonymization.suppression.search import ALL_BUT_FREE, Proposal, Search


def meet(search: Search, target: int, width: int, fixed: np.ndarray) -> None:
    """Hide what it takes to let a class move over `width` while the `fixed` classes stay where they are.

    First the cheapest movement in fractions; where that opens nothing new, fractions were the trouble, and the movement
    is looked for in whole numbers. Raises DisclosureError when there is none.
    """
    search.push.lock(fixed)
    try:
        proposal = search.cheapest(target, width=width)
        if proposal is not None and not proposal.cost:
            proposal = _in_whole_numbers(search, target, width, fixed)
    finally:
        search.push.unlock(fixed[~search.problem.is_frozen[fixed]])
    if proposal is None:
        raise DisclosureError(
            "A small count cannot be protected against someone who knows a hidden count: publish coarser tables."
        )
    search.take(proposal)


def _in_whole_numbers(search: Search, target: int, width: int, fixed: np.ndarray) -> Proposal | None:
    """The cheapest split of the width whose two movements are whole."""
    found: list[Proposal] = []
    for down in range(min(int(search.problem.drop[target]), width) + 1):
        moves = [_whole_move(search, target, step, fixed) for step in (width - down, -down) if step]
        if all(move is not None for move in moves):
            movements = tuple(move for move in moves if move is not None)
            new = np.any([move.moved for move in movements], axis=0) & ~search.hidden
            found.append(Proposal(movements, float(search.problem.cost[new].sum())))
    return min(found, key=lambda proposal: proposal.cost, default=None)


def _whole_move(search: Search, target: int, step: int, fixed: np.ndarray) -> Movement | None:
    problem = search.problem
    prices = np.where(search.hidden, ALL_BUT_FREE, search.prices)
    highs = flow_program(problem, prices, whole=True)
    still = np.flatnonzero(np.isin(np.arange(len(prices)), fixed) | problem.is_frozen)
    columns = flow_columns(problem, still)
    highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), np.zeros(len(columns)))
    up, down = flow_columns(problem, np.array([target]))
    highs.changeColBounds(int(up), max(step, 0), max(step, 0))
    highs.changeColBounds(int(down), max(-step, 0), max(-step, 0))
    _bound_rises(highs, search, width=abs(step))
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    point = np.rint(np.array(highs.getSolution().col_value[: len(problem.atoms)]))
    cells = problem.sums @ point
    if (problem.atoms + point < 0).any() or (cells < -furthest_fall(problem) - NOISE).any() or cells[target] != step:
        return None
    return Movement(cells, np.maximum(cells, 0.0), np.minimum(cells, 0.0))


def _bound_rises(highs: highspy.Highs, search: Search, width: int) -> None:
    """Whole programs without a ceiling take ages: nothing needs to rise by more than a few widths."""
    problem = search.problem
    atoms = len(problem.atoms)
    columns = np.arange(atoms, dtype=np.int32)
    lowest = -np.minimum(problem.atoms, 5 * width).astype(float)
    highs.changeColsBounds(atoms, columns, lowest, np.full(atoms, 5.0 * width))
