"""What a case store gives to a snapshot, whoever reads it: tables of Arrow with a version, and what a reader can be
asked.

Readers (`readers/`) differ in where they read, never in what they give. A change of a table's columns, or of what they
mean, raises VERSION; docs/readers.md is made from this module.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa

VERSION = 1
MOMENT = pa.timestamp("us")


def _column(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    return pa.field(name, kind, metadata={"meaning": meaning})


def _text(name: str, meaning: str) -> pa.Field:
    return _column(name, pa.string(), meaning)


def meaning(field: pa.Field) -> str:
    """What a column of the contract holds, in words."""
    return (field.metadata or {})[b"meaning"].decode()


# read whole, before any record
CONFIGURATION: Mapping[str, pa.Schema] = {
    "labels": pa.schema(
        [
            _text("kind", "`lookup` for a list that several fields share, `field` for options of one field"),
            _text("list", "the lookup's `unique_id`, or the field's name"),
            _text("code", "the code as documents hold it; disabled ones are given too"),
            _text("language", "the language of the label; null where the code has no label at all"),
            _text("label", "the label as people see it; a label without a language is `en`"),
        ]
    ),
    "places": pa.schema(
        [
            _text("location_code", "the place's code as documents hold it"),
            _text("hierarchy_path", "the codes of the places above it and its own, from the top, joined by dots"),
        ]
    ),
    "form_fields": pa.schema([_text("name", "the name of a field that the forms define, each once")]),
}
# read whole, but only when a profile is checked or drafted: a run needs none of it
SURVEY: Mapping[str, pa.Schema] = {
    "fields": pa.schema(
        [
            _text("name", "the field's name: the key in documents"),
            _text("subform", "the key of the subform to which it belongs; null for a field of the case"),
            _text("section", "the form section in which it is shown"),
            _text("type", "the kind of question, as the source writes it"),
            _text("lookup", "the lookup whose codes it takes; null where it has options of its own, or none"),
            _column("is_multiple", pa.bool_(), "whether it takes several codes"),
            _column("is_retired", pa.bool_(), "whether it is disabled, or hidden from the forms"),
        ]
    ),
    "codes": pa.schema(
        [
            _text("kind", "`lookup` or `field`, as in `labels`"),
            _text("list", "the lookup's `unique_id`, or the field's name"),
            _text("code", "the code"),
            _column("is_retired", pa.bool_(), "whether it is disabled"),
        ]
    ),
    "locations": pa.schema(
        [
            _text("location_code", "the place's code as documents hold it"),
            _text("parent", "the code of the place above it; null at the top"),
            _column("admin_level", pa.int32(), "0 for the country, 1 below it, and so on"),
            _text("type", "what such a place is called"),
            _column("is_retired", pa.bool_(), "whether it is disabled"),
        ]
    ),
    "groups": pa.schema(
        [
            _text("group_id", "the user group's `unique_id`"),
            _column("is_retired", pa.bool_(), "whether it is disabled"),
        ]
    ),
    "names": pa.schema(
        [
            _text("kind", "`field`, `location` or `group`"),
            _text("code", "the field (`subform.name` in a subform), place or group"),
            _text("language", "the language of the name; a name without one is `en`"),
            _text("label", "the name as people see it"),
        ]
    ),
}
# read range by range: everything of a case is in the range of its id
RECORDS: Mapping[str, pa.Schema] = {
    "cases": pa.schema(
        [
            _text("id", "the case's id; no two rows have the same"),
            _text("data", "the document, as JSON"),
            _text("duplicate_case_id", "the id of the case of which this one is a duplicate, if a worker said so"),
        ]
    ),
    "histories": pa.schema(
        [
            _text("record_id", "the id of the case; null, or that of no case, is allowed and is set aside"),
            _column("datetime", MOMENT, "when the change was received, UTC"),
            _column("id", pa.int64(), "order among changes of one moment; null where the source has none"),
            _text("record_changes", '`{"field": {"from": ..., "to": ...}}` as JSON'),
        ]
    ),
    "transitions": pa.schema(
        [
            _text("id", "the transition's id"),
            _text("record_id", "the id of the case"),
            _text("type", "`Referral`, `Transfer`, `Assign` and so on, as the source writes it"),
            _text("status", "the answer, as the source writes it"),
            _text("service", "the service asked for"),
            _column("created_at", MOMENT, "when it was made, UTC"),
            _column("responded_at", MOMENT, "when it was answered, UTC"),
        ]
    ),
}


@dataclass(frozen=True)
class SourceState:
    """What a run log keeps of its source: server, place in its history, and how much it held."""

    server_version: str
    snapshot: str  # the source's own name for the moment that is read; empty where it has none
    wal_position: str | None
    cases: int
    transitions: int
    record_histories: int
    last_change: datetime | None  # UTC without a zone


class SourceReader(Protocol):
    """One view of a case store: whatever is asked, and in whatever order, is answered as of one moment.

    Every method raises CaseStoreError, without a value of any record, when the source cannot be read.
    """

    def state(self) -> SourceState:
        """The source as it is read."""

    def configuration(self) -> Mapping[str, pa.Table]:
        """The tables of CONFIGURATION, whole."""

    def survey(self) -> Mapping[str, pa.Table]:
        """The tables of SURVEY, whole: how the forms are made."""

    def is_marked_synthetic(self) -> bool:
        """Whether the store as a whole, and every case in it, says that it is synthetic."""

    def ranges(self) -> Sequence[Any]:
        """Ranges of cases that together hold each case once, small enough for the memory of one at a time."""

    def read(self, case_range: Any, listed_keys: Sequence[str]) -> Mapping[str, pa.Table]:
        """The tables of RECORDS for one of the `ranges`; at least those changes that touch one of `listed_keys`.

        Moments outside the years 1 to 9999 are given as the nearest of them. Changes that only create a record need
        not be given: they repeat its document, and every earlier value follows from the changes.
        """


@dataclass(frozen=True)
class Reader:
    """A kind of case store: which addresses are its, and how one is opened; `version` is the contract it fills."""

    name: str
    version: int
    reads: Callable[[str], bool]
    opened: Callable[[str], AbstractContextManager[SourceReader]]
    addresses: str  # how an address of it is written, for people
