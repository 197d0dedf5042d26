"""What is published: dimensions with levels, tables with margins, and the set of tables that go out together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import pandas as pd

from anonymization.disclosure.tables.relations import Relation
from anonymization.errors import DisclosureError

TOTAL_LEVEL = "TOTAL"
TOTAL = "_T"
FIGURES = {"count", "status", "obs_status", "lower", "upper", "true_count"}  # columns of cells that are no dimension
RESERVED_NAMES = {"table_id", "population", "cell", "freq", "suppressed", *FIGURES}
LARGEST_COUNT = 2**53  # beyond it a float holding a whole number is no longer exact

Grouping = tuple[str, ...]  # one level name for each dimension of a table


@dataclass(frozen=True)
class Dimension:
    """One dimension: for each level, the code of every leaf at that level.

    The level `TOTAL` (every leaf -> `_T`) is implied. Levels need not nest, but every level covers every leaf, and a
    code that stands at two levels means the same leaves at both.

    >>> counties = {"A0101": "A0101", "A0104": "A0104"}
    >>> area = Dimension("area", {"COUNTY": counties, "REGION": {"A0101": "A01", "A0104": "A01"}})
    >>> area.codes("REGION")
    ('A01',)
    >>> area.codes("TOTAL")
    ('_T',)
    """

    name: str
    levels: Mapping[str, Mapping[str, str]]

    def __post_init__(self) -> None:
        if self.name in RESERVED_NAMES:
            raise DisclosureError(f"A dimension cannot be called {self.name}: choose another name.")
        if not self.levels or not self.leaves:
            raise DisclosureError(f"Dimension {self.name} has no codes: give it at least one level.")
        for level, mapping in self.levels.items():
            if level == TOTAL_LEVEL or TOTAL in mapping.values():
                raise DisclosureError(
                    f"Dimension {self.name} names its own total: {TOTAL_LEVEL} and {TOTAL} are implied."
                )
            if set(mapping) != set(self.leaves):
                raise DisclosureError(
                    f"Level {level} of dimension {self.name} must cover every leaf code, and no other."
                )
        self._refuse_ambiguous_codes()

    def _refuse_ambiguous_codes(self) -> None:
        meanings: dict[str, set[frozenset[str]]] = {}
        for mapping in self.levels.values():
            leaves: dict[str, set[str]] = {}
            for leaf, code in mapping.items():
                leaves.setdefault(code, set()).add(leaf)
            for code, members in leaves.items():
                meanings.setdefault(code, set()).add(frozenset(members))
        for code, different in meanings.items():
            if len(different) > 1:
                raise DisclosureError(f"Code {code} of dimension {self.name} means different leaves at two levels.")

    @property
    def leaves(self) -> tuple[str, ...]:
        """Leaf codes, in the order of the first level."""
        return tuple(next(iter(self.levels.values())))

    def code(self, leaf: str, level: str) -> str:
        """Code of a leaf at a level."""
        return TOTAL if level == TOTAL_LEVEL else self.levels[level][leaf]

    def codes(self, level: str) -> tuple[str, ...]:
        """Codes of a level, in the order of the leaves."""
        return tuple(dict.fromkeys(self.code(leaf, level) for leaf in self.leaves))


@dataclass(frozen=True, eq=False)
class Table:
    """One public table.

    population: what is counted. Tables of one population count the same persons, so they are linked.
    margins:    each is the cross of the levels it names; a dimension that it does not name is totalled.

    Raises DisclosureError for an unknown level or dimension.
    """

    table_id: str
    population: str
    dimensions: tuple[Dimension, ...]
    margins: tuple[Mapping[str, tuple[str, ...]], ...]

    def __post_init__(self) -> None:
        names = [dimension.name for dimension in self.dimensions]
        if not names or len(set(names)) < len(names):
            raise DisclosureError(f"Table {self.table_id} needs dimensions, each named once.")
        if not self.margins:
            raise DisclosureError(f"Table {self.table_id} has no margins: say which cells it publishes.")
        known = {dimension.name: {TOTAL_LEVEL, *dimension.levels} for dimension in self.dimensions}
        for margin in self.margins:
            for name, levels in margin.items():
                if name not in known or set(levels) - known[name] or not levels:
                    raise DisclosureError(f"Table {self.table_id} has a margin with an unknown level of {name}.")

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        """Every combination of levels that the margins name, once, in the order of the margins."""
        crosses = (
            product(*(margin.get(dimension.name, (TOTAL_LEVEL,)) for dimension in self.dimensions))
            for margin in self.margins
        )
        return tuple(dict.fromkeys(grouping for cross in crosses for grouping in cross))

    def levels_in_use(self, name: str) -> tuple[str, ...]:
        """The levels at which the margins show a dimension, without the total."""
        place = [dimension.name for dimension in self.dimensions].index(name)
        return tuple(dict.fromkeys(g[place] for g in self.groupings if g[place] != TOTAL_LEVEL))

    def labels(self, grouping: Grouping) -> list[tuple[str, ...]]:
        """Codes of every cell of a grouping, zeros included."""
        return list(product(*(d.codes(level) for d, level in zip(self.dimensions, grouping, strict=True))))


@dataclass(frozen=True, eq=False)
class TableSet:
    """All tables that are read together, and what is known to relate their populations; no counts.

    Raises DisclosureError when a table is named twice, when two tables of one population describe a dimension in two
    ways, or when a relation names a population that no table counts.
    """

    tables: tuple[Table, ...]
    relations: tuple[Relation, ...] = ()

    def __post_init__(self) -> None:
        identifiers = [table.table_id for table in self.tables]
        if not identifiers or len(set(identifiers)) < len(identifiers):
            raise DisclosureError("A release needs tables, each with an identifier of its own.")
        for population, tables in self.populations.items():
            _common_dimensions(population, tables)
        for relation in self.relations:
            unknown = set(relation.populations) - set(self.populations)
            if unknown:
                raise DisclosureError(f"A relation names {', '.join(sorted(unknown))}, which no table counts.")

    @property
    def dimension_names(self) -> list[str]:
        """Every dimension, in order of first use."""
        return list(dict.fromkeys(dimension.name for table in self.tables for dimension in table.dimensions))

    @property
    def populations(self) -> dict[str, list[Table]]:
        """Tables by what they count."""
        tables: dict[str, list[Table]] = {}
        for table in self.tables:
            tables.setdefault(table.population, []).append(table)
        return tables

    def dimensions_of(self, population: str) -> dict[str, Dimension]:
        """The dimensions of a population's tables, by name."""
        return _common_dimensions(population, self.populations[population])


