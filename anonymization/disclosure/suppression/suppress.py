"""Complementary suppression of everything that is published together, as cheap as the budget allows.

A first safe pattern, a lower bound that says how far from the best it can be, local search, clean-up. What an audit
still finds is met afterwards. Nothing here proves anything to the outside: the audit has the last word.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.suppression.budget import Budget, Effort
from anonymization.disclosure.suppression.part import NOISE, Part
from anonymization.disclosure.suppression.reduced import Choice, Problem, reduce
from anonymization.disclosure.tables.demands import Demand
from anonymization.disclosure.tables.few_movements import Movements, all_movements, few_movements
from anonymization.disclosure.tables.following import following
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.quantities import Quantities
from anonymization.disclosure.tables.requirements import Requirements

UNIMPROVED = "The time for making it cheaper was up before that was done, so it may hide more than is needed."
DOUBTS = (
    "There was no time to look for counts that a reader without microdata could take for small ones, so an audit "
    "without microdata may find some that are known too closely."
)
LATE = "The clock had a say, so another run may hide other cells."


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
    stages: in order. is_reproducible: no clock had a say. is_improved: no clock ended the search for a cheaper one.
    has_doubts: a clock left no time for counts that a reader cannot tell from small ones. iterations: of the simplex
    method, of all programs.
    """

    hidden: np.ndarray
    cost: float
    bound: float
    stages: tuple[Stage, ...]
    is_reproducible: bool
    is_improved: bool = True
    has_doubts: bool = False
    iterations: int = 0

    @property
    def gap(self) -> float:
        """(cost - bound) / bound: 0 when proven cheapest, infinite when nothing is proven."""
        if self.cost <= self.bound + NOISE:
            return 0.0
        return (self.cost - self.bound) / self.bound if self.bound > 0 else float("inf")

    @property
    def notes(self) -> tuple[str, ...]:
        """What a clock had to do with it, in sentences; none when it had nothing."""
        told = {UNIMPROVED: not self.is_improved, DOUBTS: self.has_doubts, LATE: not self.is_reproducible}
        return tuple(sentence for sentence, is_so in told.items() if is_so)


class Suppressor:
    """Hides small counts of one release, and what would give them away; then what an audit still asks for.

    truth: the true atoms of `model`. known: whole tables (int64 atoms) that should agree with what will be shown, such
    as those that proved the past safe; those are left out that no hiding makes possible.
    Raises DisclosureError when a small count cannot be protected by hiding.
    """

    def __init__(
        self,
        model: JointModel,
        truth: np.ndarray,
        required: Requirements,
        quantities: Quantities,
        choice: Choice,
        known: Iterable[np.ndarray] = (),
    ) -> None:
        self._cells, self._truth = len(required.threshold), truth
        self._problem = reduce(model, truth, required, quantities, choice)
        movements = [movement for movement in (table - truth for table in known) if self._is_possible(movement)]
        followed = following(model)
        allowed = _fewer_first(few_movements(model, followed, truth), all_movements(followed, truth), model, choice)
        self._parts = [
            Part(problem, allowed, [movement[problem.live] for movement in movements])
            for problem in self._problem.parts()
        ]
        self._stages: list[Stage] = []

    def run(self, effort: Effort, budget: Budget) -> None:
        """Find a pattern, spending `effort` on making it cheap."""
        for part in self._parts:
            part.make_wide(budget)
        self._note("first pattern")
        for part in self._parts:
            part.improve(effort, budget)
        self._note("local search")
        for part in self._parts:
            part.clean_up(budget)
        self._note("clean-up")
        for part in self._parts:
            part.find_bound(effort, budget)

    @property
    def tables(self) -> list[np.ndarray]:
        """Whole tables (atoms) that agree with what is shown, as far as repairs have found them."""
        return [self._truth + movement for part in self._parts for movement in part.whole]

    def meet(self, demands: Iterable[Demand], budget: Budget) -> None:
        """Hide what the auditor's demands take. Raises DisclosureError when hiding cannot meet one."""
        where, met = self._places(), set()
        for demand in demands:
            if budget.is_over():
                break
            number, target = where[demand.target, demand.is_quantity]
            fixed = [
                where[cell, False][1] for cell in demand.fixed if where.get((int(cell), False), (None, 0))[0] == number
            ]
            wish = number, target, demand.width, tuple(sorted(fixed))
            if wish not in met:
                self._parts[number].meet(target, demand.width, np.array(fixed, dtype=np.int64))
            met.add(wish)
        self._note("what the audit asked for")

    def pattern(self, budget: Budget) -> Pattern:
        """What is hidden now."""
        hidden = _members_of(self._problem, self._problem.is_open, self._cells)
        for part in self._parts:
            hidden |= _members_of(part.problem, part.search.hidden, self._cells)
        least = sum(part.bound.cost for part in self._parts)
        return Pattern(
            hidden,
            self._cost,
            max(least, 0.0),
            tuple(self._stages),
            budget.is_untouched,
            is_improved=not budget.was_cut,
            iterations=sum(part.iterations + part.bound.iterations for part in self._parts),
        )

    @property
    def _cost(self) -> float:
        return sum(part.cost for part in self._parts)

    def _note(self, name: str) -> None:
        self._stages.append(Stage(name, self._cost, sum(part.iterations for part in self._parts)))

    def _is_possible(self, movement: np.ndarray) -> bool:
        """Whether a movement leaves all zeros as they are."""
        rest = movement.copy()
        rest[self._problem.live] = 0
        return not rest.any()

    def _places(self) -> dict[tuple[int, bool], tuple[int, int]]:
        """Distinct cell or quantity, and whether it is a quantity -> its part and its class there."""
        return {
            (int(one), is_quantity): (number, place)
            for number, part in enumerate(self._parts)
            for is_quantity, held in ((False, part.problem.members), (True, part.problem.quantities))
            for place, members in enumerate(held)
            for one in members
        }


def _fewer_first(few: Movements, everything: Movements, model: JointModel, choice: Choice) -> list[Movements]:
    """Those that leave everything as it is that was published before; few; all."""
    is_old = choice.is_frozen | choice.is_forced
    beside_the_past = [few.without(model.cells[is_old])] if is_old.any() else []
    return [*beside_the_past, *([] if few.is_everything else [few]), everything]


def _members_of(problem: Problem, classes: np.ndarray, cells: int) -> np.ndarray:
    hidden = np.zeros(cells, dtype=bool)
    for place in np.flatnonzero(classes):
        hidden[problem.members[place]] = True
    return hidden
