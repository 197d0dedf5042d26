"""Specifications of public tables: dimensions with levels, margins, and the counts behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from anonymization.errors import DisclosureError

TOTAL_LEVEL = "TOTAL"
TOTAL = "_T"
RESERVED_NAMES = {"table_id", "count", "status", "cell"}
LARGEST_COUNT = 2**53  # beyond it a float holding a whole number is no longer exact

Grouping = tuple[str, ...]  # one level name for each dimension of a table


@dataclass(frozen=True)
class Dimension:
    """One dimension: for each level, the code of every leaf at that level.

    The level `TOTAL` (every leaf -> `_T`) is implied. Levels need not nest, but every level covers every leaf, and a
    code that stands at two levels means the same leaves at both.

    >>> counties = {"RO421": "RO421", "RO424": "RO424"}
    >>> area = Dimension("area", {"COUNTY": counties, "NUTS2": {"RO421": "RO42", "RO424": "RO42"}})
    >>> area.codes("NUTS2")
    ('RO42',)
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

    margins: each is the cross of the levels it names; a dimension that it does not name is totalled.
    counts:  one row per combination of leaf codes that occurs (a column per dimension, and `count`, whole, never
             negative). A combination without a row is a zero.
    population: what is counted. Tables of one population count the same children, so they are linked.

    Raises DisclosureError for an unknown level, dimension or leaf code, a duplicate row, a count that is not whole.
    """

    table_id: str
    population: str
    dimensions: tuple[Dimension, ...]
    margins: tuple[Mapping[str, tuple[str, ...]], ...]
    counts: pd.DataFrame

    def __post_init__(self) -> None:
        names = [dimension.name for dimension in self.dimensions]
        if not names or len(set(names)) < len(names):
            raise DisclosureError(f"Table {self.table_id} needs dimensions, each named once.")
        if not self.margins:
            raise DisclosureError(f"Table {self.table_id} has no margins: say which cells it publishes.")
        self._check_margins()
        self._check_counts()

    def _check_margins(self) -> None:
        known = {dimension.name: {TOTAL_LEVEL, *dimension.levels} for dimension in self.dimensions}
        for margin in self.margins:
            for name, levels in margin.items():
                unknown = set(levels) - known.get(name, set())
                if name not in known or unknown or not levels:
                    raise DisclosureError(f"Table {self.table_id} has a margin with an unknown level of {name}.")

    def _check_counts(self) -> None:
        names = [dimension.name for dimension in self.dimensions]
        if set(self.counts.columns) != {*names, "count"}:
            raise DisclosureError(
                f"The counts of {self.table_id} need the columns {', '.join([*names, 'count'])}, only."
            )
        for dimension in self.dimensions:
            if not self.counts[dimension.name].isin(dimension.leaves).all():
                raise DisclosureError(f"Table {self.table_id} has leaf codes that dimension {dimension.name} does not.")
        if self.counts.duplicated(names).any():
            raise DisclosureError(
                f"Table {self.table_id} has two rows for one combination of codes: add them up first."
            )
        _refuse_odd_counts(self.table_id, self.counts["count"])

    def groupings(self) -> tuple[Grouping, ...]:
        """Every combination of levels that the margins name, once, in the order of the margins."""
        crosses = (
            product(*(margin.get(dimension.name, (TOTAL_LEVEL,)) for dimension in self.dimensions))
            for margin in self.margins
        )
        return tuple(dict.fromkeys(grouping for cross in crosses for grouping in cross))

    def labels(self, grouping: Grouping) -> list[tuple[str, ...]]:
        """Codes of every cell of a grouping, zeros included."""
        return list(product(*(d.codes(level) for d, level in zip(self.dimensions, grouping, strict=True))))

    def tabulate(self, grouping: Grouping) -> np.ndarray:
        """Counts of every cell of a grouping, in the order of `labels`."""
        shape = [len(d.codes(level)) for d, level in zip(self.dimensions, grouping, strict=True)]
        cells = np.zeros(shape, dtype=np.int64)
        positions = tuple(self._positions(d, level) for d, level in zip(self.dimensions, grouping, strict=True))
        np.add.at(cells, positions, self.counts["count"].to_numpy(dtype=np.int64))
        return cells.ravel()

    def _positions(self, dimension: Dimension, level: str) -> np.ndarray:
        place = {code: position for position, code in enumerate(dimension.codes(level))}
        place_of_leaf = {leaf: place[dimension.code(leaf, level)] for leaf in dimension.leaves}
        return self.counts[dimension.name].map(place_of_leaf).to_numpy(dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Release:
    """All tables that are published together: the unit of protection."""

    tables: tuple[Table, ...]

    def __post_init__(self) -> None:
        identifiers = [table.table_id for table in self.tables]
        if not identifiers or len(set(identifiers)) < len(identifiers):
            raise DisclosureError("A release needs tables, each with an identifier of its own.")

    @property
    def dimension_names(self) -> list[str]:
        """Every dimension of the release, in order of first use."""
        return list(dict.fromkeys(dimension.name for table in self.tables for dimension in table.dimensions))

    @property
    def populations(self) -> dict[str, list[Table]]:
        """Tables by what they count."""
        tables: dict[str, list[Table]] = {}
        for table in self.tables:
            tables.setdefault(table.population, []).append(table)
        return tables


def _refuse_odd_counts(table_id: str, counts: pd.Series) -> None:
    if not pd.api.types.is_numeric_dtype(counts) or pd.api.types.is_bool_dtype(counts) or counts.isna().any():
        raise DisclosureError(f"Table {table_id} has counts that are not numbers.")
    if (counts % 1 != 0).any() or (counts < 0).any() or (counts > LARGEST_COUNT).any():
        raise DisclosureError(f"Table {table_id} has counts that are negative, not whole, or too large.")
