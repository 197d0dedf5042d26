"""The dimensions and levels that a public table may name: those of the deployment's catalogue, and what breaks them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from publications.errors import PublicationError
from publications.public_tables import DimensionSpec, Margin, TableSpec

FRAMES = {
    "dim_dimension": ("dimension", "classification", "sdmx_concept", "sort_order"),
    "dim_level": ("classification", "level", "rank", "is_whole", "is_published"),
}
# what every table may say, whatever a deployment calls it: of a dimension its own classification, of ages the headline
# system; of the published levels of a classification the whole, the finest, and the one above that
HEADLINE = "headline"
WHOLE, FINEST, ABOVE_FINEST = "WHOLE", "FINEST", "ABOVE_FINEST"


@dataclass(frozen=True)
class Catalogue:
    """`sdmx`: dimension -> its column in SDMX, in the order of publication. `levels`: classification -> its levels.

    `whole`: (classification, level) of one code, which holds everybody; `unpublished`: those that no table may show;
    `classifications`: dimension -> its own classification, which only needs to be known where tables are made.
    """

    sdmx: Mapping[str, str]
    levels: Mapping[str, tuple[str, ...]]
    whole: frozenset[tuple[str, str]]
    unpublished: frozenset[tuple[str, str]]
    classifications: Mapping[str, str] = field(default_factory=dict)

    def in_order(self, names: Iterable[str]) -> list[str]:
        """The dimensions among these names, in the order of publication."""
        wanted = set(names)
        return [name for name in self.sdmx if name in wanted]


def read_catalogue(frames: Mapping[str, pd.DataFrame]) -> Catalogue:
    """The catalogue from two frames, with the columns of `FRAMES`; `classification` of a dimension may be missing."""
    dimensions = frames["dim_dimension"].sort_values("sort_order")
    levels = frames["dim_level"].sort_values(["classification", "rank"])
    named: dict[str, tuple[str, ...]] = {}
    for classification, level in zip(levels["classification"], levels["level"], strict=True):
        named[classification] = (*named.get(classification, ()), level)
    keys = list(zip(levels["classification"], levels["level"], strict=True))
    return Catalogue(
        dict(zip(dimensions["dimension"], dimensions["sdmx_concept"], strict=True)),
        named,
        frozenset(key for key, is_whole in zip(keys, levels["is_whole"], strict=True) if is_whole),
        frozenset(key for key, is_published in zip(keys, levels["is_published"], strict=True) if not is_published),
        dict(zip(dimensions["dimension"], dimensions["classification"], strict=True))
        if "classification" in dimensions
        else {},
    )


def in_names_of(catalogue: Catalogue, table: TableSpec) -> TableSpec:
    """The table with the deployment's own classifications and levels where it says only which of them it means."""
    dimensions = {name: _named(catalogue, name, dimension) for name, dimension in table.dimensions.items()}
    cells = [
        margin.model_copy(
            update={
                "levels": {
                    name: _levels(catalogue, dimensions[name].classification, levels)
                    for name, levels in margin.levels.items()
                }
            }
        )
        for margin in table.cells
    ]
    return table.model_copy(update={"dimensions": dimensions, "cells": cells})


def _named(catalogue: Catalogue, name: str, dimension: DimensionSpec) -> DimensionSpec:
    own = catalogue.classifications.get(name)
    if dimension.classification != HEADLINE or own is None:
        return dimension
    return dimension.model_copy(update={"classification": own})


def _levels(catalogue: Catalogue, classification: str, levels: Iterable[str]) -> list[str]:
    known = catalogue.levels.get(classification, ())
    published = [level for level in known if (classification, level) not in catalogue.unpublished]
    if not published:
        return list(levels)
    # where nothing but the whole is above the finest level, that one is shown
    meant = {WHOLE: published[0], FINEST: published[-1], ABOVE_FINEST: published[max(-2, 1 - len(published))]}
    return list(dict.fromkeys(meant.get(level, level) for level in levels))


def refuse_unknown_names(tables: Iterable[TableSpec], catalogue: Catalogue) -> None:
    """Raise PublicationError with a line for each name of a table that the catalogue does not have."""
    told = [fault for table in tables for fault in faults(in_names_of(catalogue, table), catalogue)]
    if told:
        raise PublicationError("\n".join(told))


def faults(table: TableSpec, catalogue: Catalogue) -> Iterator[str]:
    """What a table names that is not in the catalogue, or lays out wrongly, in sentences."""
    for name, dimension in table.dimensions.items():
        if name not in catalogue.sdmx:
            yield f"{table.called}: dimensions.{name} is not known; known: {', '.join(catalogue.sdmx)}."
        if dimension.classification not in catalogue.levels:
            yield (
                f"{table.called}: dimensions.{name}.classification: {dimension.classification} is not "
                f"known; known: {', '.join(catalogue.levels)}."
            )
    for margin in table.cells:
        yield from _faults_of_margin(table, margin, catalogue)


def _faults_of_margin(table: TableSpec, margin: Margin, catalogue: Catalogue) -> Iterator[str]:
    varying = []
    for name, levels in margin.levels.items():
        classification = table.dimensions[name].classification
        known = catalogue.levels.get(classification, ())
        for level in levels:
            if level not in known or (classification, level) in catalogue.unpublished:
                published = [one for one in known if (classification, one) not in catalogue.unpublished]
                yield (
                    f"{table.called}: {margin.sheet}.{name} uses level {level!r}, which is not one that "
                    f"may be published; known: {', '.join(published)}."
                )
        if len(levels) > 1 or (classification, levels[0]) not in catalogue.whole:
            varying.append(name)
    shown = [*margin.rows, *([margin.columns] if margin.columns else [])]
    if sorted(shown) != sorted(varying):
        names = ", ".join(varying) or "no dimension"
        yield f"{table.called}: cells, {margin.sheet}: rows and columns must show each of {names} once."
