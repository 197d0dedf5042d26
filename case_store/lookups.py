"""Whether the source's codes still mean what they meant when the profile's crosswalk was reviewed.

Deployments relabel a code rather than add one, so a changed label is a changed meaning.
"""

from collections import defaultdict
from typing import Any

import psycopg
import pyarrow as pa

from case_store.database import plain_errors
from case_store.errors import CaseStoreError

LookupCode = tuple[str, str]


def lookup_labels(connection: psycopg.Connection[Any]) -> dict[LookupCode, str]:
    """Give the English label of every code in the store's lookups, by (lookup, code); disabled codes included."""
    query = """
        select
            lookups.unique_id,
            entry.value ->> 'id',
            coalesce(entry.value -> 'display_text' ->> 'en', '')
        from lookups
        cross join lateral jsonb_array_elements(lookups.lookup_values_i18n) as entry
        where jsonb_typeof(lookups.lookup_values_i18n) = 'array'
    """
    with plain_errors("lookups"):
        rows = connection.execute(query).fetchall()
    return {(lookup, code): label.strip() for lookup, code, label in rows}


def changed_labels(connection: psycopg.Connection[Any], ref_codes: pa.Table) -> list[LookupCode]:
    """Give the codes, as (lookup, code) in order, whose label in the store is not the reviewed one.

    `ref_codes` is the profile's crosswalk (lookup, code, label_en, valid_to); rows that are no longer valid describe
    an earlier meaning and are passed over. A code that the store does not list has no label that could have changed.
    """
    reviewed: dict[LookupCode, set[str]] = defaultdict(set)
    for row in ref_codes.select(["lookup", "code", "label_en", "valid_to"]).to_pylist():
        if row["lookup"] is not None and row["valid_to"] is None:
            reviewed[row["lookup"], row["code"]].add(row["label_en"].strip())
    labels = lookup_labels(connection)
    return sorted(key for key, meant in reviewed.items() if key in labels and labels[key] not in meant)


def check_labels(connection: psycopg.Connection[Any], ref_codes: pa.Table) -> None:
    """Raise CaseStoreError naming every code whose label changed since the review; what lookups list is no secret."""
    changed = changed_labels(connection, ref_codes)
    if changed:
        names = ", ".join(f"`{code}` of {lookup}" for lookup, code in changed)
        raise CaseStoreError(
            f"The label of {names} has changed in the case store since the profile was reviewed: a code may mean "
            "something else now; review it in the profile's codes.csv and bring its label up to date."
        )
