"""Threshold and complementary suppression on the joint model of a population.

Primary cells are those below the threshold. Each is then *pushed*: the cheapest whole-number table that differs from
the true one by the required width in that cell, agrees with every published cell and keeps every hidden one at 1 or
more. The cells that it moves must be hidden, and they suffice (the flow view of complementary suppression: Fischetti
and Salazar, Management Science 47 (2001); Hundepool et al., Statistical Disclosure Control (2012), chapter 4). At the
end every complementary cell that is no longer needed is published again, the dearest first. Sound, not optimal; the
audit, which knows nothing of this module, has the last word.
"""

import numpy as np
from scipy import sparse

from anonymization.errors import DisclosureError
from anonymization.linear_model import JointModel
from anonymization.rules import PublicRule
from anonymization.solver import Program, whole_point

HEADLINE_COST = np.array([1_000.0, 50.0])  # factor for the grand total, and for cells of one dimension
HIDDEN_COST = 0.001  # moving what is hidden anyway is all but free


def primary_cells(counts: np.ndarray, rule: PublicRule) -> np.ndarray:
    """Mask of the cells that the threshold hides.

    >>> primary_cells(np.array([0, 1, 4, 5]), PublicRule(threshold=5, width=4, zeros="shown"))
    array([False,  True,  True, False])
    """
    return (counts > 0) & (counts < rule.threshold)


def suppress(model: JointModel, rule: PublicRule) -> np.ndarray:
    """Mask of the distinct cells to hide, primary and complementary.

    Raises DisclosureError when the solver's budget ends without an answer.
    """
    search = _Search(model, rule)
    primaries = np.flatnonzero(primary_cells(model.counts, rule))
    for cell in sorted(primaries, key=lambda c: (model.counts[c], c)):
        search.widen(cell)
    for cell in sorted(search.complementary(), key=lambda c: (-search.cost[c], c)):
        search.publish_if_safe(cell)
    return search.hidden


class _Search:
    """The hidden cells so far, and the whole-number tables (as cell counts) that prove them wide."""

    def __init__(self, model: JointModel, rule: PublicRule) -> None:
        self.counts, self.width = model.counts, rule.width
        self.cost = _cell_costs(model)
        self.hidden = primary_cells(model.counts, rule)
        self.primaries = np.flatnonzero(self.hidden)
        self.tables = model.counts[np.newaxis, :]
        self._push = _Push(model, rule, np.where(self.hidden, HIDDEN_COST, self.cost))

    def complementary(self) -> np.ndarray:
        return np.setdiff1d(np.flatnonzero(self.hidden), self.primaries)

    def widen(self, cell: int) -> None:
        """Hide what it takes to make this primary wide."""
        if self._is_wide(cell, self.tables):
            return
        table = self._push.cheapest_table(cell)
        if table is None:
            raise DisclosureError("A small count cannot be protected by hiding other cells: publish coarser tables.")
        moved = np.flatnonzero((table != self.counts) & ~self.hidden)
        self.hidden[moved] = True
        self._push.price(moved, HIDDEN_COST)
        self.tables = np.vstack([self.tables, table])

    def publish_if_safe(self, cell: int) -> None:
        """Publish a complementary cell again when every primary stays wide without it."""
        self._push.fix(np.flatnonzero(~self.hidden))
        self._push.fix(np.array([cell]))
        tables = self._replacements(self.tables[self.tables[:, cell] == self.counts[cell]])
        if tables is None:
            self._push.free(np.array([cell]))
            return
        self.hidden[cell] = False
        self.tables = tables

    def _replacements(self, tables: np.ndarray) -> np.ndarray | None:
        """The tables, with one more for each primary that they no longer prove wide; None where there is none."""
        for primary in self.primaries:
            if not self._is_wide(primary, tables):
                table = self._push.cheapest_table(primary)
                if table is None:
                    return None
                tables = np.vstack([tables, table])
        return tables

    def _is_wide(self, cell: int, tables: np.ndarray) -> bool:
        return bool(np.ptp(tables[:, cell]) >= self.width)


