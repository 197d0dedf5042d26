"""How many cases fill each field of the forms and hold each code: counts, and never a value that no list has."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from case_store.case_source import Source

SERVICE = "transitions.service"  # a code that is held by a referral and no document
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Usage:
    """Counts of cases: `filled` by field (`subform.name` in a subform), `codes` by field and code."""

    filled: Counter[str] = field(default_factory=Counter)
    codes: Counter[tuple[str, str]] = field(default_factory=Counter)


def count_usage(
    source: Source, coded: Collection[str], counts: Callable[[dict[str, Any]], bool], progress: Progress | None = None
) -> Usage:
    """Read every case once and count it where `counts` says so of its document.

    `coded`: the fields whose codes are counted. Raises CaseStoreError when the store cannot be read.
    """
    usage, ranges = Usage(), source.ranges()
    for number, part in enumerate(ranges, start=1):
        tables = source.read(part, ["-"])  # no field is called so: histories are not needed
        of_case = {id_: _document(text) for id_, text in _pairs(tables["cases"], "id", "data")}
        kept = {id_: document for id_, document in of_case.items() if document is not None and counts(document)}
        for document in kept.values():
            held = set(_held(document))
            usage.filled.update({name for name, _ in held})
            usage.codes.update({(name, code) for name, code in held if code is not None and name in coded})
        services = {pair for pair in _pairs(tables["transitions"], "record_id", "service") if pair[0] in kept}
        usage.codes.update((SERVICE, service) for _, service in services if service)
        if progress is not None:
            progress(number, len(ranges))
    return usage


def _pairs(table: pa.Table, one: str, other: str) -> Iterator[tuple[Any, Any]]:
    return zip(table[one].to_pylist(), table[other].to_pylist(), strict=True)


def _document(text: str | None) -> dict[str, Any] | None:
    document = json.loads(text) if text else None
    return document if isinstance(document, dict) else None


def _held(document: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """(field, code or None) of all that is filled; a field that holds no text is named all the same."""
    for name, value in document.items():
        yield from _of_field(name, value)
        for row in value if isinstance(value, list) else ():
            if isinstance(row, dict):
                for inner, held in row.items():
                    yield from _of_field(f"{name}.{inner}", held)


def _of_field(name: str, value: Any) -> Iterator[tuple[str, str | None]]:
    listed = value if isinstance(value, list) else [value]
    filled = [one for one in listed if one not in (None, "", {}, [])]
    if filled:
        yield name, None
    for one in filled:
        if isinstance(one, str):
            yield name, one
