"""One connected part of the problem, from its first pattern to what an audit asks for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from anonymization.disclosure.suppression.bound import MOST_WHOLE, Bound, bound
from anonymization.disclosure.suppression.budget import Budget, Effort, OutOfTimeError, iterations_of
from anonymization.disclosure.suppression.clean_up import publish_again
from anonymization.disclosure.suppression.first_pattern import LARGE, LARGE_WORK, make_wide_together
from anonymization.disclosure.suppression.greedy import make_wide
from anonymization.disclosure.suppression.local_search import improve
from anonymization.disclosure.suppression.moved_by import moved_by
from anonymization.disclosure.suppression.pattern_search import Search
from anonymization.disclosure.suppression.push import Movement
from anonymization.disclosure.suppression.reduced import Problem
from anonymization.disclosure.suppression.repair import meet, meet_nearby
from anonymization.disclosure.tables.few_movements import Movements
from anonymization.errors import DisclosureError

FOLLOWING = 10  # a quarter that follows another one is searched this many times less
NOTHING_PROVEN = Bound(0.0, None)
NOISE = 1e-4  # in a cost: what solvers add


class Part:
    """search: what hides the small counts of the part. bound: what no pattern can cost less than. whole: movements of
    all atoms of the model, in whole numbers, that repairs found and what is then hidden allows, each by itself.

    allowed: the movements among which it is searched, fewer ones first: the next are taken where these do not suffice;
    the last are all that are possible. known: movements of its live atoms that are whole, and wanted to stay possible:
    what they move is hidden from the start, where the cheapest pattern is out of reach anyway.
    """

    def __init__(self, problem: Problem, allowed: Sequence[Movements], known: Iterable[np.ndarray]) -> None:
        self.problem = problem
        self.bound = NOTHING_PROVEN
        found = [] if self.can_be_proven else [_whole_movement(problem, steps) for steps in known]
        begun = [movement for movement in found if movement is not None]
        self._opened = (
            np.any([movement.moved for movement in begun], axis=0) if begun else np.zeros_like(problem.is_open)
        )
        self._allowed, self._everything = list(allowed), allowed[-1]
        self._spent, self._has_pattern = 0, False
        self.whole: list[np.ndarray] = []
        self.search = self._search_among(self._allowed.pop(0))
        for movement in begun:
            self.search.take_movement(movement)

    @property
    def cost(self) -> float:
        """What the hidden classes cost that are not small."""
        return self.search.cost + float(self.problem.cost[self._opened & ~self.problem.is_open].sum())

    @property
    def iterations(self) -> int:
        """The simplex iterations of its pushes so far."""
        return self._spent + self.search.push.iterations

    @property
    def is_large(self) -> bool:
        """Whether its targets are taken together, and its pattern stays the first one: anything else takes hours."""
        targets = len(self.problem.targets)
        return targets >= LARGE or targets * len(self.problem.counts) >= LARGE_WORK

    @property
    def can_be_proven(self) -> bool:
        """Whether the bound may find the cheapest pattern itself, so that it comes before any search."""
        return len(self.problem.counts) <= MOST_WHOLE

    def make_wide(self, budget: Budget) -> None:
        """The first pattern. Raises DisclosureError when hiding cannot make a target wide."""
        first_pattern = make_wide_together if self.is_large else make_wide
        self._with_more_movements_if_needed(lambda search: first_pattern(search, budget))
        self._has_pattern = True

    def improve(self, effort: Effort, budget: Budget) -> None:
        """A cheaper pattern, or the cheapest where the bound has found it."""
        if self.can_be_proven:
            self.bound = self._bound(effort.bound, budget)
        if not self.is_large and not self._is_proven(budget):
            improve(self.search, budget, self._iterations(effort.search))

    def clean_up(self, budget: Budget) -> None:
        """Publish again what can be."""
        if not self.is_large:
            publish_again(self.search, budget)

    def find_bound(self, effort: Effort, budget: Budget) -> None:
        """What no pattern can cost less than, where that was not found before."""
        if not self.can_be_proven and not self.is_large:
            self.bound = self._bound(effort.bound, budget)

    def meet(self, target: int, width: int, fixed: np.ndarray) -> None:
        """Let a class move over `width` while others stay. Raises DisclosureError when hiding cannot."""
        if self.is_large:
            self._with_more_movements_if_needed(lambda search: self._keep(meet_nearby(search, target, width, fixed)))
        else:
            self._with_more_movements_if_needed(lambda search: meet(search, target, width, fixed))

    def _keep(self, found: list[np.ndarray]) -> None:
        """Note movements of the search's atoms, which are movements of the model's."""
        moved = self._among.steps[:, self.search.problem.live]
        self.whole += [np.rint(moved @ steps).astype(np.int64) for steps in found]

    def _search_among(self, movements: Movements) -> Search:
        self._among = movements
        problem = replace(self.problem, is_open=self.problem.is_open | self._opened)
        return Search(moved_by(problem, movements))

    def _with_more_movements_if_needed(self, act: Callable[[Search], None]) -> None:
        while True:
            try:
                return act(self.search)
            except OutOfTimeError:
                raise
            except DisclosureError:
                if not self._allowed:
                    raise
            self._spent = self.iterations
            state, self.search = self.search.state(), self._search_among(self._allowed.pop(0))
            self.search.restore(state)
            if self._has_pattern:
                self.search.forget_usual()

    def _iterations(self, effort: int) -> int:
        """Less where a pattern to start from was given and search is long: most of what it finds was found before."""
        starts_anew = self.can_be_proven or not self.problem.is_usual.any()
        return iterations_of(effort if starts_anew else effort // FOLLOWING, len(self.problem.counts))

    def _bound(self, effort: int, budget: Budget) -> Bound:
        return bound(moved_by(self.problem, self._everything), budget, self._iterations(effort))

    def _is_proven(self, budget: Budget) -> bool:
        """Whether the search has the cheapest pattern, which it goes over to where one is proven."""
        if self.bound.cheapest is not None:
            self._take_over(self.bound.cheapest, budget)
        return self.cost <= self.bound.cost + NOISE

    def _take_over(self, cheapest: np.ndarray, budget: Budget) -> None:
        """Go over to the proven pattern, unless it is wide in fractions only: then the first one stays."""
        before = self.search.state()
        try:
            self._with_more_movements_if_needed(lambda search: _make_wide_within(search, cheapest, budget))
        except DisclosureError:
            self.search.restore(before)
        self.search.push.unlock(np.flatnonzero(~cheapest & ~self.problem.is_frozen))


def _make_wide_within(search: Search, allowed: np.ndarray, budget: Budget) -> None:
    search.confine(allowed)
    make_wide(search, budget)


def _whole_movement(problem: Problem, steps: np.ndarray) -> Movement | None:
    cells, facts = problem.sums @ steps, problem.facts @ steps
    is_possible = (
        not cells[problem.is_frozen].any()
        and (cells >= -problem.drop).all()
        and (steps >= -problem.atoms).all()
        and ((facts >= problem.facts_lower) & (facts <= problem.facts_upper)).all()
    )
    return Movement(cells, np.maximum(cells, 0.0), np.minimum(cells, 0.0)) if is_possible else None
