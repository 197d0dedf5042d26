"""Codes and levels of a SPEC that are taken from data: from columns of the microdata, or from a correspondence CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anonymization.disclosure.tool_files.csv_rows import CsvText, separator_hint, shown
from anonymization.disclosure.tool_files.spec_numbers import TOTAL_CODE, Numbers
from anonymization.disclosure.tool_files.spelling import Codes, folded, suggestion
from anonymization.errors import PolicyError

MICRODATA = "microdata"  # `codes: microdata`
Parents = dict[str, dict[str, str]]  # level -> finest code -> its group


@dataclass(frozen=True, eq=False)
class Sources:
    """The files that a SPEC may take codes from: the microdata, and correspondence files by the name in the SPEC."""

    microdata: CsvText | None = None
    correspondences: Mapping[str, CsvText] = field(default_factory=dict)


NO_SOURCES = Sources()


@dataclass(frozen=True, eq=False)
class _Column:
    """Where the codes of one dimension are read: the file, the column, and what the SPEC calls totals."""

    file: CsvText
    name: str
    totals: frozenset[str]
    where: str
    is_list: bool


def correspondence_files(content: Any) -> list[str]:
    """The names of the correspondence files in the raw content of a SPEC, each once."""
    named = [keys.get("correspondence") for _, keys in _dimensions(content)]
    return list(dict.fromkeys(name for name in named if isinstance(name, str) and name))


def with_codes(content: Mapping[str, Any], file: str, sources: Sources) -> dict[str, Any]:
    """The content of a SPEC, raw, with every code and group written out. Raises PolicyError with the key and code."""
    if not isinstance(content.get("dimensions"), dict):
        return dict(content)
    written = {
        name: _written_out(name, keys, content, file, sources) if isinstance(keys, dict) else keys
        for name, keys in content["dimensions"].items()
    }
    return {**content, "dimensions": written}


def with_one_total(content: dict[str, Any]) -> dict[str, Any]:
    """The raw content with `Total` in place of the SPEC's own words for totals, wherever a table or cell names one."""
    words = {
        str(content.get("total", TOTAL_CODE)),
        *(str(keys["total"]) for _, keys in _dimensions(content) if "total" in keys),
    }
    named = ("tables", "keep", "hide", "costs")
    return {key: _renamed(value, words) if key in named else value for key, value in content.items()}


def _renamed(value: Any, words: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _renamed(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, words) for inner in value]
    return TOTAL_CODE if value in words else value


def _dimensions(content: Any) -> list[tuple[str, Mapping[str, Any]]]:
    dimensions = content.get("dimensions") if isinstance(content, dict) else None
    listed = dimensions.items() if isinstance(dimensions, dict) else ()
    return [(name, keys) for name, keys in listed if isinstance(keys, dict)]


def _written_out(
    name: str, keys: Mapping[str, Any], content: Mapping[str, Any], file: str, sources: Sources
) -> dict[str, Any]:
    levels = _as_columns(keys.get("levels", {}))
    is_from_data = (
        "correspondence" in keys or keys.get("codes") == MICRODATA or any(isinstance(v, str) for v in levels.values())
    )
    if not is_from_data:
        return dict(keys)
    column = _column(name, keys, content, f"{file}: dimensions.{name}", sources)
    if "correspondence" in keys and not levels:
        levels = {other: other for other in column.file.columns if other != name}
    named = {level: given for level, given in levels.items() if isinstance(given, str)}
    _refuse_missing_columns(column, [name, *named.values()])
    parents, order = _read(column, named)
    codes = keys.get("codes", MICRODATA) if "numbers" not in keys else []
    finest = order if codes == MICRODATA else codes
    kept = {key: value for key, value in keys.items() if key not in ("correspondence", "levels", "codes")}
    groups = {level: _groups(column, level, parents[level], _codes_of(keys, finest)) for level in named}
    others = {level: given for level, given in levels.items() if level not in named}
    return {**kept, **({"codes": finest} if finest else {}), "levels": others | groups}


def _as_columns(levels: Any) -> dict[str, Any]:
    """`[region, country]` says that the columns have the levels' names."""
    if isinstance(levels, list):
        return {str(level): str(level) for level in levels}
    return dict(levels) if isinstance(levels, dict) else {}


