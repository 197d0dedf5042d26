"""Repair: what an audit found too narrow is pushed once more, with what the attacker knows fixed."""

from collections.abc import Iterator
from dataclasses import dataclass

import highspy
import numpy as np

from anonymization.disclosure.suppression.flow_program import flow_columns, flow_program, furthest_fall
from anonymization.disclosure.suppression.pattern_search import ALL_BUT_FREE, Proposal, Search
from anonymization.disclosure.suppression.push import NOISE, Movement
from anonymization.disclosure.suppression.reduced import Problem
from anonymization.errors import DisclosureError

NEARBY = 500  # atoms among which a very large problem is repaired; five times as many where these do not suffice
GOOD: dict[str, int | float] = {"mip_rel_gap": 0.1, "mip_max_nodes": 200}  # there; the best takes minutes


def meet(search: Search, target: int, width: int, fixed: np.ndarray) -> None:
    """Hide what it takes to let a class move over `width` while the `fixed` classes stay where they are.

    First the cheapest movement in fractions; where that opens nothing new, fractions were the trouble, and the movement
    is looked for in whole numbers. Raises DisclosureError when there is none.
    """
    search.push.lock(fixed)
    try:
        proposal = search.cheapest(target, width=width)
    finally:
        search.push.unlock(fixed[~search.problem.is_frozen[fixed]])
    if proposal is not None and not proposal.cost:
        proposal = _in_whole_numbers(search, _among(search, _everything(search.problem), fixed, {}), target, width)
    _take(search, proposal)


def meet_nearby(search: Search, target: int, width: int, fixed: np.ndarray) -> list[np.ndarray]:
    """The same in a very large problem, where one push takes minutes: in whole numbers at once, among the atoms that
    are counted most often together with the target's.

    Out: the movements, as whole steps of the problem's atoms; each alone leaves a possible table.
    Raises DisclosureError when hiding cannot.
    """
    found = (
        _in_whole_numbers(search, _among(search, atoms, fixed, GOOD), target, width)
        for atoms in _ever_more(search.problem, target)
    )
    proposal = next((proposal for proposal in found if proposal is not None), None)
    _take(search, proposal)
    return [move.steps for move in proposal.movements if isinstance(move, WholeMovement)] if proposal else []


def _take(search: Search, proposal: Proposal | None) -> None:
    if proposal is None:
        raise DisclosureError(
            "A small count cannot be protected against someone who knows a hidden count: publish coarser tables."
        )
    search.take(proposal)


def _everything(problem: Problem) -> np.ndarray:
    return np.arange(len(problem.atoms))


def _ever_more(problem: Problem, target: int) -> Iterator[np.ndarray]:
    """Atoms near a target, then more, then all."""
    together = problem.sums.T @ (problem.sums @ problem.sums[[target]].toarray().ravel())
    nearest, size = np.argsort(-together, kind="stable"), NEARBY
    while size < len(nearest):
        yield np.sort(nearest[:size])
        size *= 5
    yield _everything(problem)


@dataclass(frozen=True, eq=False)
class WholeMovement(Movement):
    """A movement in whole numbers. steps: of each atom of the problem."""

    steps: np.ndarray


@dataclass(frozen=True, eq=False)
class _Among:
    """Some atoms of a problem that may move. problem: theirs. classes: its classes in the whole problem. prices: of
    moving them. is_still: those that may not move. options: of the solver."""

    atoms: np.ndarray
    problem: Problem
    classes: np.ndarray
    prices: np.ndarray
    is_still: np.ndarray
    options: dict[str, int | float]


def _among(search: Search, atoms: np.ndarray, fixed: np.ndarray, options: dict[str, int | float]) -> _Among:
    problem, classes = search.problem.part(atoms), search.problem.classes_of(atoms)
    prices = np.where(search.hidden, ALL_BUT_FREE, search.prices)[classes]
    return _Among(atoms, problem, classes, prices, np.isin(classes, fixed) | problem.is_frozen, options)


def _in_whole_numbers(search: Search, among: _Among, target: int, width: int) -> Proposal | None:
    """The cheapest split found of the width whose two movements are whole."""
    found: list[Proposal] = []
    for down in range(min(int(search.problem.drop[target]), width) + 1):
        moves = [_whole_move(search.problem, among, target, step) for step in (width - down, -down) if step]
        if all(move is not None for move in moves):
            movements = tuple(move for move in moves if move is not None)
            new = np.any([move.moved for move in movements], axis=0) & ~search.hidden
            found.append(Proposal(movements, float(search.problem.cost[new].sum())))
            if not found[-1].cost:
                break
    return min(found, key=lambda proposal: proposal.cost, default=None)


def _whole_move(problem: Problem, among: _Among, target: int, step: int) -> WholeMovement | None:
    if target not in among.classes:
        return None
    highs = flow_program(among.problem, among.prices, whole=True)
    for name, value in among.options.items():
        highs.setOptionValue(name, value)
    columns = flow_columns(among.problem, np.flatnonzero(among.is_still))
    highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), np.zeros(len(columns)))
    up, down = flow_columns(among.problem, np.flatnonzero(among.classes == target))
    highs.changeColBounds(int(up), max(step, 0), max(step, 0))
    highs.changeColBounds(int(down), max(-step, 0), max(-step, 0))
    _bound_rises(highs, among.problem, width=abs(step))
    highs.run()
    if not highs.getSolution().value_valid:
        return None
    point = np.zeros(len(problem.atoms))
    point[among.atoms] = np.rint(np.array(highs.getSolution().col_value[: len(among.atoms)]))
    cells, facts = problem.sums @ point, problem.facts @ point
    is_possible = (
        (problem.atoms + point >= 0).all()
        and (cells >= -furthest_fall(problem) - NOISE).all()
        and not cells[among.classes[among.is_still]].any()
        and ((facts >= problem.facts_lower) & (facts <= problem.facts_upper)).all()
        and cells[target] == step
    )
    return WholeMovement(cells, np.maximum(cells, 0.0), np.minimum(cells, 0.0), point) if is_possible else None


def _bound_rises(highs: highspy.Highs, problem: Problem, width: int) -> None:
    """Whole programs without a ceiling take ages: nothing needs to rise by more than a few widths."""
    atoms = len(problem.atoms)
    columns = np.arange(atoms, dtype=np.int32)
    lowest = -np.minimum(problem.atoms, 5 * width).astype(float)
    highs.changeColsBounds(atoms, columns, lowest, np.full(atoms, 5.0 * width))
