"""The public tables that a test is about, by their ids: a test never depends on how many others there are."""

from typing import Any

import pytest

from pipelines.release import nested_columns
from pipelines.warehouse import not_asked
from publications.catalogue import in_names_of, read_catalogue
from publications.public_tables import TableSpec, load_tables
from tests.support.catalogue_frames import catalogue_frames


def table(table_id: str, **changes: Any) -> TableSpec:
    """The public table of this id, in the names of the first profile, with some of its values changed."""
    (found,) = (one for one in load_tables() if one.id == table_id)
    return in_names_of(read_catalogue(catalogue_frames()), found).model_copy(update=changes)


def tables(*table_ids: str) -> tuple[TableSpec, ...]:
    """The public tables of these ids, in this order."""
    return tuple(table(table_id) for table_id in table_ids)


def publish_only(monkeypatch: pytest.MonkeyPatch, *table_ids: str) -> None:
    """A release has these tables and no others: those that the marts of a test hold."""
    chosen = tables(*table_ids)
    for module in (not_asked, nested_columns):
        monkeypatch.setattr(module, "load_tables", lambda: chosen)
