"""The suppressor's problem, reduced: what is certainly zero goes, cells that count the same atoms become one.

Zeros are always published, so no atom of a zero cell can ever move. Two cells that are then left with the same atoms
(a region of which one county alone is not empty) are equal for every reader: they are hidden together or not at all.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.quantities import Quantities
from anonymization.disclosure.tables.requirements import Requirements
from anonymization.errors import DisclosureError

REACH = 1_000  # widths; nothing needs to move further, and large bounds cost a solver its accuracy


@dataclass(frozen=True, eq=False)
class Problem:
    """Classes of equal cells over live atoms; arrays have one entry a class unless said otherwise.

    sums:   classes x live atoms. atoms: true count of each live atom. live: which atom of the model each of them is.
    counts, floor: true and smallest possible count.
    width:  what must stay open (0 where nothing must). is_target: small counts, tabulated or not. cost: of hiding.
    is_open: classes hidden from the start: small counts, quantities that are not tabulated, cells hidden in history.
    is_frozen: classes that may never be hidden. is_usual: classes that a pattern to start from hides.
    facts, facts_lower, facts_upper: rows over live atoms, as bounds on movements away from the truth.
    members: the distinct cells of the model in each class (empty for a quantity that is not tabulated). quantities: the
    protected quantities in each class, by their numbers.
    """

    sums: sparse.csr_array
    atoms: np.ndarray
    live: np.ndarray
    counts: np.ndarray
    floor: np.ndarray
    width: np.ndarray
    cost: np.ndarray
    is_target: np.ndarray
    is_open: np.ndarray
    is_frozen: np.ndarray
    is_usual: np.ndarray
    facts: sparse.csr_array
    facts_lower: np.ndarray
    facts_upper: np.ndarray
    members: tuple[np.ndarray, ...]
    quantities: tuple[np.ndarray, ...]

    @property
    def targets(self) -> np.ndarray:
        """The classes that must be wide."""
        return np.flatnonzero(self.is_target)

    @property
    def drop(self) -> np.ndarray:
        """How far each class can fall."""
        return self.counts - self.floor

    def classes_of(self, atoms: np.ndarray) -> np.ndarray:
        """The classes that count some of these atoms, in order."""
        return np.flatnonzero(np.diff(self.sums[:, atoms].indptr) > 0)

    def part(self, atoms: np.ndarray) -> "Problem":
        """The problem of some of the atoms, the others staying where they are; its classes are `classes_of(atoms)`."""
        rows = self.classes_of(atoms)
        links = np.flatnonzero(np.diff(self.facts[:, atoms].indptr) > 0)
        by_class = {
            name: getattr(self, name)[rows]
            for name in ("counts", "floor", "width", "cost", "is_target", "is_open", "is_frozen", "is_usual")
        }
        return Problem(
            sums=self.sums[rows][:, atoms],
            atoms=self.atoms[atoms],
            live=self.live[atoms],
            facts=self.facts[links][:, atoms],
            facts_lower=self.facts_lower[links],
            facts_upper=self.facts_upper[links],
            members=tuple(self.members[row] for row in rows),
            quantities=tuple(self.quantities[row] for row in rows),
            **by_class,
        )

    def parts(self) -> list["Problem"]:
        """The connected parts in which something must be wide."""
        rows = sparse.vstack([self.sums, self.facts], format="csr")
        touching = sparse.block_array([[None, rows.T], [rows, None]], format="csr")
        number, part_of = sparse.csgraph.connected_components(touching, directed=False)
        found = (self.part(np.flatnonzero(part_of[: len(self.atoms)] == part)) for part in range(number))
        return [part for part in found if part.is_target.any()]


@dataclass(frozen=True, eq=False)
class Choice:
    """What the suppressor may decide, an entry a distinct cell: what hiding costs, what is settled already.

    is_frozen, is_forced: shown, hidden in a release before. is_usual: what the pattern of last time hides; the search
    begins there, which is quick when little has changed. is_kept: further cells that must stay shown; None when none.
    """

    cost: np.ndarray
    is_frozen: np.ndarray
    is_forced: np.ndarray
    is_usual: np.ndarray
    is_kept: np.ndarray | None = None

    @property
    def never_hidden(self) -> np.ndarray:
        """Mask of the cells that no pattern may hide."""
        return self.is_frozen if self.is_kept is None else self.is_frozen | self.is_kept


def reduce(
    model: JointModel, truth: np.ndarray, required: Requirements, quantities: Quantities, choice: Choice
) -> Problem:
    """The problem of hiding cells of `model` whose true atoms are `truth`.

    Raises DisclosureError when a small count is frozen, since it was published already and cannot be protected, and
    when a cell that must stay shown is equal, for every reader, to one that is hidden.
    """
    counts = model.cells @ truth
    is_small = required.primary(counts)
    if (is_small & choice.is_frozen).any():
        raise DisclosureError("A small count stands published already: it is an incident, and no hiding can mend it.")
    live = _live_atoms(model, counts)
    shown, asked = np.flatnonzero(counts > 0), np.flatnonzero(quantities.small(truth))
    rows = sparse.vstack([model.cells[shown][:, live], quantities.matrix[asked][:, live]], format="csr")
    class_of, first = _equal_rows(rows)
    size, cells, virtual = len(first), class_of[: len(shown)], class_of[len(shown) :]
    facts = model.facts.matrix[:, live]
    kept = np.flatnonzero(np.diff(facts.indptr) > 0)
    at = (model.facts.matrix @ truth)[kept]
    at_truth = rows[first] @ truth[live]
    width = _highest(size, (cells, required.width[shown] * is_small[shown]), (virtual, quantities.width[asked]))
    is_cell = _any(size, cells)
    is_open = _any(size, cells[(is_small | choice.is_forced)[shown]])
    is_frozen = _any(size, cells[choice.never_hidden[shown]])
    if choice.is_kept is not None and (is_open & _any(size, cells[choice.is_kept[shown]])).any():
        raise DisclosureError("A cell that must stay shown counts the same persons as one that is hidden.")
    return Problem(
        sums=rows[first],
        atoms=truth[live],
        live=live,
        counts=at_truth,
        floor=np.where(is_cell, _highest(size, (cells, required.lower[shown])), at_truth - width),
        width=width,
        cost=np.bincount(cells, weights=choice.cost[shown], minlength=size),
        is_target=_any(size, cells[is_small[shown]], virtual),
        is_open=is_open | ~is_cell,
        is_frozen=is_frozen,
        is_usual=_any(size, cells[choice.is_usual[shown]]),
        facts=facts[kept],
        facts_lower=model.facts.lower[kept] - at,
        facts_upper=model.facts.upper[kept] - at,
        members=_members(size, cells, shown),
        quantities=_members(size, virtual, asked),
    )


def _live_atoms(model: JointModel, counts: np.ndarray) -> np.ndarray:
    """Atoms that stand in no zero cell, directly or through blocks that agree on what they share."""
    dead = np.asarray(model.cells[counts == 0].sum(axis=0)).ravel() > 0
    return np.flatnonzero(~dead)


def _equal_rows(rows: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    """The class of each row, and the first row of each class; classes are numbered in order of their first row."""
    rows.sort_indices()
    place: dict[tuple[bytes, bytes], int] = {}
    class_of = np.empty(rows.shape[0], dtype=np.int64)
    first: list[int] = []
    for row in range(rows.shape[0]):
        span = slice(rows.indptr[row], rows.indptr[row + 1])
        key = rows.indices[span].tobytes(), rows.data[span].tobytes()
        class_of[row] = place.setdefault(key, len(first))
        if class_of[row] == len(first):
            first.append(row)
    return class_of, np.array(first, dtype=np.int64)


def _highest(size: int, *parts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    found = np.zeros(size, dtype=np.int64)
    for classes, values in parts:
        np.maximum.at(found, classes, values)
    return found


def _any(size: int, *parts: np.ndarray) -> np.ndarray:
    found = np.zeros(size, dtype=bool)
    for classes in parts:
        found[classes] = True
    return found


def _members(size: int, classes: np.ndarray, cells: np.ndarray) -> tuple[np.ndarray, ...]:
    ends = np.cumsum(np.bincount(classes, minlength=size))
    return tuple(np.split(cells[np.argsort(classes, kind="stable")], ends)[:size])
