"""Complementary suppression of everything that is published together, as cheap as the budget allows.

A first safe pattern, a lower bound that says how far from the best it can be, local search, clean-up. What an audit
still finds is met afterwards. Nothing here proves anything to the outside: the audit has the last word.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from anonymization.errors import DisclosureError
from anonymization.suppression.bound import MOST_WHOLE, Bound, bound
from anonymization.suppression.budget import Budget, Effort, iterations_of
from anonymization.suppression.clean_up import publish_again
from anonymization.suppression.coverage import LARGE, make_wide_together
from anonymization.suppression.greedy import make_wide
from anonymization.suppression.local_search import improve
from anonymization.suppression.reduced import Choice, Problem, reduce
from anonymization.suppression.repair import meet
from anonymization.suppression.search import Search
from anonymization.tables.demands import Demand
from anonymization.tables.joint_model import JointModel
from anonymization.tables.quantities import Quantities
from anonymization.tables.requirements import Requirements

FOLLOWING = 10  # a quarter that follows another one is searched this many times less
NOTHING_PROVEN = Bound(0.0, None)
NOISE = 1e-4  # in a cost: what solvers add


@dataclass(frozen=True)
class Stage:
    """The cost of the whole pattern when a stage ended, and the simplex iterations spent by then."""

    name: str
    cost: float
    iterations: int


@dataclass(frozen=True, eq=False)
class Pattern:
    """Which distinct cells are hidden (mask), what that costs, and how it was found.

    cost: of the hidden cells that are not small. bound: no pattern that is safe in fractions costs less.
    stages: in order. is_reproducible: no clock had a say.
    """

    hidden: np.ndarray
    cost: float
    bound: float
    stages: tuple[Stage, ...]
    is_reproducible: bool

    @property
    def gap(self) -> float:
        """(cost - bound) / bound: 0 when proven cheapest, infinite when nothing is proven."""
        if self.cost <= self.bound + NOISE:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound > 0 else float("inf")


class Suppressor:
    """Hides small counts of one release, and what would give them away; then what an audit still asks for.

    truth: the true atoms of `model`. Raises DisclosureError when a small count cannot be protected by hiding.
    """

    def __init__(
        self, model: JointModel, truth: np.ndarray, required: Requirements, quantities: Quantities, choice: Choice
    ) -> None:
        self._cells = len(required.threshold)
        self._problem = reduce(model, truth, required, quantities, choice)
        self._parts = self._problem.parts()
        self._searches: list[Search] = []
        self._bounds: list[Bound] = []
        self._stages: list[Stage] = []

    def run(self, effort: Effort, budget: Budget) -> None:
        """Find a pattern, spending `effort` on making it cheap."""
        self._searches = [Search(part) for part in self._parts]
        for search in self._searches:
            first_pattern = make_wide_together if _is_large(search.problem) else make_wide
            first_pattern(search, budget)
        self._note("first pattern")
        self._bounds = [
            _bound(part, budget, effort.bound) if _can_be_proven(part) else NOTHING_PROVEN for part in self._parts
        ]
        small = [pair for pair in zip(self._searches, self._bounds, strict=True) if not _is_large(pair[0].problem)]
        for search, least in small:
            if not _is_proven(search, least, budget):
                improve(search, budget, _iterations(search.problem, effort.search))
        self._note("local search")
        for search, _ in small:
            publish_again(search, budget)
        self._note("clean-up")
        for place, part in enumerate(self._parts):
            if not _can_be_proven(part) and not _is_large(part):
                self._bounds[place] = _bound(part, budget, effort.bound)

    def meet(self, demands: Iterable[Demand]) -> None:
        """Hide what the auditor's demands take. Raises DisclosureError when hiding cannot meet one."""
        where = self._places()
        for demand in demands:
            part, target = where[demand.target]
            fixed = [where[cell][1] for cell in demand.fixed if where.get(int(cell), (None, 0))[0] == part]
            meet(self._searches[part], target, demand.width, np.array(fixed, dtype=np.int64))
        self._note("what the audit asked for")

    def pattern(self, budget: Budget) -> Pattern:
        """What is hidden now."""
        hidden = _members_of(self._problem, self._problem.is_open, self._cells)
        for search in self._searches:
            hidden |= _members_of(search.problem, search.hidden, self._cells)
        least = sum(found.cost for found in self._bounds)
        return Pattern(hidden, self._cost, max(least, 0.0), tuple(self._stages), not budget.was_late)

    @property
    def _cost(self) -> float:
        return sum(search.cost for search in self._searches)

    def _note(self, name: str) -> None:
        self._stages.append(Stage(name, self._cost, sum(search.push.iterations for search in self._searches)))

    def _places(self) -> dict[int, tuple[int, int]]:
        """Distinct cell -> its part and its class there."""
        return {
            int(cell): (number, place)
            for number, part in enumerate(self._parts)
            for place, members in enumerate(part.members)
            for cell in members
        }


def _is_large(part: Problem) -> bool:
    """Whether its targets must be taken together, and its pattern stays the first one: anything else takes hours."""
    return len(part.targets) >= LARGE


def _can_be_proven(part: Problem) -> bool:
    """Whether the bound may find the cheapest pattern itself, so that it comes before any search."""
    return len(part.counts) <= MOST_WHOLE


def _iterations(part: Problem, effort: int) -> int:
    """Less where a pattern to start from was given and search is long: most of what it finds was found last time."""
    starts_anew = _can_be_proven(part) or not part.is_usual.any()
    return iterations_of(effort if starts_anew else effort // FOLLOWING, len(part.counts))


def _bound(part: Problem, budget: Budget, effort: int) -> Bound:
    return bound(part, budget, _iterations(part, effort))


def _is_proven(search: Search, least: Bound, budget: Budget) -> bool:
    """Whether the search has the cheapest pattern, which it goes over to where one is proven."""
    if least.cheapest is not None:
        _take_over(search, least.cheapest, budget)
    return search.cost <= least.cost + NOISE


def _take_over(search: Search, cheapest: np.ndarray, budget: Budget) -> None:
    """Go over to the proven pattern, unless it is wide in fractions only: then the first one stays to be improved."""
    before = search.state()
    search.confine(cheapest)
    try:
        make_wide(search, budget)
    except DisclosureError:
        search.restore(before)
    search.push.unlock(np.flatnonzero(~cheapest & ~search.problem.is_frozen))


def _members_of(problem: Problem, classes: np.ndarray, cells: int) -> np.ndarray:
    hidden = np.zeros(cells, dtype=bool)
    for place in np.flatnonzero(classes):
        hidden[problem.members[place]] = True
    return hidden
