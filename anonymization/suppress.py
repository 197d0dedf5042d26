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
REACH = 5  # a cell moves up by at most this many widths: whole programs without a ceiling take ages


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
    for cell in sorted(search.primaries, key=lambda c: (model.counts[c], c)):
        search.widen(cell)
    search.fix_published()
    for cell in sorted(search.complementary(), key=lambda c: (-search.cost[c], c)):
        search.publish_if_safe(cell)
    return search.hidden


class _Search:
    """The hidden cells so far, and the whole-number tables (as cell counts) that prove them wide."""

    def __init__(self, model: JointModel, rule: PublicRule) -> None:
        self.counts, self.width = model.counts, rule.width
        self.cost = _cell_costs(model)
        self.hidden = primary_cells(model.counts, rule)
        self.primaries = [int(cell) for cell in np.flatnonzero(self.hidden)]
        self.tables = model.counts[np.newaxis, :]
        self._push = _Push(model, rule, np.where(self.hidden, HIDDEN_COST, self.cost))

    def complementary(self) -> list[int]:
        return [int(cell) for cell in np.flatnonzero(self.hidden) if cell not in self.primaries]

    def fix_published(self) -> None:
        self._push.fix(np.flatnonzero(~self.hidden))

    def widen(self, cell: int) -> None:
        """Hide what it takes to make this primary wide, in the cheapest split of the width into down and up."""
        if self._is_wide(cell, self.tables):
            return
        pairs = (self._pair(cell, down) for down in range(self.counts[cell]))
        found = [pair for pair in pairs if pair is not None]
        if not found:
            raise DisclosureError("A small count cannot be protected by hiding other cells: publish coarser tables.")
        tables = min(found, key=lambda pair: self.cost[self._newly_moved(pair)].sum())
        moved = self._newly_moved(tables)
        self.hidden[moved] = True
        self._push.price(moved, HIDDEN_COST)
        self.tables = np.vstack([self.tables, tables])

    def _newly_moved(self, tables: np.ndarray) -> np.ndarray:
        return np.flatnonzero((tables != self.counts).any(axis=0) & ~self.hidden)

    def _pair(self, cell: int, down: int) -> np.ndarray | None:
        """Tables in which the cell is lower by `down` and higher by the rest of the width."""
        steps = [step for step in (-down, self.width - down) if step]
        found = [self._push.cheapest_table(cell, step) for step in steps]
        tables = [table for table in found if table is not None]
        return np.vstack(tables) if len(tables) == len(steps) else None

    def publish_if_safe(self, cell: int) -> None:
        """Publish a complementary cell again when every primary stays wide without it."""
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
                table = self._push.cheapest_table(primary, self.width)
                if table is None:
                    return None
                tables = np.vstack([tables, table])
        return tables

    def _is_wide(self, cell: int, tables: np.ndarray) -> bool:
        return bool(np.ptp(tables[:, cell]) >= self.width)


class _Push:
    """Finds, for one cell, the cheapest table in which it is larger or smaller by a step.

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

    def cheapest_table(self, cell: int, step: int) -> np.ndarray | None:
        """Counts of every cell in the cheapest whole table found with this cell moved by `step`; None without one."""
        place = self._place[cell]
        for program in self._programs:
            self._demand(program, place, step)
            point = program.solve()
            self._demand(program, place, 0)
            if point is None:
                return None  # no fractional table: no whole one either
            table = self._whole_table(point)
            if table is not None and table[cell] - self._model.counts[cell] == step:
                return table
        return None

    def _program(self, cost: np.ndarray, whole: bool) -> Program:
        (m, n), counts = self._sums.shape, self._model.counts[self._cells]
        identity = sparse.eye_array(m, dtype=np.int64)
        lower, upper = np.zeros(n + 2 * m), np.concatenate([np.full(n, np.inf), self._ceilings(np.arange(m))])
        costs = np.concatenate([np.zeros(n), cost, cost])
        matrix = sparse.hstack([self._sums, -identity, identity])
        return Program(matrix, (counts, counts), (lower, upper), costs, whole=n if whole else 0)

    def _columns(self, places: np.ndarray) -> np.ndarray:
        m, n = self._sums.shape
        return np.concatenate([n + places, n + m + places])

    def _ceilings(self, places: np.ndarray) -> np.ndarray:
        """How far open cells may go, up and then down: the attacker knows that a hidden cell holds at least 1."""
        up = np.full(len(places), REACH * self._rule.width)
        return np.concatenate([up, self._model.counts[self._cells[places]] - 1])

    def _set_open(self, places: np.ndarray, is_open: bool) -> None:
        changed = places[self._open[places] != is_open]
        self._open[changed] = is_open
        nothing = np.zeros(2 * len(changed))
        for program in self._programs:
            program.set_column_bounds(self._columns(changed), nothing, self._ceilings(changed) if is_open else nothing)

    def _demand(self, program: Program, place: int, step: int) -> None:
        """Ask that the cell moves by the step, in one direction only, or else up and down would cancel out."""
        moves = np.array([max(step, 0), max(-step, 0)])
        places = np.array([place])
        program.set_column_bounds(self._columns(places), moves, moves if step else self._ceilings(places))

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
