"""The attacker: what can be computed about each hidden cell from everything the release shows.

The attacker knows every published count, that cells add up over the joint base, that children are whole and never
fewer than none, and that zeros are always shown, so a hidden cell holds at least 1 (the audit problem: Fischetti and
Salazar, Management Science 47 (2001); Hundepool et al., Statistical Disclosure Control (2012), chapter 4). Linear
programs give the outer interval of a cell; a cell is safe only when two whole-number tables, checked by plain integer
addition, differ in it by the required width. A tolerance or a budget never makes a cell safe. This module shares the
description of the tables with the suppressor, and nothing else.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from anonymization.errors import DisclosureError
from anonymization.linear_model import JointModel, build_models
from anonymization.rules import PublicRule
from anonymization.solver import Program, whole_point
from anonymization.tables import Release

TOLERANCE = 1e-4  # widens the attacker's interval before it is read in whole numbers; never a reason to call it safe
WIDEST = 1_000  # intervals are measured up to this width
CONTRADICTION = "The tables of one population contradict each other: no children could be counted in all of them."
PRIMAL_SIMPLEX = 4  # only costs change from one cell to the next


@dataclass(frozen=True)
class AuditReport:
    """What the attack on one release found; internal, since it tells primary from complementary cells.

    Counts are of distinct cells: a cell that stands in several tables counts once. exact: one whole value is left;
    narrow: fewer values than the rule asks for, exact ones included; shown_small: small counts that are not hidden.
    smallest_width: of the primaries' outer (linear) intervals, measured up to 1,000; None without primaries.
    """

    required_width: int
    cells: int
    primary: int
    secondary: int
    shown_small: int
    exact_primary: int
    narrow_primary: int
    exact_secondary: int
    smallest_width: float | None
    linear_solves: int
    whole_solves: int

    @property
    def verdict(self) -> Literal["safe", "unsafe"]:
        return "safe" if self.shown_small == 0 and self.narrow_primary == 0 else "unsafe"

    @property
    def shown_share(self) -> float:
        """Share of the distinct cells that are shown."""
        return 1 - (self.primary + self.secondary) / self.cells


def audit(release: Release, cells: pd.DataFrame, rule: PublicRule) -> AuditReport:
    """Attack the cells of a release: table_id, a column per dimension, count (missing when hidden).

    The true counts of the release say which hidden cells are small; the attack itself uses the shown counts only.
    Raises DisclosureError when the cells are not exactly those of the release, when one cell has two marks, when no
    table agrees with what is shown, or when the solver's budget ends without an answer.

    Three counties, one of them small: hiding only the small count hides nothing, the total gives it away.

    >>> from anonymization.tables import Dimension, Table
    >>> area = Dimension("area", {"COUNTY": {code: code for code in ("RO421", "RO422", "RO424")}})
    >>> counts = pd.DataFrame({"area": ["RO421", "RO422", "RO424"], "count": [3, 10, 20]})
    >>> table = Table("T0", "children", (area,), ({"area": ("TOTAL", "COUNTY")},), counts)
    >>> shown = {"table_id": "T0", "area": ["_T", "RO421", "RO422", "RO424"]}
    >>> rule = PublicRule(threshold=5, width=4, zeros="shown")
    >>> report = audit(Release((table,)), pd.DataFrame({**shown, "count": [33, None, 10, 20]}), rule)
    >>> report.exact_primary, report.verdict
    (1, 'unsafe')
    >>> report = audit(Release((table,)), pd.DataFrame({**shown, "count": [33, None, None, 20]}), rule)
    >>> report.smallest_width, report.verdict
    (11.0, 'safe')
    """
    models = build_models(release)
    if len(cells) != sum(len(model.rows) for model in models):
        raise DisclosureError("The cells are not those of the release: one row for each, zeros included.")
    refuse_contradictions(models)
    attacks = [_Attack(model, _shown_counts(model, cells), rule) for model in models]
    findings = [finding for attack in attacks for finding in attack.run()]
    return _report(attacks, findings, rule)


def refuse_contradictions(models: tuple[JointModel, ...]) -> None:
    """Raises DisclosureError when linked tables agree in the cells they share, yet no joint table can fill them all."""
    for model in models:
        atoms = model.incidence.shape[1]
        anything = np.zeros(atoms), np.full(atoms, np.inf)
        if Program(model.incidence, (model.counts, model.counts), anything, np.zeros(atoms)).solve() is None:
            raise DisclosureError(CONTRADICTION)


@dataclass(frozen=True)
class _Finding:
    """What the attacker gets of one hidden cell: the outer interval, and whether whole tables prove it wide."""

    is_primary: bool
    is_exact: bool
    is_wide: bool
    width: float


class _Attack:
    """The attacker's model of one population, built from what is shown."""

    def __init__(self, model: JointModel, shown: np.ndarray, rule: PublicRule) -> None:
        self.rule, self.hidden = rule, np.isnan(shown)
        self.is_small = (model.counts > 0) & (model.counts < rule.threshold)
        self._lower, self._upper = np.where(self.hidden, 1, shown), np.where(self.hidden, np.inf, shown)
        self._sums = model.incidence[:, model.atoms_outside(shown == 0)]
        self._least, self._most = np.full(len(shown), np.inf), np.full(len(shown), -np.inf)  # over whole tables found
        self._linear, self._whole = self._program(whole=False), self._program(whole=True)

    @property
    def solves(self) -> tuple[int, int]:
        return self._linear.solves, self._whole.solves

    def run(self) -> list[_Finding]:
        """One finding per hidden cell. Linear ends come first: the whole tables among them decide most cells."""
        cells = [int(cell) for cell in np.flatnonzero(self.hidden)]
        ends = {cell: self._ends(self._linear, cell, WIDEST) for cell in cells if self.is_small[cell]}
        ends |= {cell: self._ends(self._linear, cell, WIDEST) for cell in cells if not self._is_decided(cell, ends)}
        return [self._judge(cell, *ends.get(cell, (self._least[cell], self._most[cell]))) for cell in cells]

    def _is_decided(self, cell: int, ends: dict[int, tuple[float, float]]) -> bool:
        return cell in ends or self._proven_width(cell) >= self._needed(cell)

    def _needed(self, cell: int) -> int:
        """The width that a hidden cell needs; a complementary one need only not be exact."""
        return self.rule.width if self.is_small[cell] else 1

    def _judge(self, cell: int, lower: float, upper: float) -> _Finding:
        least, most = np.ceil(lower - TOLERANCE), np.floor(upper + TOLERANCE)
        if self._proven_width(cell) < self._needed(cell) <= most - least:
            least, most = np.rint(self._ends(self._whole, cell, self._needed(cell)))
        return _Finding(
            is_primary=bool(self.is_small[cell]),
            is_exact=bool(most - least < 1),
            is_wide=self._proven_width(cell) >= self._needed(cell),
            width=float(upper - lower),
        )

    def _ends(self, program: Program, cell: int, width: int) -> tuple[float, float]:
        """Smallest and largest attainable value, the largest as far as the width asked for; whole tables are noted."""
        atoms = self._sums.indices[self._sums.indptr[cell] : self._sums.indptr[cell + 1]]
        lower = self._end(program, atoms, 1.0)
        program.set_row_bounds(cell, 1, np.ceil(lower - TOLERANCE) + width)  # else nothing may bound it from above
        upper = self._end(program, atoms, -1.0)
        program.set_row_bounds(cell, 1, np.inf)
        return lower, upper

    def _end(self, program: Program, atoms: np.ndarray, cost: float) -> float:
        program.set_costs(atoms, np.full(len(atoms), cost))
        point = program.solve()
        program.set_costs(atoms, np.zeros(len(atoms)))
        if point is None:
            raise DisclosureError(CONTRADICTION)
        self._note_if_whole(point)
        return float(point[atoms].sum())

    def _note_if_whole(self, point: np.ndarray) -> None:
        atoms = whole_point(point)
        if atoms is not None and self._is_possible(atoms):
            table = self._sums @ atoms
            self._least, self._most = np.minimum(self._least, table), np.maximum(self._most, table)

    def _is_possible(self, atoms: np.ndarray) -> bool:
        """Plain integer addition: do these whole numbers give every shown count, and at least 1 where it is hidden?"""
        table = self._sums @ atoms
        return bool((atoms >= 0).all() and (table >= self._lower).all() and (table <= self._upper).all())

    def _proven_width(self, cell: int) -> float:
        """How far two whole-number tables found so far differ in this cell."""
        return float(self._most[cell] - self._least[cell])

    def _program(self, whole: bool) -> Program:
        atoms = self._sums.shape[1]
        atom_bounds = np.zeros(atoms), np.full(atoms, np.inf)
        bounds = self._lower, self._upper
        return Program(self._sums, bounds, atom_bounds, np.zeros(atoms), atoms if whole else 0, PRIMAL_SIMPLEX)


