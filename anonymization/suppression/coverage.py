"""The first safe pattern of a very large problem: many targets at once.

Pushing thousands of targets one by one takes hours. Instead, one linear program moves as many narrow targets as it can,
each by its width at most; its vertex is one movement that makes hundreds of them wide. Cells above a ceiling are
locked. At first cells below it are free, for hiding small cells costs little; then each has its price and each narrow
target a reward. When even that gains little, the ceiling doubles. So large cells are hidden only for targets that
nothing smaller can protect.
"""

import highspy
import numpy as np

from anonymization.errors import DisclosureError
from anonymization.suppression.budget import Budget
from anonymization.suppression.flow_program import flow_program, solve
from anonymization.suppression.push import NOISE, Movement
from anonymization.suppression.reduced import Problem
from anonymization.suppression.search import Search

LARGE = 2_000  # targets; from here on they are taken together
FIRST_CEILING, LAST_FREE_CEILING = 3, 6  # widths
ROOM = 10  # widths that a hidden cell may move
LITTLE = 0.03  # of the narrow targets: a program that makes fewer wide is the last of its kind
OPTIONS: dict[str, bool | int | float | str] = {"presolve": "on", "solver": "ipm"}


def make_wide_together(search: Search, budget: Budget) -> None:
    """Make every target of a large search wide.

    Raises DisclosureError when one cannot be, or when time is out before there is a pattern.
    """
    problem, moves = search.problem, _JointMove(search.problem)
    ceiling, draw = FIRST_CEILING * int(problem.width.max()), np.random.default_rng(1)
    while search.narrow_targets():
        free_ceiling = ceiling if ceiling <= LAST_FREE_CEILING * int(problem.width.max()) else 0
        free = search.hidden | (problem.counts <= free_ceiling) & ~problem.is_frozen
        while _gains_much(search, moves, free, 0, draw, budget):
            pass
        if not _gains_much(search, moves, search.hidden, ceiling, draw, budget):
            if ceiling > problem.counts.max():
                _one_by_one(search, moves)
            ceiling *= 2
    search.drop_needless()
    search.forget_usual()


def _gains_much(
    search: Search, moves: "_JointMove", free: np.ndarray, ceiling: int, draw: np.random.Generator, budget: Budget
) -> bool:
    """Take one joint movement; gives whether it made many targets wide."""
    budget.refuse_if_late()
    narrow, targets = search.narrow_targets(), len(search.problem.targets)
    budget.report("Hiding what would give small counts away", targets - len(narrow), targets)
    if not narrow:
        return False
    moves.allow(free, ceiling)
    search.take_movement(moves.furthest(np.array(narrow), max(ceiling, 1) * draw.uniform(0.5, 1.0, len(narrow))))
    return len(narrow) - len(search.narrow_targets()) >= max(1.0, LITTLE * len(narrow))


def _one_by_one(search: Search, moves: "_JointMove") -> None:
    moves.allow(~search.problem.is_frozen, 0)
    for target in search.narrow_targets():
        for reward in (1.0, -1.0):
            if not search.is_wide(target):
                search.take_movement(moves.furthest(np.array([target]), np.array([reward])))
        if not search.is_wide(target):
            raise DisclosureError("A small count cannot be protected by hiding other cells: publish coarser tables.")


class _JointMove:
    """The linear program: a row for each class, whose bounds let free classes move; priced ones have columns for it."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._highs = flow_program(problem, np.zeros(len(problem.counts)))
        for name, value in OPTIONS.items():
            self._highs.setOptionValue(name, value)
        self._highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
        width = float(problem.width.max())
        self._rise = np.where(problem.is_target, problem.width, ROOM * width).astype(float)
        self._fall = np.minimum(problem.drop, ROOM * width).astype(float)
        self._width = width

    def allow(self, free: np.ndarray, ceiling: int) -> None:
        """Let these classes move (mask); and others up to the ceiling at their price."""
        problem = self._problem
        priced = ~free & (problem.counts <= ceiling) & ~problem.is_frozen
        size, atoms = problem.sums.shape
        rows, columns = np.arange(size, dtype=np.int32), np.arange(atoms, atoms + 2 * size, dtype=np.int32)
        lower, upper = np.where(free, -self._fall, 0.0), np.where(free, self._rise, 0.0)
        self._highs.changeRowsBounds(size, rows, lower, upper)  # type: ignore[attr-defined]
        room = np.concatenate([np.where(priced, self._rise, 0.0), np.where(priced, self._fall, 0.0)])
        self._highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), room)
        prices = np.where(priced, -problem.cost / self._width, 0.0)
        self._highs.changeColsCost(len(columns), columns, np.concatenate([prices, prices]))

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
