"""Protected quantities: counts that follow from the tables without standing in them, as rows over atoms.

Contiguous unions of classes (children between any two ages at which some group begins or ends), complements (those of a
total who are not in a category), intersections of groups of several levels, differences of groups of which one contains
the other, first differences of cumulative counts, and flows of stocks. Each must be 0, at least its threshold, or as
uncertain as a hidden cell whose least count is 0. A quantity that is itself a cell is left to that cell. Other
combinations of cells are not looked at.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.base import stack
from anonymization.disclosure.tables.candidates import MOST_UNKNOWN, Choose, PossiblySmall, View, small_ones
from anonymization.disclosure.tables.cells_by_atoms import CellsByAtoms
from anonymization.disclosure.tables.derived_counts import Family, Named, families, views
from anonymization.disclosure.tables.joint_model import JointModel, marks_of
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.disclosure.tables.shown import Shown
from anonymization.errors import DisclosureError

MOST_SMALL = 20_000  # small quantities that are protected; more are refused


@dataclass(frozen=True, eq=False)
class Quantities:
    """Rows over atoms (int64), with what is asked of each: arrays of whole numbers, and what it is, in words.

    A quantity is small when its count is not 0 and nearer to 0 than the threshold: a difference may be negative.
    untried: how many more could be small, but are left out because there are too many. is_wanted: mask of those that
    are protected though they are not small; None when there are none.
    """

    matrix: sparse.csr_array
    threshold: np.ndarray
    lower: np.ndarray
    width: np.ndarray
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    untried: int = 0
    is_wanted: np.ndarray | None = None

    def __len__(self) -> int:
        return self.matrix.shape[0]

    def small(self, atoms: np.ndarray) -> np.ndarray:
        """Mask of those that are small at these true atoms, or wanted."""
        counts = abs(self.matrix @ atoms)
        is_small = (counts > 0) & (counts < self.threshold)
        return np.asarray(is_small if self.is_wanted is None else is_small | self.is_wanted)

    def chosen(self, mask: np.ndarray) -> "Quantities":
        """Only these."""
        places = np.flatnonzero(mask)
        named = tuple(self.names[place] for place in places), tuple(self.kinds[place] for place in places)
        matrix = sparse.csr_array(self.matrix[places])
        wanted = None if self.is_wanted is None else self.is_wanted[places]
        threshold, lower, width = self.threshold[places], self.lower[places], self.width[places]
        return Quantities(matrix, threshold, lower, width, *named, self.untried, wanted)


def find_quantities(
    model: JointModel,
    required: Requirements,
    named: Named,
    truth: np.ndarray | None = None,
    shown: Shown | None = None,
    only_told: Collection[str] = (),
) -> Quantities:
    """The named quantities of all tables, each once, without those that are cells.

    truth: the true atoms; with them only the quantities that are small are made, since no other needs protection.
    shown: what is seen of the cells, nothing if it is not given. Without the truth those quantities are made that can
    be small as far as the cells around them tell, the closest known first, up to MOST_UNKNOWN.
    only_told: kinds that are no gate: a count that is of two kinds is of one that is a gate.
    Raises DisclosureError when there are too many to be protected.
    """
    spare = int((required.width - (required.threshold - required.lower)).max(initial=0))
    cells = CellsByAtoms(model, required)
    possible = PossiblySmall(_nothing_seen(model) if shown is None else shown)
    choose: Choose = possible if truth is None else small_ones(truth)
    parts = [_chosen(view, spare, choose) for view in views(model, cells, named)]
    parts += [_made(family, spare, truth) for family in families(model, cells, named)]
    found = _without_cells(_joined(parts, model.atoms), model, only_told)
    if truth is not None:
        _refuse_too_many(found)
        return found
    kept = found.chosen(np.arange(len(found)) < MOST_UNKNOWN)
    return replace(kept, untried=len(found) - len(kept) + possible.left_out)


def _nothing_seen(model: JointModel) -> Shown:
    cells = model.cells.shape[0]
    return Shown(np.zeros(cells), np.full(cells, np.inf))


def with_wanted(protected: Quantities, wanted: Quantities) -> Quantities:
    """Quantities that are protected, and further ones that are to be, though they are not small."""
    joined = _joined([protected, wanted], protected.matrix.shape[1])
    before = np.zeros(len(protected), dtype=bool) if protected.is_wanted is None else protected.is_wanted
    return replace(joined, is_wanted=np.concatenate([before, np.ones(len(wanted), dtype=bool)]))


def _refuse_too_many(found: Quantities) -> None:
    if len(found) > MOST_SMALL:
        raise DisclosureError(
            f"{len(found):,} small counts follow from the tables without standing in them, too many to be protected "
            f"(at most {MOST_SMALL:,}): publish coarser tables, or leave some kinds of them open with a reason."
        )


def _chosen(view: View, spare: int, choose: Choose) -> Quantities:
    labels, sets = choose(view)
    threshold, nothing = np.asarray(view.threshold[labels, sets]), np.zeros(len(labels), dtype=np.int64)
    names = tuple(view.name(int(label), int(one)) for label, one in zip(labels, sets, strict=True))
    kinds = (view.kind,) * len(labels)
    return Quantities(view.rows(labels, sets), threshold, nothing, threshold + spare, names, kinds)


def _made(family: Family, spare: int, truth: np.ndarray | None) -> Quantities:
    chosen = np.arange(len(family.threshold))
    if truth is not None:
        counts = abs(family.combinations @ (family.parts @ truth))
        chosen = np.flatnonzero((counts > 0) & (counts < family.threshold))
    matrix = sparse.csr_array(family.combinations[chosen] @ family.parts)
    threshold, nothing = family.threshold[chosen], np.zeros(len(chosen), dtype=np.int64)
    names = tuple(family.name(int(place)) for place in chosen)
    return Quantities(matrix, threshold, nothing, threshold + spare, names, (family.kind,) * len(chosen))


def _joined(parts: list[Quantities], atoms: int) -> Quantities:
    def numbers(name: str) -> np.ndarray:
        return np.concatenate([np.zeros(0, dtype=np.int64), *(getattr(part, name) for part in parts)])

    return Quantities(
        stack([part.matrix for part in parts], atoms),
        numbers("threshold"),
        numbers("lower"),
        numbers("width"),
        tuple(name for part in parts for name in part.names),
        tuple(kind for part in parts for kind in part.kinds),
    )


def _without_cells(quantities: Quantities, model: JointModel, only_told: Collection[str]) -> Quantities:
    """Each set of atoms once, gates and the highest threshold first; none that is a cell, none that is empty."""
    told = np.array([kind in only_told for kind in quantities.kinds], dtype=bool)
    order = np.lexsort([-quantities.threshold, told])
    rows = sparse.csr_array(quantities.matrix[order]).astype(np.int64)
    rows.eliminate_zeros()
    known = {tuple(mark) for mark in marks_of(model.cells)} | {(0, 0)}
    kept = np.zeros(len(order), dtype=bool)
    for place, mark in enumerate(map(tuple, marks_of(rows))):
        if mark not in known:
            known.add(mark)
            kept[order[place]] = True
    return quantities.chosen(kept)
