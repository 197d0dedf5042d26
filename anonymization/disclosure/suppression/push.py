"""The push: the cheapest way to move one cell by a step, every published cell staying where it is.

Columns: how far each live atom moves, and how far each class of cells goes up and down; rows: the movement of the atoms
adds up to that of the cells. Moving a hidden cell is all but free, moving another costs its price for each unit, so a
cheap movement opens cheap cells (the flow view of complementary suppression: Fischetti and Salazar, Management Science
47 (2001)). The step is asked for by the cell's own bounds, so that dual simplex goes on from the last basis.
"""

from dataclasses import dataclass

import highspy
import numpy as np

from anonymization.disclosure.suppression.flow_program import flow_columns, flow_program, furthest_fall, solve
from anonymization.disclosure.suppression.reduced import REACH, Problem
from anonymization.errors import DisclosureError

NOISE = 1e-7  # movements below it are the solver's


@dataclass(frozen=True, eq=False)
class Movement:
    """A way to move away from the truth, and how far along it one can go in both directions.

    cells: movement of each class (fractions allowed). highest, lowest: how far each class gets, at least and at most 0.
    """

    cells: np.ndarray
    highest: np.ndarray
    lowest: np.ndarray

    @property
    def moved(self) -> np.ndarray:
        """Mask of the classes that it moves."""
        return np.abs(self.cells) > NOISE


class Push:
    """The linear program of one problem, asked again and again; `prices` as in `set_prices`."""

    def __init__(self, problem: Problem, prices: np.ndarray) -> None:
        self.problem = problem
        self.iterations = 0
        self._fall = furthest_fall(problem)
        self._highs = flow_program(problem, prices)

    def set_prices(self, classes: np.ndarray, prices: np.ndarray) -> None:
        """What moving each of these classes by one costs, up or down."""
        columns = self._columns(classes)
        self._highs.changeColsCost(len(columns), columns, np.concatenate([prices, prices]).astype(float))

    def lock(self, classes: np.ndarray) -> None:
        """These classes do not move."""
        columns, nothing = self._columns(classes), np.zeros(2 * len(classes))
        self._highs.changeColsBounds(len(columns), columns, nothing, nothing)

    def unlock(self, classes: np.ndarray) -> None:
        """These classes may move again."""
        columns = self._columns(classes)
        upper = np.concatenate([np.full(len(classes), np.inf), self._fall[classes]])
        self._highs.changeColsBounds(len(columns), columns, np.zeros(len(columns)), upper)

    def move(self, cell: int, step: int) -> Movement | None:
        """The cheapest movement in which this class moves by `step` (not 0); None when there is none.

        Raises DisclosureError when the solver ends without a proven answer.
        """
        up, down = self._columns(np.array([cell]))
        self._highs.changeColBounds(int(up), max(step, 0), max(step, 0))
        self._highs.changeColBounds(int(down), max(-step, 0), max(-step, 0))
        status = solve(self._highs)
        self.iterations += self._highs.getInfo().simplex_iteration_count
        point = np.array(self._highs.getSolution().col_value[: len(self.problem.atoms)])
        self.unlock(np.array([cell]))
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise DisclosureError("The solver ended without an answer: publish coarser or fewer tables.")
        return self._movement(point)

    def _movement(self, point: np.ndarray) -> Movement:
        atoms = np.where(np.abs(point) < NOISE / 100, 0.0, point)
        cells = self.problem.sums @ atoms
        ahead, back = max(1.0, self._reach(cells, atoms)), self._reach(-cells, -atoms)
        return Movement(cells, np.maximum(ahead * cells, -back * cells), np.minimum(ahead * cells, -back * cells))

    def _reach(self, cells: np.ndarray, atoms: np.ndarray) -> float:
        """How many times the movement can be made before a cell or an atom would be too small, or a fact broken."""
        facts = self.problem.facts @ atoms
        limits = [
            _limit(cells, -self.problem.drop),
            _limit(atoms, -self.problem.atoms),
            _limit(facts, self.problem.facts_lower),
            _limit(-facts, -self.problem.facts_upper),
        ]
        return min([*limits, float(REACH)])

    def _columns(self, classes: np.ndarray) -> np.ndarray:
        return flow_columns(self.problem, classes)


def _limit(movement: np.ndarray, lowest: np.ndarray) -> float:
    falling = movement < -NOISE / 100
    return float((lowest[falling] / movement[falling]).min(initial=np.inf))