class _Push:
    """Finds, for one cell, the cheapest table in which it is larger by the width.

    Columns: the live atoms x, then for each non-zero cell how far it goes up (u) and down (d); rows: Sx - u + d = v.
    """

    def __init__(self, model: JointModel, rule: PublicRule, cost: np.ndarray) -> None:
        self._model, self._rule = model, rule
        self._cells = np.flatnonzero(model.counts > 0)
        self._place = np.full(len(model.counts), -1)
        self._place[self._cells] = np.arange(len(self._cells))
        self._sums = model.incidence[self._cells][:, model.atoms_outside(model.counts == 0)]
        self._open = np.ones(len(self._cells), dtype=bool)
        self._programs = [self._program(cost[self._cells], whole) for whole in (False, True)]

    def price(self, cells: np.ndarray, cost: float) -> None:
        columns = self._columns(self._place[cells])
        for program in self._programs:
            program.set_costs(columns, np.full(len(columns), cost))

    def fix(self, cells: np.ndarray) -> None:
        """Published cells do not move."""
        places = self._place[cells]
        self._set_open(places[places >= 0], False)

    def free(self, cells: np.ndarray) -> None:
        self._set_open(self._place[cells], True)

    def cheapest_table(self, cell: int) -> np.ndarray | None:
        """Counts of every cell in the cheapest whole-number table found; None if there is no such table."""
        place = self._place[cell]
        for program in self._programs:
            self._demand(program, place, self._rule.width)
            point = program.solve()
            self._demand(program, place, 0)
            if point is None:
                return None  # no fractional table: no whole one either
            table = self._whole_table(point)
            if table is not None and table[cell] - self._model.counts[cell] >= self._rule.width:
                return table
        return None

    def _program(self, cost: np.ndarray, whole: bool) -> Program:
        (m, n), counts = self._sums.shape, self._model.counts[self._cells]
        identity = sparse.eye_array(m, dtype=np.int64)
        lower, upper = np.zeros(n + 2 * m), np.full(n + 2 * m, np.inf)
        upper[n : n + m], upper[n + m :] = 20, counts - 1
        costs = np.concatenate([np.zeros(n), cost, cost])
        matrix = sparse.hstack([self._sums, -identity, identity])
        return Program(matrix, (counts, counts), (lower, upper), costs, whole=n if whole else 0)

    def _columns(self, places: np.ndarray) -> np.ndarray:
        m, n = self._sums.shape
        return np.concatenate([n + places, n + m + places])

    def _set_open(self, places: np.ndarray, is_open: bool) -> None:
        changed = places[self._open[places] != is_open]
        self._open[changed] = is_open
        ceiling = np.concatenate([np.full(len(changed), 20.0), self._model.counts[self._cells[changed]] - 1.0])
        columns = self._columns(changed)
        for program in self._programs:
            program.set_column_bounds(columns, np.zeros(len(columns)), ceiling if is_open else np.zeros(len(columns)))

    def _demand(self, program: Program, place: int, width: int) -> None:
        """Ask that the cell goes up by the width; 0 asks for nothing."""
        down = 0 if width else self._model.counts[self._cells[place]] - 1  # else up and down cancel out
        columns = self._columns(np.array([place]))
        program.set_column_bounds(columns, np.array([width, 0]), np.array([20.0, down]))

    def _whole_table(self, point: np.ndarray) -> np.ndarray | None:
        atoms = whole_point(point[: self._sums.shape[1]])
        if atoms is None or atoms.min(initial=0) < 0:
            return None
        table = np.zeros_like(self._model.counts)
        table[self._cells] = self._sums @ atoms
        closed = self._cells[~self._open]
        is_valid = (table[self._cells] >= 1).all() and (table[closed] == self._model.counts[closed]).all()
        return table if is_valid else None


def _cell_costs(model: JointModel) -> np.ndarray:
    """Cost of hiding: the count, and far more for the cells that readers quote."""
    cost = model.counts.astype(float)
    for breadth, factor in enumerate(HEADLINE_COST):
        cost[model.breadth == breadth] *= factor
    cost[model.counts == 0] = 0.0
    return np.maximum(cost, HIDDEN_COST)
