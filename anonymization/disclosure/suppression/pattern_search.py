"""The state of a search: the movements that prove targets wide, and the cells that are hidden because of them."""

from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.suppression.push import Movement, Push
from anonymization.disclosure.suppression.reduced import Problem
from anonymization.errors import DisclosureError

ALL_BUT_FREE = 1e-3  # the price of moving what is hidden anyway
ENOUGH = 1e-7  # a solver's noise in a width; whole-number tables have the last word


@dataclass(frozen=True, eq=False)
class Proposal:
    """Movements that make one target wide, and what the cells cost that they newly hide."""

    movements: tuple[Movement, ...]
    cost: float


class Search:
    """Movements found so far, one row each: `highs`, `lows`, `moved` (movements x classes).

    A target is wide when the movements take it from its lowest to its highest over at least its width. Hidden are the
    classes that are open from the start and those that some movement moves. `prices`: of moving those not hidden.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.base_prices = np.maximum(problem.cost, ALL_BUT_FREE) / problem.width.max(initial=1)
        self.prices = np.where(problem.is_usual, ALL_BUT_FREE, self.base_prices)
        self.push = Push(problem, np.where(problem.is_open, ALL_BUT_FREE, self.prices))
        self.push.lock(np.flatnonzero(problem.is_frozen))
        self.highs = np.zeros((0, len(problem.counts)))
        self.lows = np.zeros((0, len(problem.counts)))
        self.moved = np.zeros((0, len(problem.counts)), dtype=bool)
        self.hidden = problem.is_open.copy()
        self.high = np.zeros(len(problem.counts))
        self.low = np.zeros(len(problem.counts))

    @property
    def cost(self) -> float:
        """What the hidden classes cost."""
        return float(self.problem.cost[self.hidden & ~self.problem.is_open].sum())

    @property
    def secondary(self) -> np.ndarray:
        """Classes that only movements hide."""
        return np.flatnonzero(self.hidden & ~self.problem.is_open)

    def narrow_targets(self) -> list[int]:
        """Targets that are not yet wide, small counts first."""
        targets = self.problem.targets
        narrow = targets[self.high[targets] - self.low[targets] < self.problem.width[targets] - ENOUGH]
        return [int(target) for target in narrow[np.argsort(self.problem.counts[narrow], kind="stable")]]

    def is_wide(self, target: int) -> bool:
        """Whether the movements take it over its whole width."""
        return bool(self.high[target] - self.low[target] >= self.problem.width[target] - ENOUGH)

    def widen(self, target: int) -> None:
        """Hide what it takes. Raises DisclosureError when hiding cannot make this target wide."""
        proposal = self.cheapest(target)
        if proposal is None:
            raise DisclosureError("A small count cannot be protected by hiding other cells: publish coarser tables.")
        self.take(proposal)

    def cheapest(self, target: int, below: float = np.inf, width: int | None = None) -> Proposal | None:
        """The cheapest split of its width, or another, into down and up; None when none costs less than `below`."""
        best: Proposal | None = None
        width = int(self.problem.width[target]) if width is None else width
        for down in range(min(int(self.problem.drop[target]), width) + 1):
            found = self._split(target, (width - down, -down))
            if found is not None and found.cost < (best.cost if best else below):
                best = found
            if best is not None and best.cost == 0:
                break
        return best

    def cheapest_or_none(self, target: int, below: float = np.inf) -> Proposal | None:
        """The same where a pattern stands already: a solver that ends without an answer has found nothing better."""
        try:
            return self.cheapest(target, below)
        except DisclosureError:
            return None

    def _split(self, target: int, steps: tuple[int, int]) -> Proposal | None:
        """Movements by both steps; the second may use what the first has opened."""
        movements: list[Movement] = []
        opened: list[np.ndarray] = []
        for step in (step for step in steps if step):
            movement = self.push.move(target, step)
            if movement is None:
                break
            movements.append(movement)
            opened.append(np.flatnonzero(movement.moved & ~self.hidden))
            self.push.set_prices(opened[-1], np.full(len(opened[-1]), ALL_BUT_FREE))
        for new in opened:
            self.push.set_prices(new, self.prices[new])
        if len(movements) < sum(step != 0 for step in steps):
            return None
        return Proposal(tuple(movements), float(self.problem.cost[np.unique(np.concatenate(opened))].sum()))

    def take(self, proposal: Proposal) -> None:
        """Hide what the movements move."""
        for movement in proposal.movements:
            self.take_movement(movement)

    def take_movement(self, movement: Movement) -> None:
        """Hide what one movement moves."""
        new = np.flatnonzero(movement.moved & ~self.hidden)
        self.hidden[new] = True
        self.push.set_prices(new, np.full(len(new), ALL_BUT_FREE))
        self.highs = np.vstack([self.highs, movement.highest])
        self.lows = np.vstack([self.lows, movement.lowest])
        self.moved = np.vstack([self.moved, movement.moved])
        self.high = np.maximum(self.high, movement.highest)
        self.low = np.minimum(self.low, movement.lowest)

    def keep(self, rows: np.ndarray) -> None:
        """Keep only these movements (mask or places); what none of them moves is shown again."""
        self.highs, self.lows, self.moved = self.highs[rows], self.lows[rows], self.moved[rows]
        self._follow()

    def restore(self, state: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        """Go back to movements noted before."""
        self.highs, self.lows, self.moved = state
        self._follow()

    def state(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The movements, to come back to."""
        return self.highs, self.lows, self.moved

    def _follow(self) -> None:
        self.hidden = self.problem.is_open | self.moved.any(axis=0)
        self.high, self.low = self.highs.max(axis=0, initial=0.0), self.lows.min(axis=0, initial=0.0)
        everything = np.arange(len(self.hidden))
        self.push.set_prices(everything, np.where(self.hidden, ALL_BUT_FREE, self.prices))

    def confine(self, allowed: np.ndarray) -> None:
        """Forget the pattern and never hide another class than these (mask)."""
        self.push.lock(np.flatnonzero(~allowed))
        self.keep(np.zeros(len(self.highs), dtype=bool))

    def forget_usual(self) -> None:
        """From now on every class that is not hidden has its own price."""
        self.prices = self.base_prices
        self._follow()

    def drop_needless(self) -> None:
        """Drop movements that no target needs, first those that alone hide the most."""
        targets = self.problem.targets
        highs, lows, need = self.highs[:, targets], self.lows[:, targets], self.problem.width[targets] - ENOUGH
        alive = np.ones(len(highs), dtype=bool)
        alone = (self.moved & (self.moved.sum(axis=0) == 1)) @ np.where(self.problem.is_open, 0.0, self.problem.cost)
        for row in np.argsort(-alone, kind="stable"):
            alive[row] = False
            reach = highs[alive].max(axis=0, initial=0.0) - lows[alive].min(axis=0, initial=0.0)
            alive[row] = bool((reach < need).any())
        self.keep(alive)
