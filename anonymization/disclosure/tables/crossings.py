"""Where levels of one dimension meet: crossed with the same levels of the other dimensions, as shown or added up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from scipy import sparse

from anonymization.disclosure.tables.joint_model import JointModel, sums
from anonymization.disclosure.tables.table_set import TOTAL, TOTAL_LEVEL, Dimension, Table

Context = tuple[str, ...]  # one level for each of the other dimensions


@dataclass(frozen=True, eq=False)
class Crossing:
    """A dimension at several levels, each crossed with the same levels of the other dimensions.

    table_ids: of the tables that show these levels. others: the other dimensions that are told apart, each with its
    level.
    """

    population: str
    table_ids: str
    dimension: Dimension
    levels: tuple[str, ...]
    others: tuple[tuple[Dimension, str], ...]

    @cached_property
    def class_of(self) -> dict[str, int]:
        """The class of every leaf: leaves that no level tells apart stand together."""
        marks = {leaf: tuple(self.dimension.code(leaf, level) for level in self.levels) for leaf in self.leaves}
        number = {mark: place for place, mark in enumerate(dict.fromkeys(marks.values()))}
        return {leaf: number[mark] for leaf, mark in marks.items()}

    @property
    def leaves(self) -> tuple[str, ...]:
        """The leaf codes of the dimension."""
        return self.dimension.leaves

    @cached_property
    def labels(self) -> list[tuple[str, ...]]:
        """Codes of the other dimensions."""
        return self._table_of(self.dimension).labels((*self._context, TOTAL_LEVEL))

    def rows(self, model: JointModel, level: str) -> sparse.csr_array:
        """A row over atoms for each label and each code of a level, the code running fastest."""
        return sums(self._table_of(self.dimension), (*self._context, level), model.base)

    def rows_of_classes(self, model: JointModel) -> sparse.csr_array:
        """The same for each class."""
        classes = {"CLASS": {leaf: str(number) for leaf, number in self.class_of.items()}}
        return sums(self._table_of(Dimension(self.dimension.name, classes)), (*self._context, "CLASS"), model.base)

    @property
    def _context(self) -> Context:
        return tuple(level for _, level in self.others)

    def _table_of(self, along: Dimension) -> Table:
        return Table("crossing", self.population, (*(dimension for dimension, _ in self.others), along), ({},))

    def groups_of(self, level: str) -> dict[str, int]:
        """Code -> its classes as a bit mask."""
        found: dict[str, int] = {}
        for leaf in self.leaves:
            code = self.dimension.code(leaf, level)
            found[code] = found.get(code, 0) | 1 << self.class_of[leaf]
        return found

    def words(self, label: Sequence[str], group: str) -> str:
        """A group for one label, with the tables that show it."""
        codes = [f"{d.name}={code}" for (d, _), code in zip(self.others, label, strict=False) if code != TOTAL]
        return f"{self.table_ids}: {self.dimension.name} {group}{''.join(f', {code}' for code in codes)}"


def crossings(
    population: str, tables: Sequence[Table], dimensions: Mapping[str, Dimension], name: str
) -> Iterator[Crossing]:
    """Every combination of levels of the other dimensions at which levels of the dimension named are shown, or follow
    by adding up.
    """
    others = [dimension for other, dimension in dimensions.items() if other != name]
    shown = [(table, _levels(table, grouping)) for table in tables for grouping in table.groupings]
    by_context: dict[Context, dict[str, dict[str, None]]] = {}
    for table, levels in shown:
        if levels.get(name, TOTAL_LEVEL) != TOTAL_LEVEL:
            own = by_context.setdefault(tuple(levels.get(d.name, TOTAL_LEVEL) for d in others), {})
            own.setdefault(levels[name], {})[table.table_id] = None
    for context in _common(others, list(by_context)):
        available: dict[str, dict[str, None]] = {}
        for finer, found in by_context.items():
            if all(_refines(d, one, other) for d, one, other in zip(others, finer, context, strict=True)):
                for level, ids in found.items():
                    available.setdefault(level, {}).update(ids)
        ids = dict.fromkeys(one for found in available.values() for one in found)
        told = tuple((d, level) for d, level in zip(others, context, strict=True) if len(d.codes(level)) > 1)
        crossing = Crossing(population, " and ".join(ids), dimensions[name], tuple(available), told)
        if len(set(crossing.class_of.values())) > 1:
            yield crossing


def _levels(table: Table, grouping: Sequence[str]) -> dict[str, str]:
    return {dimension.name: level for dimension, level in zip(table.dimensions, grouping, strict=True)}


def _refines(dimension: Dimension, fine: str, coarse: str) -> bool:
    """Whether every code of one level lies within one code of the other."""
    pairs = {(dimension.code(leaf, fine), dimension.code(leaf, coarse)) for leaf in dimension.leaves}
    return len(pairs) == len(dimension.codes(fine))


def _common(others: Sequence[Dimension], contexts: Sequence[Context]) -> list[Context]:
    """The contexts, and those to which they can be added up: coarser levels that are shown too, and totals."""
    in_use = [dict.fromkeys([*(context[place] for context in contexts), TOTAL_LEVEL]) for place in range(len(others))]
    coarser = [
        {level: [other for other in levels if other != level and _refines(d, level, other)] for level in levels}
        for d, levels in zip(others, in_use, strict=True)
    ]
    found, waiting = dict.fromkeys(contexts), list(contexts)
    while waiting:
        context = waiting.pop()
        for place, level in enumerate(context):
            for other in coarser[place][level]:
                added_up = (*context[:place], other, *context[place + 1 :])
                if added_up not in found:
                    found[added_up] = None
                    waiting.append(added_up)
    return list(found)