def _column(name: str, keys: Mapping[str, Any], content: Mapping[str, Any], where: str, sources: Sources) -> _Column:
    totals = frozenset({TOTAL_CODE, str(content.get("total", TOTAL_CODE)), str(keys.get("total", TOTAL_CODE))})
    if "correspondence" in keys:
        found = sources.correspondences.get(str(keys["correspondence"]))
        if found is None:
            raise PolicyError(f"{where}.correspondence: give the name of a CSV file beside the SPEC.")
        return _Column(found, name, totals, where, is_list=True)
    if sources.microdata is None:
        raise PolicyError(
            f"{where}: its codes are taken from the microdata, which were not given: give MICRODATA.csv too, or name a "
            "correspondence file."
        )
    return _Column(sources.microdata, name, totals, where, is_list=False)


def _refuse_missing_columns(column: _Column, names: Sequence[str]) -> None:
    known = column.file.columns
    missing = next((name for name in names if name not in known), None)
    if missing is not None:
        end = separator_hint(known) or suggestion(missing, known) or "."
        raise PolicyError(
            f"{column.where}: {column.file.file} has no column {missing}{end} Its columns: {', '.join(known)}."
        )


def _read(column: _Column, levels: Mapping[str, str]) -> tuple[Parents, list[str]]:
    """The group of each code at each level, and the codes: as a correspondence lists them, else in the order of codes.

    Rows of totals and of groups, in tabulated counts, say nothing of a finest code and are passed over.
    """
    parents: Parents = {level: {} for level in levels}
    spelt: dict[str, str] = {}
    rows = [(number, code, found) for number, (code, *found) in column.file.rows([column.name, *levels.values()])]
    marks = {folded(total) for total in column.totals}
    groups = {folded(group) for _, _, found in rows for group in found} - {""}
    for number, code, found in rows:
        is_margin = folded(code) in groups and all(folded(one) in ("", *marks) for one in found) and bool(found)
        if folded(code) in marks or is_margin:
            continue
        if not code:
            raise PolicyError(f"{column.file.file}, row {number}, column {column.name}: the code is empty: add it.")
        known = spelt.setdefault(folded(code), code)
        for level, group in zip(levels, found, strict=True):
            _add_parent(column, parents[level], (known, group), level, number)
    order = list(spelt.values())
    return parents, order if column.is_list else sorted(order, key=_natural)


def _add_parent(column: _Column, parents: dict[str, str], pair: tuple[str, str], level: str, row: int) -> None:
    code, group = pair
    if not group:
        raise PolicyError(
            f"{column.where}.levels.{level}: {shown(code)} has no group in {column.file.file}, row {row}: add it."
        )
    earlier = parents.setdefault(code, group)
    if folded(earlier) != folded(group):
        raise PolicyError(
            f"{column.where}.levels.{level}: {shown(code)} is in two groups, {shown(earlier)} and {shown(group)} "
            f"({column.file.file}, row {row}): correct one, or make two levels of them."
        )


def _codes_of(keys: Mapping[str, Any], finest: Sequence[str]) -> Codes:
    if "numbers" in keys:
        return Codes(Numbers.model_validate(keys["numbers"]).codes)
    return Codes({str(code).strip(): str(code).strip() for code in finest})


def _groups(column: _Column, level: str, parents: Mapping[str, str], codes: Codes) -> dict[str, list[str]]:
    """group -> its finest codes, every one of which needs a group."""
    group_of = {found: group for code, group in parents.items() if (found := codes.find(code)) is not None}
    outside = [code for code in dict.fromkeys(codes.known.values()) if code not in group_of]
    if outside:
        raise PolicyError(
            f"{column.where}.levels.{level}: {shown(outside[0])} has no row in {column.file.file}, so its group is not "
            "known: add a row, or list the groups."
        )
    spelt: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for code in dict.fromkeys(codes.known.values()):
        groups.setdefault(spelt.setdefault(folded(group_of[code]), group_of[code]), []).append(code)
    return groups


def _natural(code: str) -> tuple[int, int, str]:
    """Whole numbers by size, before other codes."""
    return (0, int(code), code) if code.isdecimal() else (1, 0, code)