def _shown_counts(model: JointModel, cells: pd.DataFrame) -> np.ndarray:
    """Count of each distinct cell as the public sees it, missing where hidden."""
    keys = [name for name in model.rows.columns if name != "cell"]
    if not set(keys) <= set(cells.columns) or cells.duplicated([key for key in keys if key in cells]).any():
        raise DisclosureError("The cells are not those of the release: one row for each, a column per dimension.")
    rows = model.rows.merge(cells[[*keys, "count"]], on=keys, how="left", indicator=True)
    if (rows["_merge"] != "both").any():
        raise DisclosureError("The cells are not those of the release: a row is missing or names another code.")
    shown = rows["count"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    by_cell = np.full(len(model.counts), np.nan)
    by_cell[rows["cell"]] = shown
    _refuse_wrong_cells(model.counts, by_cell, shown, by_cell[rows["cell"]])
    return by_cell


def _refuse_wrong_cells(true: np.ndarray, by_cell: np.ndarray, shown: np.ndarray, shared: np.ndarray) -> None:
    if not np.array_equal(shown, shared, equal_nan=True):
        raise DisclosureError("One cell is shown in one table and hidden in another: it must have one mark.")
    if (np.isnan(by_cell) & (true == 0)).any():
        raise DisclosureError("A zero is hidden, but zeros are always shown: correct the cells.")
    if (by_cell != true)[~np.isnan(by_cell)].any():
        raise DisclosureError("A cell is shown with another count than the true one: correct the cells.")


def _report(attacks: list[_Attack], findings: list[_Finding], rule: PublicRule) -> AuditReport:
    primaries = [finding for finding in findings if finding.is_primary]
    secondaries = [finding for finding in findings if not finding.is_primary]
    linear, whole = (sum(solves) for solves in zip(*(attack.solves for attack in attacks), strict=True))
    return AuditReport(
        required_width=rule.width,
        cells=sum(len(attack.hidden) for attack in attacks),
        primary=len(primaries),
        secondary=len(secondaries),
        shown_small=sum(int((attack.is_small & ~attack.hidden).sum()) for attack in attacks),
        exact_primary=sum(finding.is_exact for finding in primaries),
        narrow_primary=sum(not finding.is_wide for finding in primaries),
        exact_secondary=sum(finding.is_exact for finding in secondaries),
        smallest_width=round(min(f.width for f in primaries), 4) if primaries else None,
        linear_solves=linear,
        whole_solves=whole,
    )
