"""Layouts: which groupings of which table are published, and the changes that make a layout coarser."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import pandas as pd

from anonymization.disclosure.advice.lines import coarser_levels
from anonymization.disclosure.tables.cliques import told_apart
from anonymization.disclosure.tables.named_cells import groupings_with
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Dimension, Grouping, Release, Table, TableSet
from anonymization.disclosure.threshold_rules import NamedCells

Layout = tuple[tuple[str, Grouping], ...]  # (table id, levels in the order of the table's dimensions as asked)


@dataclass(frozen=True)
class Coarser:
    """Show a dimension at a coarser level (`TOTAL`: not at all) wherever it is shown at `level`.

    level: None means every level. table_id: None means every table.
    """

    dimension: str
    level: str | None
    instead: str
    table_id: str | None = None

    @property
    def kind(self) -> str:
        """`dimension` when one is dropped, `level` when it stays."""
        return "dimension" if self.instead == TOTAL_LEVEL else "level"

    @property
    def words(self) -> str:
        """What changes, in words."""
        where = f" in {self.table_id}" if self.table_id else ""
        if self.level is None:
            return f"drop dimension {self.dimension}{where}"
        instead = "only in total" if self.instead == TOTAL_LEVEL else f"at level {self.instead}"
        return f"show {self.dimension} {instead} instead of level {self.level}{where}"

    def apply(self, table: Table, grouping: Grouping) -> Grouping | None:
        """The grouping that is shown instead; None for nothing."""
        if self.table_id not in (None, table.table_id):
            return grouping
        levels = zip(table.dimensions, grouping, strict=True)
        return tuple(self.instead if self._holds(dimension, level) else level for dimension, level in levels)

    def _holds(self, dimension: Dimension, level: str) -> bool:
        return dimension.name == self.dimension and self.level in (None, level) and level != TOTAL_LEVEL


@dataclass(frozen=True)
class FewerTogether:
    """Cross at most so many dimensions at once; with `dimension`, only where it is shown at `level`."""

    most: int
    dimension: str | None = None
    level: str | None = None

    @property
    def kind(self) -> str:
        """`cross`: dimensions and levels stay."""
        return "cross"

    @property
    def words(self) -> str:
        """What changes, in words."""
        if self.dimension is None:
            return (
                f"cross at most {self.most} dimensions at once"
                if self.most > 1
                else "cross no dimensions with each other"
            )
        shown = f"{self.dimension} at level {self.level}"
        if self.most == 1:
            return f"show {shown} by itself only"
        return f"cross {shown} with at most {'one other dimension' if self.most == 2 else f'{self.most - 1} others'}"

    def apply(self, table: Table, grouping: Grouping) -> Grouping | None:
        """The grouping itself, or None when it is dropped."""
        levels = {dimension.name: level for dimension, level in zip(table.dimensions, grouping, strict=True)}
        is_meant = self.dimension is None or levels.get(self.dimension) == self.level
        return None if is_meant and len(told_apart(table, grouping)) > self.most else grouping


Change = Coarser | FewerTogether


def layout_of(table_set: TableSet) -> Layout:
    """What is published as asked."""
    return tuple((table.table_id, grouping) for table in table_set.tables for grouping in table.groupings)


def possible_changes(table_set: TableSet) -> list[Change]:
    """All single changes: levels made coarser, dimensions dropped, crosses limited; for all tables, and for each."""
    dimensions = _dimensions_shown(table_set)
    changes: list[Change] = [change for name in dimensions for change in _coarser(name, dimensions[name], None)]
    changes += _fewer_together(table_set, dimensions)
    for table in table_set.tables if len(table_set.tables) > 1 else ():
        for name, (dimension, levels) in _dimensions_shown(TableSet((table,))).items():
            changes += _coarser(name, (dimension, levels), table.table_id)
    return changes


def _dimensions_shown(table_set: TableSet) -> dict[str, tuple[Dimension, set[str]]]:
    found: dict[str, tuple[Dimension, set[str]]] = {}
    for table in table_set.tables:
        for dimension in table.dimensions:
            _, levels = found.setdefault(dimension.name, (dimension, set()))
            levels.update(table.levels_in_use(dimension.name))
    return {name: (dimension, levels) for name, (dimension, levels) in found.items() if levels}


def _coarser(name: str, shown: tuple[Dimension, set[str]], table_id: str | None) -> list[Change]:
    dimension, levels = shown
    changes: list[Change] = [Coarser(name, None, TOTAL_LEVEL, table_id)]
    for level in sorted(levels):
        above = coarser_levels(dimension, level, set(dimension.levels))
        changes += [Coarser(name, level, other, table_id) for other in above]
    return changes


def _fewer_together(table_set: TableSet, dimensions: Mapping[str, tuple[Dimension, set[str]]]) -> list[Change]:
    most = max(len(told_apart(table, grouping)) for table in table_set.tables for grouping in table.groupings)
    changes: list[Change] = [FewerTogether(number) for number in range(most - 1, 0, -1)]
    for name, (dimension, levels) in dimensions.items():
        finest = max(sorted(levels), key=lambda level: len(dimension.codes(level)))
        changes += [FewerTogether(number, name, finest) for number in range(most - 1, 0, -1)]
    return changes


def release_with(release: Release, layout: Layout) -> Release:
    """The release with only the groupings of `layout`: dimensions that it no longer has are added up."""
    tables = {table.table_id: table for table in release.table_set.tables}
    kept = [_table(tables[name], [g for t, g in layout if t == name]) for name in dict.fromkeys(t for t, _ in layout)]
    populations = {table.population for table in kept}
    relations = tuple(r for r in release.table_set.relations if set(r.populations) <= populations)
    table_set = TableSet(tuple(kept), relations)
    return Release(table_set, {name: _counts(release, table_set, name) for name in table_set.populations})


def shows_kept(layout: Layout, table_set: TableSet, keep: Sequence[NamedCells]) -> bool:
    """Whether a layout shows all cells of `keep` that the tables show as asked, in whichever table."""
    tables = {table.table_id: table for table in table_set.tables}
    shown = {_levels_told(tables[name], grouping) for name, grouping in layout}
    wanted = {
        _levels_told(table, grouping)
        for named in keep
        for table in table_set.tables
        for grouping in groupings_with(named, table)
    }
    return wanted <= shown


def _levels_told(table: Table, grouping: Grouping) -> tuple[str, frozenset[tuple[str, str]]]:
    """Whom a grouping counts, and each dimension that it does not total, with its level."""
    levels = zip(table.dimensions, grouping, strict=True)
    return table.population, frozenset((d.name, level) for d, level in levels if level != TOTAL_LEVEL)


def _table(table: Table, groupings: list[Grouping]) -> Table:
    levels = [list(dict.fromkeys(g[place] for g in groupings)) for place in range(len(table.dimensions))]
    used = [place for place, names in enumerate(levels) if names != [TOTAL_LEVEL]] or [0]
    names = [table.dimensions[place].name for place in used]
    if prod(len(found) for found in levels) == len(groupings):
        margins: tuple[Mapping[str, tuple[str, ...]], ...] = (
            {name: tuple(levels[place]) for name, place in zip(names, used, strict=True)},
        )
    else:
        margins = tuple({name: (g[place],) for name, place in zip(names, used, strict=True)} for g in groupings)
    return Table(table.table_id, table.population, tuple(table.dimensions[place] for place in used), margins)


def _counts(release: Release, table_set: TableSet, population: str) -> pd.DataFrame:
    names = list(table_set.dimensions_of(population))
    summed = release.counts[population].groupby(names, observed=True)["count"].sum()
    return summed.reset_index()
