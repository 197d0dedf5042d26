"""A quick first look at many layouts: how many small counts each would show, from the groupings it is made of."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from anonymization.disclosure.advice.layouts import Change, Layout
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Grouping, Release, Table
from anonymization.disclosure.threshold_rules import ThresholdRule

Item = tuple[str, Grouping]
Shape = tuple[str, tuple[str, ...]]  # population, and the level of each of its dimensions: the same cells in any table


@dataclass(frozen=True)
class Candidate:
    """A layout, the changes that lead to it, and what it shows, roughly (equal cells of two shapes count twice).

    nonzero, primary: cells that are not 0, and small counts. counted: the sum of all counts.
    """

    changes: tuple[Change, ...]
    layout: Layout
    nonzero: int
    primary: int
    counted: int

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of its changes."""
        return frozenset(change.kind for change in self.changes)

    def expected_shown(self, hidden_for_each_primary: float) -> float:
        """Visible cells when each small count hides so many cells, itself among them."""
        return self.nonzero - self.primary * hidden_for_each_primary

    def expected_share(self, hidden_for_each_primary: float) -> float:
        """Hidden cells among those that are not 0, on the same reckoning."""
        return self.primary * hidden_for_each_primary / max(self.nonzero, 1)


class Screening:
    """Applies changes to a release's layout and counts cells; every grouping is tabulated once."""

    def __init__(self, release: Release, rule: ThresholdRule) -> None:
        self._release, self._rule = release, rule
        self._tables = {table.table_id: table for table in release.table_set.tables}
        self._moved: dict[tuple[Change, Item], Item | None] = {}
        self._shapes: dict[Item, Shape] = {}
        self._counted: dict[Shape, tuple[int, int, int]] = {}

    def candidates(self, layout: Layout, changes: list[Change], most: int) -> Iterator[Candidate]:
        """Every layout that one, two or three of the changes give, each once, by the fewest changes; `most` at most."""
        seen = {frozenset(layout)}
        for number, chosen in enumerate(_up_to_three(changes)):
            if number >= most:
                return
            found = self._changed(layout, chosen)
            if found and self._tells_something(found) and frozenset(found) not in seen:
                seen.add(frozenset(found))
                yield self.candidate(chosen, found)

    def candidate(self, changes: tuple[Change, ...], layout: Layout) -> Candidate:
        """A layout with its figures."""
        figures = [self._count_shape(shape) for shape in {self._shape(item) for item in layout}]
        nonzero, primary, counted = (sum(column) for column in zip(*figures, strict=True))
        return Candidate(changes, layout, nonzero, primary, counted)

    def _tells_something(self, layout: Layout) -> bool:
        """Whether each table still tells something apart: one that is left with its total only is no table."""
        telling = {name for name, grouping in layout if any(level != TOTAL_LEVEL for level in grouping)}
        return telling == {name for name, table in self._tables.items() if told_apart_anywhere(table)}

    def _changed(self, layout: Iterable[Item], changes: tuple[Change, ...]) -> Layout:
        for change in changes:
            moved = (self._move(change, item) for item in layout)
            layout = dict.fromkeys(item for item in moved if item is not None)
        return tuple(layout)

    def _move(self, change: Change, item: Item) -> Item | None:
        if (change, item) not in self._moved:
            grouping = change.apply(self._tables[item[0]], item[1])
            self._moved[change, item] = None if grouping is None else (item[0], grouping)
        return self._moved[change, item]

    def _shape(self, item: Item) -> Shape:
        if item not in self._shapes:
            table = self._tables[item[0]]
            own = dict(zip((dimension.name for dimension in table.dimensions), item[1], strict=True))
            names = self._release.table_set.dimensions_of(table.population)
            self._shapes[item] = table.population, tuple(own.get(name, TOTAL_LEVEL) for name in names)
        return self._shapes[item]

    def _count_shape(self, shape: Shape) -> tuple[int, int, int]:
        if shape not in self._counted:
            population, levels = shape
            dimensions = self._release.table_set.dimensions_of(population).values()
            coded = {
                d.name: d.levels[level] for d, level in zip(dimensions, levels, strict=True) if level != TOTAL_LEVEL
            }
            self._counted[shape] = self._tabulate(population, coded)
        return self._counted[shape]

    def _tabulate(self, population: str, coded: Mapping[str, Mapping[str, str]]) -> tuple[int, int, int]:
        counts = self._release.counts[population]
        keys = [counts[name].map(codes) for name, codes in coded.items()]
        cells = counts.groupby(keys, observed=True)["count"].sum() if keys else counts[["count"]].sum()
        is_primary = cells.between(1, self._rule.threshold - 1)
        return int((cells > 0).sum()), int(is_primary.sum()), int(cells.sum())


def told_apart_anywhere(table: Table) -> bool:
    """Whether a table, as asked, shows more than its total."""
    return any(level != TOTAL_LEVEL for grouping in table.groupings for level in grouping)


def _up_to_three(changes: list[Change]) -> Iterator[tuple[Change, ...]]:
    for number in (1, 2, 3):
        yield from combinations(changes, number)
