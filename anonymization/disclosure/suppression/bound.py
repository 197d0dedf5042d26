"""A lower bound on the cost of every safe pattern, and for small problems the cheapest pattern itself.

The cheapest choice of hidden classes that satisfies all cuts found so far costs no more than the cheapest safe one. It
is solved, attacked, and given the cuts that it breaks, until none is broken or the budget ends; first with classes
hidden in part, then, if that ends, with whole ones. Each solution of the former is a bound, whenever it stops.
"""

from dataclasses import dataclass

import highspy
import numpy as np

from anonymization.disclosure.suppression.budget import Budget
from anonymization.disclosure.suppression.capacity_cuts import CapacityCuts, Cut
from anonymization.disclosure.suppression.reduced import Problem
from anonymization.errors import DisclosureError

AT_ONCE = 1 / 3  # the most broken third of the cuts is given, the others tend to be mended by it
FEW = 60  # unless there are so few
MOST_WHOLE = 1_500  # classes; beyond it whole solutions take far longer than they help
MOST_NODES = 500  # of one whole solution; what takes more is not proven within an effort anyway
ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Bound:
    """cost: every safe pattern costs at least this. cheapest: mask of classes of a proven optimum, or None.

    iterations: of the simplex method that it took.
    """

    cost: float
    cheapest: np.ndarray | None
    iterations: int = 0


def bound(problem: Problem, budget: Budget, iterations: int) -> Bound:
    """Bound the cost of hiding in one connected part, spending about so many simplex iterations.

    A whole solution that breaks no cut is wide for every target in fractions, as the search's patterns are: a proven
    optimum of the same question, which the audit still has to accept.
    """
    cuts, master = CapacityCuts(problem), _Master(problem)
    best = 0.0
    while cuts.iterations + master.iterations < iterations and not budget.has_enough():
        budget.report("Bounding how cheap a safe pattern can be", min(cuts.iterations, iterations), iterations)
        solved = master.solve()
        if solved is None:
            break
        hidden, cost = solved
        best = max(best, cost)
        try:
            broken = cuts.broken_by(hidden)
        except DisclosureError:  # the solver gave up: what is proven stays proven
            break
        if not broken and master.is_whole:
            return Bound(best, hidden > 0.5, cuts.iterations + master.iterations)
        if not broken and len(problem.counts) > MOST_WHOLE:
            break
        if not broken:
            master.ask_for_whole()
        master.add(broken if len(broken) < FEW else broken[: int(len(broken) * AT_ONCE)])
    return Bound(best, None, cuts.iterations + master.iterations)


class _Master:
    """The cheapest choice of classes that satisfies the cuts."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._free = np.flatnonzero(~problem.is_open & ~problem.is_frozen)
        self._place = np.full(len(problem.counts), -1)
        self._place[self._free] = np.arange(len(self._free))
        self.is_whole = False
        self.iterations = 0
        self._highs = highspy.Highs()
        for name, value in {"output_flag": False, "threads": 1, "random_seed": 0, "mip_rel_gap": 0.0}.items():
            self._highs.setOptionValue(name, value)
        self._highs.setOptionValue("mip_max_nodes", MOST_NODES)
        for cost in problem.cost[self._free]:
            self._highs.addCol(float(cost), 0.0, 1.0, 0, np.zeros(0, dtype=np.int32), np.zeros(0))

    def solve(self) -> tuple[np.ndarray, float] | None:
        """Hidden (0 to 1 for each class) and a proven bound on the cost; None when the budget ended without either."""
        self._highs.run()
        self.iterations += max(self._highs.getInfo().simplex_iteration_count, 0)
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        hidden = self._problem.is_open.astype(float)
        found = np.clip(np.array(self._highs.getSolution().col_value), 0.0, 1.0)
        hidden[self._free] = np.rint(found) if self.is_whole else found
        info = self._highs.getInfo()
        cost = info.mip_dual_bound if self.is_whole else info.objective_function_value
        return hidden, float(cost) - ROUNDING

    def add(self, cuts: list[Cut]) -> None:
        """Ask for these cuts, too."""
        for cut in cuts:
            places = self._place[cut.classes]
            used = places >= 0
            self._highs.addRow(1.0, np.inf, int(used.sum()), places[used].astype(np.int32), cut.parts[used])

    def ask_for_whole(self) -> None:
        """Hide classes wholly or not at all from now on."""
        size = len(self._free)
        kinds = np.full(size, highspy.HighsVarType.kInteger)
        self._highs.changeColsIntegrality(size, np.arange(size, dtype=np.int32), kinds)
        self.is_whole = True
