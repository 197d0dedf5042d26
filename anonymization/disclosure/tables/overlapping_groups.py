"""Groups that follow from the levels of a dimension without being shown: intersections, and differences of groups.

A dimension may be shown at levels that do not nest: health districts and police districts over the same towns. Whoever
intersects one group of each level, or takes one group from another that contains it, counts people whom no table shows
by themselves. Levels meet where the other dimensions are shown alike, or can be added up to be so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.tables.candidates import ANY, View
from anonymization.disclosure.tables.cells_by_atoms import NO_CELL, CellsByAtoms
from anonymization.disclosure.tables.crossings import Crossing, crossings
from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.shown import Shown
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL
from anonymization.errors import DisclosureError

MOST_GROUPS = 50_000  # groups and differences of one dimension; more are refused


@dataclass(frozen=True)
class _Group:
    """Classes of a dimension that stand together: as a bit mask, and how they are called."""

    classes: int
    name: str
    is_shown: bool


def overlaps(
    model: JointModel, cells: CellsByAtoms, intersections: Sequence[str], differences: Sequence[str]
) -> Iterator[View]:
    """Views on the intersections and differences of groups of the dimensions named.

    Raises DisclosureError when a dimension has too many of them to be tried.
    """
    for population, tables in model.table_set.populations.items():
        dimensions = model.table_set.dimensions_of(population)
        for name in dimensions:
            if name in intersections or name in differences:
                for crossing in crossings(population, tables, dimensions, name):
                    yield from _views(model, cells, crossing, name in intersections, name in differences)


def _views(
    model: JointModel, cells: CellsByAtoms, crossing: Crossing, with_intersections: bool, with_differences: bool
) -> Iterator[View]:
    around = _Around(model, cells, crossing)
    groups = _groups(crossing, with_intersections)
    is_shown = {group.classes: group.is_shown for group in groups}
    differences = {one.classes & ~other.classes: (one, other) for one, other in _differences(groups)}
    plain = [both for both, pair in differences.items() if all(group.is_shown for group in pair)]
    if with_differences:
        yield from around.differences([differences[both] for both in plain if not is_shown.get(both)])
    yield from around.intersections([group for group in groups if not (group.is_shown and around.is_cell(group))])
    if with_differences:
        yield from around.differences([differences[both] for both in differences if both not in {*plain, *is_shown}])


def _groups(crossing: Crossing, with_intersections: bool) -> list[_Group]:
    """The groups of all levels and the total, each once; then what groups of several levels have in common."""
    everything = (1 << len(set(crossing.class_of.values()))) - 1
    of_levels = [crossing.groups_of(level) for level in crossing.levels]
    found = {everything: _Group(everything, "total", True)}
    for groups in of_levels:
        for code, classes in groups.items():
            found.setdefault(classes, _Group(classes, code, True))
    met = dict(found) if not with_intersections else {everything: found[everything]}
    for groups in of_levels if with_intersections else []:
        for group in list(met.values()):
            for code, classes in groups.items():
                both = group.classes & classes
                if both and both not in met:
                    met[both] = found.get(both, _Group(both, f"{group.name} and {code}", False))
        _refuse_too_many(crossing, len(met))
    return list({**found, **met}.values())


def _differences(groups: list[_Group]) -> list[tuple[_Group, _Group]]:
    """Pairs of groups of which the first contains the second and more; equal differences once, shown groups first."""
    holding: dict[int, list[_Group]] = {}
    for group in groups:
        for place in _bits(group.classes):
            holding.setdefault(place, []).append(group)
    place_of = {group.classes: place for place, group in enumerate(groups)}
    found: dict[int, tuple[_Group, _Group]] = {}
    pairs = (
        (larger, group)
        for group in groups
        for larger in holding[(group.classes & -group.classes).bit_length() - 1]
        if larger.classes != group.classes and larger.classes & group.classes == group.classes
    )
    for larger, group in sorted(
        pairs, key=lambda pair: (not (pair[0].is_shown and pair[1].is_shown), place_of[pair[0].classes])
    ):
        found.setdefault(larger.classes & ~group.classes, (larger, group))
    return list(found.values())


def _bits(classes: int) -> Iterator[int]:
    while classes:
        lowest = classes & -classes
        yield lowest.bit_length() - 1
        classes ^= lowest


def _refuse_too_many(crossing: Crossing, count: int) -> None:
    if count > MOST_GROUPS:
        raise DisclosureError(
            f"The levels of {crossing.dimension.name} have more than {MOST_GROUPS:,} groups in common, too many to be "
            "protected: show fewer levels of it, or leave its intersections open with a reason."
        )


class _Around:
    """What the shown levels of a crossing say of sets of its classes."""

    def __init__(self, model: JointModel, cells: CellsByAtoms, crossing: Crossing) -> None:
        self._crossing, self._labels = crossing, crossing.labels
        self.parts = crossing.rows_of_classes(model)
        self._size = len(set(crossing.class_of.values()))
        self._masks, self._cells = [], []
        for level in (*crossing.levels, TOTAL_LEVEL):
            self._masks.append(self._sets(list(crossing.groups_of(level).values())))
            self._cells.append(cells.of(crossing.rows(model, level)).reshape(len(self._labels), -1))
        self._thresholds = [cells.thresholds(found) for found in self._cells]

    def is_cell(self, group: _Group) -> bool:
        """Whether a group is a cell whatever the label: then it is left to these cells."""
        mask = self._sets([group.classes])[0]
        places = ((found, (masks == mask).all(axis=1)) for masks, found in zip(self._masks, self._cells, strict=True))
        return any(bool(same.any()) and bool((found[:, same] != NO_CELL).all()) for found, same in places)

    def intersections(self, groups: list[_Group]) -> Iterator[View]:
        """Every group by itself."""
        if not groups:
            return
        sets = self._sets([group.classes for group in groups])
        names = [_named(group) for group in groups]
        yield self._view("intersection", sets, names, lambda shown: self._bounds(sets, shown))

    def differences(self, pairs: list[tuple[_Group, _Group]]) -> Iterator[View]:
        """What the first group of each pair has beyond the second."""
        if not pairs:
            return
        whole, part = (self._sets([pair[place].classes for pair in pairs]) for place in (0, 1))
        sets = whole & ~part
        names = [f"{_named(one)} minus {_named(other)}" for one, other in pairs]

        def bounds(shown: Shown) -> tuple[np.ndarray, np.ndarray]:
            own, large, small = (self._bounds(some, shown) for some in (sets, whole, part))
            return np.maximum(own[0], large[0] - small[1]), np.minimum(own[1], large[1] - small[0])

        yield self._view("difference", sets, names, bounds)

    def _view(
        self,
        kind: str,
        sets: np.ndarray,
        names: list[str],
        bounds: Callable[[Shown], tuple[np.ndarray, np.ndarray]],
    ) -> View:
        labels, words = self._labels, self._crossing.words
        return View(kind, self.parts, sets, self._threshold(sets), lambda n, s: words(labels[n], names[s]), bounds)

    def _threshold(self, sets: np.ndarray) -> np.ndarray:
        """The strictest of the shown groups that contain each set (labels x sets)."""
        strictest = max(int(thresholds.max()) for thresholds in self._thresholds)
        if all((thresholds == strictest).all() for thresholds in self._thresholds):
            return np.broadcast_to(np.int64(strictest), (len(self._labels), len(sets)))
        found = np.zeros((len(self._labels), len(sets)), dtype=np.int64)
        for masks, thresholds in zip(self._masks, self._thresholds, strict=True):
            contained = (sets.astype(np.int64) @ ~masks.T.astype(bool)) == 0
            for group in np.flatnonzero(contained.any(axis=0)):
                held = contained[:, group]
                found[:, held] = np.maximum(found[:, held], thresholds[:, [group]])
        return found

    def _bounds(self, sets: np.ndarray, shown: Shown) -> tuple[np.ndarray, np.ndarray]:
        """The least and the most that each set can count, from the cells that lie within it and those that meet it."""
        shape = len(self._labels), len(sets)
        lower, upper = np.zeros(shape), np.full(shape, ANY)
        for masks, found in zip(self._masks, self._cells, strict=True):
            common = masks.astype(np.int64) @ sets.T.astype(np.int64)
            within, meeting = common == masks.sum(axis=1)[:, None], common > 0
            least = np.where(found < 0, 0.0, shown.lower[found])
            most = np.where(found < 0, ANY, np.minimum(shown.upper[found], ANY))
            lower, upper = np.maximum(lower, least @ within), np.minimum(upper, most @ meeting)
        return lower, upper

    def _sets(self, masks: list[int]) -> np.ndarray:
        sets = np.zeros((len(masks), self._size), dtype=bool)
        for place, classes in enumerate(masks):
            sets[place, list(_bits(classes))] = True
        return sets


def _named(group: _Group) -> str:
    return group.name if group.is_shown else f"(overlap of {group.name})"
