"""Whether the source's codes still mean what they meant when the profile's crosswalk was reviewed.

Deployments relabel a code rather than add one, so a changed label is a changed meaning, in whatever language.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from case_store.errors import CaseStoreError

Code = tuple[str, str]  # a lookup, or a field of the form, and one of its codes
Labels = Mapping[str, str]  # language -> label
LABEL = "label_"  # of the crosswalk's columns, one a language
FIRST_LANGUAGE = "en"  # in which every code has a reviewed label; the store may lack a translation


def labels_of(labels: pa.Table, kind: str) -> dict[Code, Labels]:
    """Give the labels of every code of a `kind` (`lookup` or `field`) by (list, code); disabled codes included.

    `labels`: the contract's table of that name.
    """
    found: dict[Code, dict[str, str]] = defaultdict(dict)
    for row in labels.to_pylist():
        if row["kind"] == kind:
            of_code = found[row["list"], row["code"]]
            if row["language"] is not None:
                of_code[row["language"]] = (row["label"] or "").strip()
    return dict(found)


def changed_labels(
    labels: pa.Table, ref_codes: pa.Table, on: dt.date, fields: Mapping[str, str] | None = None
) -> list[Code]:
    """Give the codes, as (lookup or field, code) in order, whose label in the store is not the reviewed one.

    `labels` is what the store says: the contract's table of that name. `ref_codes` is the profile's crosswalk
    (dimension, lookup, code, label_<language> ..., valid_from, valid_to); a row counts if it is valid `on` that day.
    `fields` maps a source field to its dimension. A code that the store does not list has no label that could have
    changed; nor has a language into which the store does not translate it.
    """
    valid = [row for row in ref_codes.to_pylist() if is_valid(row, on)]
    by_lookup = _reviewed((row["lookup"], row) for row in valid if row["lookup"] is not None)
    by_field = _reviewed(
        (field, row) for field, of in (fields or {}).items() for row in valid if row["dimension"] == of
    )
    return sorted(
        code
        for reviewed, found in ((by_lookup, labels_of(labels, "lookup")), (by_field, labels_of(labels, "field")))
        for code, meant in reviewed.items()
        if code in found and not _agrees(found[code], meant)
    )


def check_labels(labels: pa.Table, ref_codes: pa.Table, on: dt.date, fields: Mapping[str, str] | None = None) -> None:
    """Raise CaseStoreError naming every code whose label changed since the review; what lookups list is no secret."""
    changed = changed_labels(labels, ref_codes, on, fields)
    if changed:
        names = ", ".join(f"`{code}` of {lookup}" for lookup, code in changed)
        raise CaseStoreError(
            f"The label of {names} has changed in the case store since the profile was reviewed: a code may mean "
            "something else now; review it in the profile's codes.csv and bring its label up to date."
        )


def is_valid(row: Mapping[str, Any], on: dt.date) -> bool:
    """Whether a row of the crosswalk counts on a day; without a first or last day it always has, or always will."""
    return (row.get("valid_from") or on) <= on <= (row.get("valid_to") or on)


def _reviewed(rows: Iterator[tuple[str, Mapping[str, Any]]]) -> dict[Code, list[Labels]]:
    found: dict[Code, list[Labels]] = defaultdict(list)
    for of, row in rows:
        labels = {name.removeprefix(LABEL): row[name] for name in row if name.startswith(LABEL) and row[name]}
        found[of, row["code"]].append({language: label.strip() for language, label in labels.items()})
    return found


def _agrees(labels: Labels, meant: list[Labels]) -> bool:
    def is_said(reviewed: Labels) -> bool:
        return all(
            labels.get(language, "") == label or (language != FIRST_LANGUAGE and not labels.get(language))
            for language, label in reviewed.items()
        )

    return any(map(is_said, meant))
