"""The lines of a SPEC in which columns that nest are one dimension with levels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from anonymization.disclosure.tool_files.nesting import Nesting
from anonymization.disclosure.tool_files.spec_file import TOTAL_CODE, DimensionKeys, Spec, TableKeys

MANY = 12  # codes; where there are more, the lines take them from the microdata


def right_lines(spec: Spec, nestings: Sequence[Nesting], has_records: bool = False) -> str:
    """The keys `dimensions` and `tables` of a SPEC as they should be, as YAML; empty when no column groups another.

    has_records: there are microdata, from which many codes and their groups need not be listed.
    nestings: those at the finest level of the grouping dimension are mended, since only they fit into one dimension.
    """
    levels_of = _absorbed(spec, [nesting for nesting in nestings if nesting.is_finest])
    if not levels_of:
        return ""
    merged = {fine: _Merged(spec, fine, tuple(coarse), has_records) for fine, coarse in levels_of.items()}
    gone = {nesting.coarse: merged[fine] for fine, coarse in levels_of.items() for nesting in coarse}
    lines = ["dimensions:"]
    for name, keys in spec.dimensions.items():
        if name not in gone:
            lines += merged[name].lines() if name in merged else _dimension_lines(name, keys)
    kept = _once([_Table.of(table, spec, gone, merged) for table in spec.tables], merged)
    all_levels = _all_levels(spec) | {name: one.levels for name, one in merged.items()}
    tables = [table.as_keys(all_levels) for table in kept]
    return "\n".join([*lines, "tables:", *(f"  - {_flow(table)}" for table in tables)])


def _all_levels(spec: Spec) -> dict[str, list[str]]:
    return {name: [name, *keys.levels, TOTAL_CODE] for name, keys in spec.dimensions.items()}


def _absorbed(spec: Spec, nestings: Sequence[Nesting]) -> dict[str, list[Nesting]]:
    """Finer dimension -> what becomes levels of it: each grouping dimension once, in the one that explains most."""
    of_fine = {name: [n for n in nestings if n.fine == name] for name in spec.dimensions}
    found: dict[str, list[Nesting]] = {}
    gone: set[str] = set()
    for fine in sorted(of_fine, key=lambda name: -len(of_fine[name])):
        mine = [n for n in of_fine[fine] if fine not in gone and n.coarse not in gone and n.coarse not in found]
        if mine:
            found[fine] = mine
            gone |= {nesting.coarse for nesting in mine}
    return found


class _Merged:
    """A dimension that takes in others as levels. `name_of`: (other dimension, its level) -> level of this one."""

    def __init__(self, spec: Spec, fine: str, coarse: tuple[Nesting, ...], has_records: bool) -> None:
        self.fine, self._keys = fine, spec.dimensions[fine]
        self.name_of = {(fine, level): level for level in (fine, *self._keys.levels)}
        self._groups: dict[str, dict[str, list[str]]] = {
            level: {group: self._keys.members(level, group) for group in groups}
            for level, groups in self._keys.levels.items()
        }
        self._columns = {nesting.coarse: nesting.coarse for nesting in coarse}
        self._is_in_microdata = has_records and all(self._is_column(spec, nesting) for nesting in coarse)
        for nesting in coarse:
            for level, group_of in _levels_of(spec.dimensions[nesting.coarse], nesting):
                self._add(nesting.coarse, level, group_of)

    @property
    def levels(self) -> list[str]:
        """All its levels, the finest first, and the total."""
        return [self.fine, *self._groups, TOTAL_CODE]

    def lines(self) -> list[str]:
        """As YAML."""
        if self._is_in_microdata:
            kept = self._keys.model_dump(exclude_unset=True, exclude={"levels", "codes"})
            keys = {"codes": "microdata", **kept, "levels": self._columns}
            return [f"  {self.fine}:", *(f"    {key}: {_flow(value)}" for key, value in keys.items())]
        own = self._keys.model_dump(exclude_unset=True, exclude={"levels"})
        found = [f"  {self.fine}:", *(f"    {key}: {_flow(value)}" for key, value in own.items()), "    levels:"]
        return [*found, *(f"      {level}: {_flow(groups)}" for level, groups in self._groups.items())]

    def _is_column(self, spec: Spec, nesting: Nesting) -> bool:
        """Whether the columns of the microdata give both as they are: many codes, each of which occurs in one group."""
        has_levels = bool(self._keys.levels or spec.dimensions[nesting.coarse].levels)
        is_plain = not (has_levels or nesting.exceptions or self._keys.numbers)
        return is_plain and len(self._keys.codes) > MANY and set(self._keys.codes) == set(nesting.groups)

    def _add(self, other: str, level: str, group_of: Mapping[str, str]) -> None:
        name = level if level not in (*self._groups, self.fine) else f"{other}_{level}"
        self.name_of[other, level] = name
        groups: dict[str, list[str]] = {}
        for code in self._keys.finest:
            if code in group_of:
                groups.setdefault(group_of[code], []).append(code)
        self._groups[name] = {self._free_code(other, group, codes): codes for group, codes in groups.items()}

    def _free_code(self, other: str, group: str, codes: list[str]) -> str:
        """A code that does not mean something else at another level."""
        known = [{code: [code] for code in self._keys.finest}, *self._groups.values()]
        is_taken = any(group in groups and groups[group] != codes for groups in known)
        return f"{other} {group}" if is_taken else group


def _levels_of(keys: DimensionKeys, nesting: Nesting) -> Iterator[tuple[str, dict[str, str]]]:
    """Every level of a grouping dimension as groups of the finer one's codes."""
    yield nesting.coarse, dict(nesting.groups)
    for level, groups in keys.levels.items():
        group_of = {code: group for group in groups for code in keys.members(level, group)}
        yield level, {fine: group_of[code] for fine, code in nesting.groups.items()}


