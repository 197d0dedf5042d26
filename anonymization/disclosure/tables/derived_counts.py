"""Which counts follow from tables without standing in them, family by family: as combinations of simpler rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from anonymization.disclosure.tables.base import rows_of
from anonymization.disclosure.tables.candidates import View
from anonymization.disclosure.tables.cells_by_atoms import CellsByAtoms
from anonymization.disclosure.tables.cliques import told_apart
from anonymization.disclosure.tables.joint_model import JointModel, sums
from anonymization.disclosure.tables.overlapping_groups import overlaps
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Flows
from anonymization.disclosure.tables.table_set import TOTAL, TOTAL_LEVEL, Grouping, Table
from anonymization.errors import DisclosureError

MOST_IN_ORDER = 500  # classes of a dimension whose neighbours are united


@dataclass(frozen=True)
class Named:
    """The quantities that a policy names.

    contiguous:  dimensions with an order, such as ages: every union of neighbouring classes.
    complements: dimensions: a total without one of its categories.
    intersections, differences: dimensions: what groups of several levels have in common, and what a group has beyond
    another that it contains.
    first_differences: growth of a cumulative population since the one before. flows: what came into stocks and left
    them.
    unordered:   codes that stand outside any order, such as unknown.
    """

    contiguous: tuple[str, ...] = ()
    complements: tuple[str, ...] = ()
    intersections: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    first_differences: bool = False
    flows: bool = False
    unordered: tuple[str, ...] = ("_U", "_Z")


@dataclass(frozen=True, eq=False)
class Family:
    """Counts of one kind: combinations @ parts, where `parts` are rows over atoms.

    combinations: counts x parts (-1, 0, 1). threshold: of each count. name: of the count at a place, in words.
    """

    kind: str
    parts: sparse.csr_array
    combinations: sparse.csr_array
    threshold: np.ndarray
    name: Callable[[int], str]


@dataclass(frozen=True, eq=False)
class _Margin:
    """One grouping of a table, seen along one of its dimensions."""

    table: Table
    grouping: Grouping
    place: int

    @property
    def axis(self) -> str:
        return self.table.dimensions[self.place].name

    @property
    def without(self) -> Grouping:
        """The grouping with this dimension totalled."""
        return (*self.grouping[: self.place], TOTAL_LEVEL, *self.grouping[self.place + 1 :])

    @property
    def shape(self) -> tuple[int, ...]:
        levels = zip(self.table.dimensions, self.grouping, strict=True)
        return tuple(len(dimension.codes(level)) for dimension, level in levels)

    @property
    def group_of_cell(self) -> np.ndarray:
        """For every cell of the grouping its place among the cells of `without`."""
        groups = np.arange(len(self.table.labels(self.without)))
        shape = (*self.shape[: self.place], 1, *self.shape[self.place + 1 :])
        return np.broadcast_to(groups.reshape(shape), self.shape).ravel()


def families(model: JointModel, cells: CellsByAtoms, named: Named) -> Iterator[Family]:
    """Every family that is named and has a count for each cell of a table."""
    yield from (complements(model, cells, margin) for margin in margins(model, named.complements))
    for relation in model.table_set.relations:
        if named.first_differences and isinstance(relation, Cumulative):
            signs = {relation.later: 1, relation.earlier: -1}
            yield from _changes(model, cells, relation.later, signs, "first difference")
        if named.first_differences and isinstance(relation, Accumulation):
            yield from _changes(model, cells, relation.later, {relation.arrivals: 1}, "first difference")
        if named.flows and isinstance(relation, Flows):
            yield from _changes(model, cells, relation.closing, {relation.inflow: 1}, "inflow")
            yield from _changes(model, cells, relation.closing, {relation.outflow: 1}, "outflow")


def views(model: JointModel, cells: CellsByAtoms, named: Named) -> Iterator[View]:
    """Every dimension that is named, with the sets of its classes that are counted.

    Raises DisclosureError when a dimension has too many of them to be tried.
    """
    yield from overlaps(model, cells, named.intersections, named.differences)
    yield from (runs(model, cells, margin, named.unordered) for margin in margins(model, named.contiguous))


def margins(model: JointModel, names: tuple[str, ...]) -> Iterator[_Margin]:
    """Every grouping that tells codes of a named dimension apart, seen along it."""
    for table in model.table_set.tables:
        for grouping in table.groupings:
            apart = told_apart(table, grouping)
            for place, dimension in enumerate(table.dimensions):
                if dimension.name in names and dimension.name in apart:
                    yield _Margin(table, grouping, place)


def runs(model: JointModel, cells: CellsByAtoms, margin: _Margin, unordered: tuple[str, ...]) -> View:
    """Every union of neighbouring classes of the axis but that of all, for every combination of the other codes.

    Raises DisclosureError when there are too many of them.
    """
    block = model.base.holding(margin.table.population, told_apart(margin.table, margin.grouping))
    leaves = next(axis for axis in block.axes if axis.name == margin.axis).leaves
    spans = _spans(margin.axis, [members[0] not in unordered for members in leaves])
    labels = margin.table.labels(margin.without)
    sets = np.zeros((len(spans), len(leaves)), dtype=bool)
    for number, span in enumerate(spans):
        sets[number, list(span)] = True
    strictest = np.zeros(len(labels), dtype=np.int64)
    found = cells.of(sums(margin.table, margin.grouping, model.base))
    np.maximum.at(strictest, margin.group_of_cell, cells.thresholds(found))

    def name(label: int, span: int) -> str:
        ends = f"{leaves[spans[span][0]][0]} to {leaves[spans[span][-1]][-1]}"
        return f"{words(margin.table, labels[label])}, {margin.axis} from {ends}"

    threshold = np.broadcast_to(strictest[:, None], (len(labels), len(spans)))
    return View("contiguous", _by_class(model, margin), sets, threshold, name)


def _spans(axis: str, is_ordered: list[bool]) -> list[tuple[int, ...]]:
    places = [place for place, ordered in enumerate(is_ordered) if ordered]
    if len(places) > MOST_IN_ORDER:
        raise DisclosureError(
            f"{axis} has {len(places):,} classes in an order, too many for their unions to be protected (at most "
            f"{MOST_IN_ORDER}): show coarser groups of it, or leave the unions of its neighbours open with a reason."
        )
    spans = [tuple(places[a:b]) for a in range(len(places)) for b in range(a + 1, len(places) + 1)]
    return [span for span in spans if len(span) < len(is_ordered)]


def _by_class(model: JointModel, margin: _Margin) -> sparse.csr_array:
    """A row for each label of the other dimensions and each class of the axis, the class running fastest."""
    block = model.base.holding(margin.table.population, told_apart(margin.table, margin.grouping))
    axes = {axis.name: axis for axis in block.axes}
    parts: dict[str, np.ndarray] = {}
    sizes: dict[str, int] = {}
    for dimension, level in zip(margin.table.dimensions, margin.without, strict=True):
        if dimension.name in axes and len(dimension.codes(level)) > 1:
            place = {code: number for number, code in enumerate(dimension.codes(level))}
            codes = [dimension.code(leaf, level) for leaf in axes[dimension.name].representatives]
            parts[dimension.name], sizes[dimension.name] = np.array([place[code] for code in codes]), len(place)
    sizes[margin.axis] = len(axes[margin.axis].leaves)
    parts[margin.axis] = np.arange(sizes[margin.axis])
    return rows_of(block, block.places(parts, sizes), model.atoms)


def complements(model: JointModel, cells: CellsByAtoms, margin: _Margin) -> Family:
    """Those of each group who are not in the category that a cell shows: one for each cell of the grouping."""
    shown = sums(margin.table, margin.grouping, model.base)
    group = margin.group_of_cell
    together = sparse.csr_array((np.ones(len(group), dtype=np.int64), (group, np.arange(len(group)))))
    others = sparse.csr_array(together.T @ together) - sparse.eye_array(len(group), dtype=np.int64, format="csr")
    threshold = np.full(together.shape[0], np.iinfo(np.int64).max)
    np.minimum.at(threshold, group, cells.thresholds(cells.of(shown)))
    labels = margin.table.labels(margin.grouping)

    def name(place: int) -> str:
        return f"{words(margin.table, labels[place])}: those of any other {margin.axis}"

    return Family("complement", shown, sparse.csr_array(others), threshold[group], name)


def _changes(model: JointModel, cells: CellsByAtoms, shown: str, signs: dict[str, int], kind: str) -> Iterator[Family]:
    """A signed sum of populations, for every cell of the tables that show one of them."""
    for table in model.table_set.populations[shown]:
        for grouping in table.groupings:
            apart = set(told_apart(table, grouping))
            if all(any(apart <= set(block.names) for block in model.base.of(name)) for name in signs):
                yield _change(model, cells, table, grouping, signs, kind)


def _change(
    model: JointModel, cells: CellsByAtoms, table: Table, grouping: Grouping, signs: dict[str, int], kind: str
) -> Family:
    parts = [sums(replace(table, population=name), grouping, model.base) * sign for name, sign in signs.items()]
    rows = sparse.csr_array(sum(parts[1:], start=parts[0]))
    threshold = cells.thresholds(cells.of(sums(table, grouping, model.base)))
    labels = table.labels(grouping)
    one_each = sparse.eye_array(len(labels), dtype=np.int64, format="csr")
    return Family(
        kind, rows, sparse.csr_array(one_each), threshold, lambda place: f"{words(table, labels[place])}: {kind}"
    )


def words(table: Table, label: tuple[str, ...]) -> str:
    """A cell in words: its table and the codes that are no totals."""
    codes = [f"{d.name}={code}" for d, code in zip(table.dimensions, label, strict=True) if code != TOTAL]
    return f"{table.table_id}: {', '.join(codes) or 'total'}"
