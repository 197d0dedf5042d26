"""Lines: which published cell is the sum of which others, one step of one dimension at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from anonymization.disclosure.tables.joint_model import JointModel
from anonymization.disclosure.tables.table_set import TOTAL_LEVEL, Dimension

Levels = Mapping[str, str]  # dimension -> the level at which a grouping shows it, `TOTAL` for the others


@dataclass(frozen=True, eq=False)
class Lines:
    """Sums inside tables and between tables of one population: total = sum of parts.

    total: the distinct cell that each line adds up to. line, part: for every part its line and its distinct cell, lines
    in order. Lines with one part are left out: their total is the same cell.
    """

    total: np.ndarray
    line: np.ndarray
    part: np.ndarray

    def __len__(self) -> int:
        return len(self.total)


def lines_of(model: JointModel) -> Lines:
    """All lines between the cells of a model whose total is published as well.

    Each level is added up to the nearest coarser levels shown beside it. Bands that do not nest meet only in what both
    add up to; relations between populations give no lines.
    """
    found = [step for population in model.table_set.populations for step in _of_population(model, population)]
    if not found:
        return Lines(*(np.zeros(0, dtype=np.int64) for _ in range(3)))
    totals, lines, parts = [], [], []
    first = 0
    for total, line, part in found:
        totals.append(total)
        lines.append(line + first)
        parts.append(part)
        first += len(total)
    return _without_single_parts(np.concatenate(totals), np.concatenate(lines), np.concatenate(parts))


def coarser_levels(dimension: Dimension, level: str, among: set[str]) -> list[str]:
    """The levels of `among` that codes of `level` add up to, without those that a nearer one of them adds up to.

    >>> ages = Dimension("age", {"YEAR": {"0": "0", "1": "1", "2": "2"}, "BAND": {"0": "0T1", "1": "0T1", "2": "2"}})
    >>> coarser_levels(ages, "YEAR", {"BAND", "TOTAL"})
    ['BAND']
    """
    above = [other for other in sorted(among) if other != level and _adds_up_to(dimension, level, other)]
    return [other for other in above if not any(_adds_up_to(dimension, near, other) for near in above if near != other)]


def _adds_up_to(dimension: Dimension, level: str, other: str) -> bool:
    fine, coarse = len(dimension.codes(level)), len(dimension.codes(other))
    pairs = {(dimension.code(leaf, level), dimension.code(leaf, other)) for leaf in dimension.leaves}
    return coarse < fine and len(pairs) == fine


def _of_population(model: JointModel, population: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    dimensions = model.table_set.dimensions_of(population)
    finder = _Finder(model, population, dimensions)
    groupings = _groupings(model, population)
    known = {tuple(levels.values()) for levels in groupings}
    for levels, name in product(groupings, dimensions):
        if levels[name] != TOTAL_LEVEL:
            steps = {level for level in _levels(dimensions[name]) if tuple({**levels, name: level}.values()) in known}
            for coarser in coarser_levels(dimensions[name], levels[name], steps):
                yield finder.step(levels, name, coarser)


def _levels(dimension: Dimension) -> list[str]:
    return [*dimension.levels, TOTAL_LEVEL]


def _groupings(model: JointModel, population: str) -> list[Levels]:
    names = model.table_set.dimensions_of(population)
    found: dict[tuple[str, ...], Levels] = {}
    for table in model.table_set.populations[population]:
        for grouping in table.groupings:
            own = dict(zip((dimension.name for dimension in table.dimensions), grouping, strict=True))
            levels = {name: own.get(name, TOTAL_LEVEL) for name in names}
            found.setdefault(tuple(levels.values()), levels)
    return list(found.values())


class _Finder:
    """Finds the distinct cell of any combination of codes of one population."""

    def __init__(self, model: JointModel, population: str, dimensions: Mapping[str, Dimension]) -> None:
        self._dimensions = dimensions
        self._places = {
            name: {code: number for number, code in enumerate(dict.fromkeys(_all_codes(dimension)))}
            for name, dimension in dimensions.items()
        }
        tables = [table.table_id for table in model.table_set.populations[population]]
        rows = model.rows[model.rows["table_id"].isin(tables)]
        keys = np.zeros(len(rows), dtype=np.int64)
        for name, places in self._places.items():
            keys = keys * len(places) + rows[name].map(places).to_numpy(dtype=np.int64)
        by_key = pd.Series(rows["cell"].to_numpy(), index=keys).groupby(level=0).first()
        self._keys, self._cells = by_key.index.to_numpy(), by_key.to_numpy()

    def cells(self, levels: Levels) -> np.ndarray:
        """The cells of a grouping, an axis for each dimension."""
        keys = np.zeros((1,) * len(levels), dtype=np.int64)
        for axis, (name, places) in enumerate(self._places.items()):
            along = [1 if other != axis else -1 for other in range(len(levels))]
            codes = self._dimensions[name].codes(levels[name])
            keys = keys * len(places) + np.array([places[code] for code in codes]).reshape(along)
        return self._cells[np.searchsorted(self._keys, keys)]

    def step(self, levels: Levels, name: str, coarser: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The totals of one step, and of every part its line and its cell."""
        totals, parts = self.cells({**levels, name: coarser}), self.cells(levels)
        numbers = np.arange(totals.size).reshape(totals.shape)
        up = _place_above(self._dimensions[name], levels[name], coarser)
        return totals.ravel(), np.take(numbers, up, axis=list(levels).index(name)).ravel(), parts.ravel()


def _all_codes(dimension: Dimension) -> list[str]:
    return [code for level in _levels(dimension) for code in dimension.codes(level)]


def _place_above(dimension: Dimension, level: str, coarser: str) -> np.ndarray:
    place = {code: number for number, code in enumerate(dimension.codes(coarser))}
    above = {dimension.code(leaf, level): dimension.code(leaf, coarser) for leaf in dimension.leaves}
    return np.array([place[above[code]] for code in dimension.codes(level)])


def _without_single_parts(total: np.ndarray, line: np.ndarray, part: np.ndarray) -> Lines:
    kept = np.bincount(line, minlength=len(total)) > 1
    number = np.cumsum(kept) - 1
    order = np.argsort(line, kind="stable")
    order = order[kept[line[order]]]
    return Lines(total[kept], number[line[order]], part[order])