@dataclass(frozen=True, eq=False)
class _Table:
    """A table as it should be: `shown`: its dimensions with their levels; else its margins. rest: its other keys."""

    shown: Mapping[str, list[str]]
    margins: list[dict[str, list[str]]]
    rest: Mapping[str, Any]

    @classmethod
    def of(cls, table: TableKeys, spec: Spec, gone: Mapping[str, _Merged], merged: Mapping[str, _Merged]) -> "_Table":
        """From a table that crosses columns which nest."""

        def moved(shown: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
            found: dict[str, list[str]] = {}
            for name, levels in shown.items():
                into = gone.get(name) or merged.get(name)
                target = into.fine if into else name
                renamed = [into.name_of.get((name, level), level) if into else level for level in levels]
                found[target] = list(dict.fromkeys([*found.get(target, []), *renamed]))
            return {name: _in_order(levels, merged.get(name)) for name, levels in found.items()}

        everything = {name: _all_levels(spec)[name] for name in table.dimensions}
        unsaid = {"name"} if table.name == f"table{spec.tables.index(table) + 1}" else set()
        rest = table.model_dump(exclude_unset=True, exclude={"dimensions", "levels", "margins"} | unsaid)
        return cls(moved(everything | dict(table.levels)), [moved(margin) for margin in table.margins], rest)

    def as_keys(self, spec_levels: Mapping[str, list[str]]) -> dict[str, Any]:
        """As a SPEC writes it; `spec_levels`: all levels of each dimension."""
        chosen = {name: levels for name, levels in self.shown.items() if set(levels) != set(spec_levels[name])}
        told: dict[str, Any] = {**self.rest, "dimensions": list(self.shown)}
        if self.margins:
            return told | {"margins": self.margins}
        return told | ({"levels": chosen} if chosen else {})


def _in_order(levels: list[str], merged: _Merged | None) -> list[str]:
    return [level for level in merged.levels if level in levels] if merged else levels


def _once(tables: Sequence[_Table], merged: Mapping[str, _Merged]) -> list[_Table]:
    """Tables that cross the same dimensions are one, with the levels of both."""
    kept: list[_Table] = []
    for table in tables:
        place = next((n for n, other in enumerate(kept) if _is_the_same(table, other, merged)), None)
        if place is None:
            kept.append(table)
        else:
            other = kept[place]
            shown = {
                name: _in_order([*levels, *table.shown[name]], merged.get(name)) if name in merged else levels
                for name, levels in other.shown.items()
            }
            kept[place] = _Table(shown, [], other.rest)
    return kept


def _is_the_same(one: _Table, other: _Table, merged: Mapping[str, _Merged]) -> bool:
    plain = not (one.margins or other.margins) and set(one.rest) | set(other.rest) <= {"name"}
    same_names = set(one.shown) == set(other.shown) and len(set(one.shown) & set(merged)) == 1
    return plain and same_names and all(set(one.shown[n]) == set(other.shown[n]) for n in one.shown if n not in merged)


def _dimension_lines(name: str, keys: DimensionKeys) -> list[str]:
    return [f"  {name}: {_flow(keys.model_dump(exclude_unset=True))}"]


def _flow(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n...\n").strip()
