"""Whether the source's codes still mean what they meant when the profile's crosswalk was reviewed.

Deployments relabel a code rather than add one, so a changed label is a changed meaning, in whatever language.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pyarrow as pa

from case_store.database import plain_errors
from case_store.errors import CaseStoreError

Code = tuple[str, str]  # a lookup, or a field of the form, and one of its codes
Labels = Mapping[str, str]  # language -> label
LABEL = "label_"  # of the crosswalk's columns, one a language
FIRST_LANGUAGE = "en"  # in which every code has a reviewed label; the store may lack a translation

LOOKUPS = """
    select lookups.unique_id, entry.value ->> 'id', entry.value -> 'display_text'
    from lookups
    cross join lateral jsonb_array_elements(lookups.lookup_values_i18n) as entry
    where jsonb_typeof(lookups.lookup_values_i18n) = 'array'
"""
# options that stand in the form itself instead of a lookup
OPTIONS = """
    select fields.name, entry.value ->> 'id', entry.value -> 'display_text'
    from fields
    cross join lateral jsonb_array_elements(fields.option_strings_text_i18n) as entry
    where jsonb_typeof(fields.option_strings_text_i18n) = 'array'
"""


def lookup_labels(connection: psycopg.Connection[Any]) -> dict[Code, Labels]:
    """Give the labels of every code in the store's lookups, by (lookup, code); disabled codes included."""
    return _labels(connection, LOOKUPS, "lookups")


def option_labels(connection: psycopg.Connection[Any]) -> dict[Code, Labels]:
    """Give the labels of every option embedded in a field of the forms, by (field, code)."""
    return _labels(connection, OPTIONS, "fields")


def changed_labels(
    connection: psycopg.Connection[Any], ref_codes: pa.Table, on: dt.date, fields: Mapping[str, str] | None = None
) -> list[Code]:
    """Give the codes, as (lookup or field, code) in order, whose label in the store is not the reviewed one.

    `ref_codes` is the profile's crosswalk (dimension, lookup, code, label_<language> ..., valid_from, valid_to); a row
    counts if it is valid `on` that day. `fields` maps a source field to its dimension. A code that the store does not
    list has no label that could have changed; nor has a language into which the store does not translate it.
    """
    valid = [row for row in ref_codes.to_pylist() if _is_valid(row, on)]
    by_lookup = _reviewed((row["lookup"], row) for row in valid if row["lookup"] is not None)
    by_field = _reviewed(
        (field, row) for field, of in (fields or {}).items() for row in valid if row["dimension"] == of
    )
    return sorted(
        code
        for reviewed, labels in ((by_lookup, lookup_labels(connection)), (by_field, option_labels(connection)))
        for code, meant in reviewed.items()
        if code in labels and not _agrees(labels[code], meant)
    )


def check_labels(
    connection: psycopg.Connection[Any], ref_codes: pa.Table, on: dt.date, fields: Mapping[str, str] | None = None
) -> None:
    """Raise CaseStoreError naming every code whose label changed since the review; what lookups list is no secret."""
    changed = changed_labels(connection, ref_codes, on, fields)
    if changed:
        names = ", ".join(f"`{code}` of {lookup}" for lookup, code in changed)
        raise CaseStoreError(
            f"The label of {names} has changed in the case store since the profile was reviewed: a code may mean "
            "something else now; review it in the profile's codes.csv and bring its label up to date."
        )


def _labels(connection: psycopg.Connection[Any], query: str, table: str) -> dict[Code, Labels]:
    with plain_errors(table):
        rows = connection.execute(query).fetchall()
    return {(of, code): _by_language(texts) for of, code, texts in rows}


def _by_language(texts: Any) -> Labels:
    """A text alone is the label in the first language; what is neither text nor texts by language is no label."""
    if isinstance(texts, str):
        return {FIRST_LANGUAGE: texts.strip()}
    return (
        {str(language): str(label or "").strip() for language, label in texts.items()}
        if isinstance(texts, dict)
        else {}
    )


def _is_valid(row: Mapping[str, Any], on: dt.date) -> bool:
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
