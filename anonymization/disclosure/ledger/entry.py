"""One published vintage as the ledger keeps it, and its one way of being written down."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from anonymization.disclosure.ledger.editions import LedgerEdition, Timing
from anonymization.disclosure.tables import relations as known
from anonymization.disclosure.tables.relations import Relation
from anonymization.disclosure.tables.table_set import TOTAL, Dimension, Table, TableSet
from anonymization.disclosure.threshold_rules import NamedCells, Stricter, ThresholdRule
from anonymization.errors import DisclosureError, PolicyError

KINDS = {kind.__name__: kind for kind in known.Relation.__args__}
BOUNDS = ["lower", "upper"]


@dataclass(frozen=True, eq=False)
class Entry:
    """One published vintage: what its cells mean, what they show, and what was stated beside them.

    tables:     as published, with their own ids; population: what is counted.
    timings:    population -> how its quarters hang together.
    statements: what is publicly known to relate its populations, to each other and to earlier editions: names as
                `LedgerEdition.population` gives them.
    rule:       what the cells were protected by.
    cells:      table_id, a column per dimension of the tables (`_T` where totalled or absent), count (Int64, missing
                when hidden); with `lower` and `upper` (Int64) where a method publishes an interval around the truth.

    Raises DisclosureError when the cells are not those of the tables, one row each, or when a timing is missing.
    """

    edition: LedgerEdition
    tables: tuple[Table, ...]
    timings: Mapping[str, Timing]
    statements: tuple[Relation, ...]
    rule: ThresholdRule
    cells: pd.DataFrame = field(repr=False)

    def __post_init__(self) -> None:
        if set(self.timings) != set(self.table_set.populations):
            raise DisclosureError(f"{self.edition.label} must say of each population whether it is a flow or a stock.")
        keys = ["table_id", *self.table_set.dimension_names]
        if list(self.cells.columns) not in ([*keys, "count"], [*keys, "count", *BOUNDS]):
            raise DisclosureError(f"The cells of {self.edition.label} need the columns {', '.join(keys)}, count.")
        wanted = _labels(self.tables, self.table_set.dimension_names)
        found = list(self.cells[keys].itertuples(index=False, name=None))
        if len(found) != len(wanted) or set(found) != wanted:
            raise DisclosureError(f"The cells of {self.edition.label} are not those of its tables, one row for each.")

    @property
    def table_set(self) -> TableSet:
        """Its tables, under their own names and without statements."""
        return TableSet(self.tables)

    @property
    def named_tables(self) -> tuple[Table, ...]:
        """Its tables under the names that they have among other editions."""
        return tuple(
            Table(self.edition.table(t.table_id), self.edition.population(t.population), t.dimensions, t.margins)
            for t in self.tables
        )


def _labels(tables: tuple[Table, ...], names: list[str]) -> set[tuple[str, ...]]:
    wanted = set()
    for table in tables:
        own = [dimension.name for dimension in table.dimensions]
        places = [own.index(name) if name in own else None for name in names]
        for grouping in table.groupings:
            for codes in table.labels(grouping):
                wanted.add((table.table_id, *(TOTAL if place is None else codes[place] for place in places)))
    return wanted


def canonical(content: Any) -> bytes:
    """The one way of writing this content down: JSON, keys sorted, no spaces."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def described(entry: Entry) -> dict[str, Any]:
    """The entry as plain lists, texts and whole numbers, ready to be written; `entry_of` reads it."""
    return {
        "edition": asdict(entry.edition),
        "tables": [describe_table(table) for table in entry.tables],
        "timings": {population: asdict(timing) for population, timing in entry.timings.items()},
        "statements": [{"kind": type(relation).__name__, **asdict(relation)} for relation in entry.statements],
        "rule": _described_rule(entry.rule),
        "cells": describe_frame(entry.cells),
    }


def entry_of(content: Mapping[str, Any]) -> Entry:
    """The entry that `described` wrote down. Raises DisclosureError when it is not one."""
    try:
        return Entry(
            LedgerEdition(**content["edition"]),
            tuple(_table(table) for table in content["tables"]),
            {population: Timing(**timing) for population, timing in content["timings"].items()},
            tuple(_relation(statement) for statement in content["statements"]),
            _rule(content["rule"]),
            frame_of(content["cells"]),
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, PolicyError) as error:
        raise DisclosureError("What stands in the ledger is no entry: put back the file that was written.") from error


def describe_table(table: Table) -> dict[str, Any]:
    """A table's definition as plain lists and texts; orders are kept, since they decide the order of the cells."""
    return {
        "table_id": table.table_id,
        "population": table.population,
        "dimensions": [
            [dimension.name, [[level, list(codes.items())] for level, codes in dimension.levels.items()]]
            for dimension in table.dimensions
        ],
        "margins": [{name: list(levels) for name, levels in margin.items()} for margin in table.margins],
    }


def describe_frame(frame: pd.DataFrame) -> dict[str, Any]:
    """A frame of texts and whole numbers (missing: null) by rows."""
    rows = frame.astype(object).where(frame.notna(), None)
    return {"columns": list(frame.columns), "rows": [list(row) for row in rows.itertuples(index=False, name=None)]}


def describe_counts(counts: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """The counts as plain lists, in one order whatever order the rows came in; zeros are left out."""
    described = {}
    for population, frame in counts.items():
        keys = sorted(name for name in frame.columns if name != "count")
        rows = frame.loc[frame["count"] > 0, [*keys, "count"]].astype({"count": "int64"})
        described[population] = describe_frame(rows.sort_values(keys, ignore_index=True))
    return described


def frame_of(content: Mapping[str, Any]) -> pd.DataFrame:
    """The frame that `describe_frame` wrote down; numbers become Int64."""
    frame = pd.DataFrame(content["rows"], columns=content["columns"], dtype=object)
    numbers = {name: "Int64" for name in ("count", *BOUNDS) if name in frame}
    return frame.astype(numbers)


def _table(content: Mapping[str, Any]) -> Table:
    dimensions = tuple(
        Dimension(name, {level: dict(codes) for level, codes in levels}) for name, levels in content["dimensions"]
    )
    margins = tuple({name: tuple(levels) for name, levels in margin.items()} for margin in content["margins"])
    return Table(content["table_id"], content["population"], dimensions, margins)


def _relation(content: Mapping[str, Any]) -> Relation:
    return KINDS[content["kind"]](**{name: value for name, value in content.items() if name != "kind"})


def _described_rule(rule: ThresholdRule) -> dict[str, Any]:
    """Without `hide` where it names no cells, so that entries made before there was such a key stay as they are."""
    content = asdict(rule)
    return content if rule.hide else {name: value for name, value in content.items() if name != "hide"}


def _rule(content: Mapping[str, Any]) -> ThresholdRule:
    stricter = tuple(
        Stricter(
            rule["threshold"],
            tuple(rule["tables"]),
            rule["levels"],
            {name: tuple(codes) for name, codes in rule["codes"].items()},
        )
        for rule in content["stricter"]
    )
    hide = tuple(
        NamedCells(
            tuple(cells["tables"]), *({n: tuple(v) for n, v in cells[key].items()} for key in ("levels", "codes"))
        )
        for cells in content.get("hide", ())
    )
    return ThresholdRule(**{**content, "stricter": stricter, "hide": hide})
