"""The first safe pattern of a very large problem: many targets at once.

Pushing thousands of targets one by one takes hours. Instead, one linear program moves as many narrow targets as it
can, each as far as it needs; its vertex is one movement that makes hundreds of them wide. Half of them are pulled up
and half down, and the next program pulls each the other way. At first all small cells are free, for hiding them costs
little; then each has its price and each narrow target a reward. When that gains little, the reward doubles. So large
cells are hidden only for targets that nothing smaller can protect.
"""

import highspy
import numpy as np

from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.flow_program import flow_program, solve
from anonymization.disclosure.suppression.pattern_search import Search
from anonymization.disclosure.suppression.push import NOISE, Movement
from anonymization.disclosure.suppression.reduced import Problem
from anonymization.errors import DisclosureError

LARGE = 2_000  # targets; from this many on they are taken together
LARGE_WORK = 10_000_000  # targets x classes: so too, since one push then takes seconds (measured: 7 s at 21,000,000)
FREE_CEILINGS, FIRST_REWARD = (3, 6), 12  # widths
ROOM = 10  # widths that an atom may move
LITTLE = 0.05  # of the narrow targets: two programs in a row that make fewer than twice this wide are the last
OPTIONS: dict[str, bool | int | float | str] = {"presolve": "on", "solver": "ipm"}


def make_wide_together(search: Search, budget: Budget) -> None:
    """Make every target of a large search wide.

    Raises DisclosureError when one cannot be, or when time is out before there is a pattern.
    """
    problem, together = search.problem, _Together(search, budget)
    width = int(problem.width.max())
    for ceiling in FREE_CEILINGS:
        together.widen(free=(problem.counts <= ceiling * width) & ~problem.is_frozen, reward=0)
    reward = FIRST_REWARD * width
    while search.narrow_targets():
        gained = together.widen(free=np.zeros_like(problem.is_frozen), reward=reward)
        if not gained and reward > problem.cost.max():
            together.one_by_one()
        reward *= 2
    search.drop_needless()
    search.forget_usual()


class _Together:
    """Programs one after the other, each with the targets that are still narrow."""

    def __init__(self, search: Search, budget: Budget) -> None:
        self._search, self._budget = search, budget
        self._moves = _JointMove(search.problem)
        self._draw = np.random.default_rng(1)
        self._sign = np.ones(len(search.problem.counts))

    def widen(self, free: np.ndarray, reward: int) -> int:
        """Make targets wide for as long as a program makes many; gives how many. `reward`: 0 when nothing has a price.

        Once nothing more is worth its price, the programs go on without prices, which is quicker.
        """
        gains: list[int] = []
        while narrow := self._search.narrow_targets():
            if sum(gains[-2:]) <= 2 * LITTLE * len(narrow) and len(gains) >= 2:
                break
            cost, turns_back = self._search.cost, len(gains) % 2 == 1
            self._sign = -self._sign if turns_back else self._draw.choice([-1.0, 1.0], len(self._sign))
            self._pull(np.array(narrow), self._search.hidden | free, reward)
            gains.append(len(narrow) - len(self._search.narrow_targets()))
            reward = reward if self._search.cost > cost else 0
        return sum(gains)

    def one_by_one(self) -> None:
        """Make each narrow target wide, whatever it costs. Raises DisclosureError when one cannot be."""
        search, everything = self._search, ~self._search.problem.is_frozen
        for target in search.narrow_targets():
            for self._sign[target] in (1.0, -1.0):
                if not search.is_wide(target):
                    self._pull(np.array([target]), everything, 0)
            if not search.is_wide(target):
                raise DisclosureError(
                    "A small count cannot be protected by hiding other cells: publish coarser tables."
                )

    def _pull(self, targets: np.ndarray, free: np.ndarray, reward: int) -> None:
        search, everything = self._search, len(self._search.problem.targets)
        self._budget.refuse_if_late()
        self._budget.report(
            "Hiding what would give small counts away", everything - len(search.narrow_targets()), everything
        )
        rewards = self._sign[targets] * max(reward, 1) * self._draw.uniform(0.5, 1.0, len(targets))
        self._moves.allow(free, reward)
        self._moves.end(targets, search.problem.width[targets], search.high[targets], search.low[targets])
        search.take_movement(self._moves.furthest(targets, rewards))


class _JointMove:
    """The linear program: a row for each class, whose bounds let free classes move; priced ones have columns for it.

    Rows without bounds make it quick: a class that may move is held only where its count has a floor above zero.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._highs = flow_program(problem, np.zeros(len(problem.counts)))
        for name, value in OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
        self._width = float(problem.width.max())
        self._fall = np.where(problem.floor > 0, problem.drop, np.inf)
        self._lower, self._upper = np.zeros(len(problem.counts)), np.zeros(len(problem.counts))
        atoms, room = len(problem.atoms), ROOM * self._width
        columns = np.arange(atoms, dtype=np.int32)
        self._highs.changeColsBounds(atoms, columns, -np.minimum(problem.atoms, room), np.full(atoms, room))

    def allow(self, free: np.ndarray, ceiling: int) -> None:
        """Let these classes move (mask); and others up to the ceiling at their price."""
        problem = self._problem
        priced = ~free & (problem.counts <= ceiling) & ~problem.is_frozen
        size, atoms = problem.sums.shape
        columns = np.arange(atoms, atoms + 2 * size, dtype=np.int32)
        self._lower, self._upper = np.where(free, -self._fall, 0.0), np.where(free, np.inf, 0.0)
        room = np.concatenate([np.where(priced, np.inf, 0.0), np.where(priced, self._fall, 0.0)])
        self._highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), room)
        prices = np.where(priced, -problem.cost / self._width, 0.0)
        self._highs.changeColsCost(len(columns), columns, np.concatenate([prices, prices]))

    def end(self, targets: np.ndarray, width: np.ndarray, high: np.ndarray, low: np.ndarray) -> None:
        """Let these targets, which went from `low` to `high` before, go no further than makes them wide."""
        lower, upper = self._lower.copy(), self._upper.copy()
        lower[targets] = np.maximum(lower[targets], high - width)
        upper[targets] = np.minimum(upper[targets], low + width)
        rows = np.arange(len(lower), dtype=np.int32)
        self._highs.changeRowsBounds(len(rows), rows, lower, upper)  # type: ignore[attr-defined]

    def furthest(self, targets: np.ndarray, rewards: np.ndarray) -> Movement:
        """The movement that earns the most; `rewards`: of each of these targets, for moving up by its width."""
        wanted = np.zeros(len(self._problem.counts))
        wanted[targets] = rewards / self._width
        earned = self._problem.sums.T @ wanted
        self._highs.changeColsCost(len(earned), np.arange(len(earned), dtype=np.int32), earned)
        if solve(self._highs) != highspy.HighsModelStatus.kOptimal:
            raise DisclosureError("The solver ended without an answer: publish coarser or fewer tables.")
        atoms = np.array(self._highs.getSolution().col_value[: len(earned)])
        cells = self._problem.sums @ np.where(np.abs(atoms) < NOISE / 100, 0.0, atoms)
        return Movement(cells, np.maximum(cells, 0.0), np.minimum(cells, 0.0))
