"""From a SPEC to what the kernel works with: the set of tables and the rule."""

from collections.abc import Mapping, Sequence

from anonymization.disclosure.cells_by_name import NamedCellsKeys
from anonymization.disclosure.tables.named_cells import refuse_unknown
from anonymization.disclosure.tables.table_set import TOTAL, TOTAL_LEVEL, Dimension, Table, TableSet
from anonymization.disclosure.threshold_rules import NamedCells, Stricter, ThresholdRule
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE, DimensionKeys, Spec, TableKeys
from anonymization.errors import DisclosureError, PolicyError

POPULATION = "records"  # a SPEC counts one population: the records of one file


def table_set(spec: Spec, file: str) -> TableSet:
    """The tables of a SPEC; the finest level of a dimension has its name. Raises PolicyError with the key."""
    dimensions = {name: _dimension(name, keys, file) for name, keys in spec.dimensions.items()}
    return TableSet(tuple(_table(n, table, dimensions, file) for n, table in enumerate(spec.tables)))


def threshold_rule(spec: Spec, file: str) -> ThresholdRule:
    """What may be learnt about small counts. Raises PolicyError with the key."""
    own = [Stricter(table.threshold, tables=(table.name,)) for table in spec.tables if table.threshold is not None]
    listed = [_stricter(spec, place, file) for place in range(len(spec.stricter))]
    try:
        return ThresholdRule(
            threshold=spec.threshold,
            width=spec.asked_width,
            knowledge=spec.knowledge,
            stricter=tuple(
                sorted([*own, *listed], key=lambda rule: rule.threshold)
            ),  # where several hold, the last does
            knowledge_by_table={table.name: table.knowledge for table in spec.tables if table.knowledge},
            narrower_because=spec.narrower_because,
            hide=_without_words(spec.hide),
        )
    except PolicyError as error:
        raise PolicyError(f"{file}: {error}") from None


def kept_cells(spec: Spec) -> tuple[NamedCells, ...]:
    """The cells that must stay shown."""
    return _without_words(spec.keep)


def costs_of_cells(spec: Spec) -> tuple[tuple[NamedCells, float], ...]:
    """Cells with the factor on what hiding them costs."""
    return tuple(zip(_without_words(spec.costs), (one.times for one in spec.costs), strict=True))


def refuse_unknown_cells(spec: Spec, tables: TableSet, file: str) -> None:
    """Raises PolicyError with the key for a name in keep, hide or costs that the tables do not have."""
    for key, listed in (("keep", spec.keep), ("hide", spec.hide), ("costs", spec.costs)):
        for place, named in enumerate(_without_words(listed)):
            refuse_unknown(named, tables, f"{file}: {key}.{place}", TOTAL_CODE)


def _without_words(listed: Sequence[NamedCellsKeys]) -> tuple[NamedCells, ...]:
    """With the kernel's marks of totals in place of the word in files."""
    return tuple(
        NamedCells(
            one.tables,
            {name: tuple(TOTAL_LEVEL if x == TOTAL_CODE else x for x in levels) for name, levels in one.levels.items()},
            {name: tuple(TOTAL if x == TOTAL_CODE else x for x in codes) for name, codes in one.codes.items()},
        )
        for one in listed
    )


def _dimension(name: str, keys: DimensionKeys, file: str) -> Dimension:
    levels = {name: {code: code for code in keys.finest}}
    for level, groups in keys.levels.items():
        if level in (name, TOTAL_CODE, TOTAL_LEVEL):
            raise PolicyError(f"{file}: dimensions.{name}.levels.{level}: this name is taken: choose another.")
        group_of = {code: group for group in groups for code in keys.members(level, group)}
        levels[level] = {code: group_of[code] for code in keys.finest}
    try:
        return Dimension(name, levels)
    except DisclosureError as error:
        raise PolicyError(f"{file}: dimensions.{name}: {error}") from None


def _table(place: int, keys: TableKeys, dimensions: Mapping[str, Dimension], file: str) -> Table:
    where = f"{file}: tables.{place}"
    unknown = [name for name in keys.dimensions if name not in dimensions]
    if unknown:
        raise PolicyError(f"{where}.dimensions: {unknown[0]} is not one of the SPEC's dimensions.")
    own = {name: dimensions[name] for name in keys.dimensions}
    if keys.margins:
        margins = [_chosen(own, margin, f"{where}.margins.{n}") for n, margin in enumerate(keys.margins)]
    else:
        margins = [_all_levels(own) | _chosen(own, keys.levels, f"{where}.levels")]
    return Table(keys.name, POPULATION, tuple(own.values()), tuple(margins))


def _all_levels(dimensions: Mapping[str, Dimension]) -> dict[str, tuple[str, ...]]:
    return {name: (TOTAL_LEVEL, *dimension.levels) for name, dimension in dimensions.items()}


def _chosen(
    dimensions: Mapping[str, Dimension], levels: Mapping[str, list[str]], where: str
) -> dict[str, tuple[str, ...]]:
    for name, wanted in levels.items():
        if name not in dimensions:
            raise PolicyError(f"{where}.{name}: the table does not have this dimension.")
        unknown = [level for level in wanted if level != TOTAL_CODE and level not in dimensions[name].levels]
        if unknown:
            known = ", ".join([*dimensions[name].levels, TOTAL_CODE])
            raise PolicyError(f"{where}.{name}: {unknown[0]} is not a level of it; known: {known}.")
    return {
        name: tuple(TOTAL_LEVEL if level == TOTAL_CODE else level for level in wanted)
        for name, wanted in levels.items()
    }


def _stricter(spec: Spec, place: int, file: str) -> Stricter:
    keys, where = spec.stricter[place], f"{file}: stricter.{place}"
    names = {table.name for table in spec.tables}
    for table in keys.tables:
        if table not in names:
            raise PolicyError(f"{where}.tables: {table} is not one of the SPEC's tables.")
    for name, level in keys.levels.items():
        if name not in spec.dimensions or level not in (name, *spec.dimensions[name].levels):
            raise PolicyError(f"{where}.levels.{name}: there is no such dimension or level.")
    for name, codes in keys.codes.items():
        if name not in spec.dimensions or not set(codes) <= spec.dimensions[name].known:
            raise PolicyError(f"{where}.codes.{name}: there is no such dimension or code.")
    wanted = {name: tuple(listed) for name, listed in keys.codes.items()}
    return Stricter(keys.threshold, tuple(keys.tables), keys.levels, wanted)
