"""Which keys a document may hold without anybody being told: the form's, and those that Primero writes itself."""

from pathlib import Path
from typing import Any

import psycopg

from case_store.database import plain_errors
from case_store.profile import Profile

PRIMERO_KEYS = Path(__file__).with_name("primero_keys.txt")


def known_fields(profile: Profile) -> frozenset[str]:
    """Top-level keys of a case document: the profile's form and mapping, and Primero's own (v2.15, `cases.data`)."""
    form = profile.table("form")
    mapped = [column.source for column in profile.fields["case"].columns.values()]
    mapped += [str(section.source) for section in profile.fields.values() if section.source]
    own = PRIMERO_KEYS.read_text("utf-8").split()
    return frozenset(form["field"].to_pylist()) | frozenset(form["subform"].to_pylist()) | {*mapped, *own}


def configured_fields(connection: psycopg.Connection[Any]) -> frozenset[str]:
    """Names of the fields that the store's own forms define: configuration, so they may be told in a message."""
    with plain_errors("fields"):
        rows = connection.execute("select distinct name from fields where name is not null").fetchall()
    return frozenset(name for (name,) in rows)