@dataclass(frozen=True, eq=False)
class Release:
    """A set of tables with the counts behind it: the unit of protection.

    counts: for each population one row per combination of leaf codes that occurs: a column for each dimension of its
    tables, and `count`, whole, never negative. A combination without a row is a zero.

    Raises DisclosureError for a missing population, an unknown leaf code, a duplicate row, a count that is not whole.
    """

    table_set: TableSet
    counts: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = set(self.table_set.populations) ^ set(self.counts)
        if missing:
            raise DisclosureError(f"Counts and tables do not name the same populations: {', '.join(sorted(missing))}.")
        for population, counts in self.counts.items():
            _check_counts(population, counts, self.table_set.dimensions_of(population))


def _common_dimensions(population: str, tables: list[Table]) -> dict[str, Dimension]:
    dimensions: dict[str, Dimension] = {}
    for dimension in (dimension for table in tables for dimension in table.dimensions):
        known = dimensions.setdefault(dimension.name, dimension)
        if known != dimension:
            raise DisclosureError(f"Tables of {population} describe dimension {dimension.name} in two ways.")
    return dimensions


def _check_counts(population: str, counts: pd.DataFrame, dimensions: Mapping[str, Dimension]) -> None:
    if set(counts.columns) != {*dimensions, "count"}:
        raise DisclosureError(f"The counts of {population} need the columns {', '.join([*dimensions, 'count'])}, only.")
    for name, dimension in dimensions.items():
        if not counts[name].isin(dimension.leaves).all():
            raise DisclosureError(f"The counts of {population} have leaf codes that dimension {name} does not.")
    if counts.duplicated(list(dimensions)).any():
        raise DisclosureError(f"The counts of {population} have two rows for one combination of codes: add them up.")
    _refuse_odd_counts(population, counts["count"])


def _refuse_odd_counts(population: str, counts: pd.Series) -> None:
    if not pd.api.types.is_numeric_dtype(counts) or pd.api.types.is_bool_dtype(counts) or counts.isna().any():
        raise DisclosureError(f"The counts of {population} are not all numbers.")
    if (counts % 1 != 0).any() or (counts < 0).any() or (counts > LARGEST_COUNT).any():
        raise DisclosureError(f"The counts of {population} are negative, not whole, or too large somewhere.")
