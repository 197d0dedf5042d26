"""The columns of one deployment: where each is found in the source, which are not asked, and which are its own."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import pyarrow as pa

from case_store.contract import NOT_ASKED, FieldType, Kind, Row, contract, missing_columns
from case_store.errors import CaseStoreError

OWN_COLUMN = re.compile(r"[a-z][a-z0-9_]*")
PLACES = ("location", "groups")  # types whose value at rest is an area
# contract columns that say the same at rest by another name: what marts call them, and what the states held call them
ATTRIBUTES = {"residence": "county", "owner_groups": "owner_county", "nationality": "citizenship"}
STATES = {"owner_groups": "owner_county"}
EVENTS = ("status", "closure_reason")  # their changes are turns of the case
LISTED_APART = ("concerns",)  # a table of its own holds them, one row a code


@dataclass(frozen=True)
class Field:
    """One column: where it stands in the source, how it is typed, whether it has a history of its own."""

    column: str
    source: str
    type: FieldType
    kind: Kind
    dimension: str | None

    @property
    def is_absent(self) -> bool:
        """Whether the deployment does not ask it, so that no document can hold it."""
        return self.source.startswith(NOT_ASKED)


@dataclass(frozen=True)
class Section:
    """The columns of the case itself (`source` None) or of one of its subforms (`source` = the subform's key)."""

    name: str
    source: str | None
    columns: Mapping[str, Field]


def with_absent(sections: dict[str, Section]) -> dict[str, Section]:
    """Every column of the contract, and the profile's own.

    What is not mapped has a source that no document holds, so it is always empty. Raises CaseStoreError for a column
    that nothing can be made of, or a kind that its column cannot have.
    """
    own = set(own_columns(sections))
    mapped = {
        name: {c: f for c, f in section.columns.items() if name != "case" or c not in own}
        for name, section in sections.items()
    }
    columns = {name: dict(section.columns) for name, section in sections.items()}
    for name, row in missing_columns(mapped):
        where = f"{NOT_ASKED}{name}.{row['column']}"
        usual = cast(Kind, row["kinds"].split()[0])
        field = Field(row["column"], where, cast(FieldType, row["type"]), usual, row["dimension"] or None)
        columns.setdefault(name, {})[row["column"]] = field
    for name, of_section in mapped.items():
        for field in of_section.values():
            _refuse_kind(name, field)
    sources = {name: section.source for name, section in sections.items()}
    return {name: Section(name, sources.get(name, f"{NOT_ASKED}{name}"), found) for name, found in columns.items()}


def own_columns(sections: Mapping[str, Section]) -> Iterator[str]:
    """Columns of the case that the contract does not have: codes of a dimension of the profile's own."""
    known = contract()["case"]
    theirs = {row["dimension"] for row in known.values()}
    taken = {_REFERRED_SERVICE["column_name"], *(name for columns in contract().values() for name in columns)}
    for name, field in sections["case"].columns.items() if "case" in sections else ():
        if name not in taken and field.type == "code" and field.dimension not in theirs:
            if not OWN_COLUMN.fullmatch(name):
                raise CaseStoreError(
                    f"profile.yml: 'fields.case.columns.{name}' must be written in small letters, digits and _."
                )
            yield name


def field_rows(sections: Mapping[str, Section]) -> pa.Table:
    """One row a column: the list from which extraction, histories, staging, findings and the rules of codes follow.

    section, column_name, attribute (what marts call it), state (what the states held call it, if it is one), type,
    kind, dimension, is_asked, is_own.
    """
    own = set(own_columns(sections))
    rows = [
        {
            "section": section.name,
            "column_name": field.column,
            "attribute": _attribute(section.name, field),
            "state": STATES.get(field.column, field.column) if is_state(section.name, field) else None,
            "type": field.type,
            "kind": field.kind,
            "dimension": field.dimension,
            "is_asked": not field.is_absent,
            "is_own": section.name == "case" and field.column in own,
        }
        for section in sections.values()
        for field in section.columns.values()
    ]
    return pa.Table.from_pylist([*rows, _REFERRED_SERVICE], schema=FIELDS_SCHEMA)


def is_state(section: str, field: Field) -> bool:
    """Whether the values a case held are kept by day: a place always, a code if it is dated."""
    is_dated_code = field.type == "code" and field.kind == "dated" and field.column not in EVENTS
    return section == "case" and (field.type in PLACES or is_dated_code)


FIELDS_SCHEMA = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("section", "column_name", "attribute", "state", "type", "kind", "dimension")
        ),
        ("is_asked", pa.bool_()),
        ("is_own", pa.bool_()),
    ]
)
# a column of Primero's transitions, which no profile maps
_REFERRED_SERVICE = {
    "section": "referrals",
    "column_name": "service",
    "type": "code",
    "kind": "fixed",
    "dimension": "service",
    "is_asked": True,
    "is_own": False,
}


def _attribute(section: str, field: Field) -> str | None:
    apart = (*EVENTS, *LISTED_APART)
    is_one = section == "case" and field.column not in apart and (field.dimension or field.type in PLACES)
    return ATTRIBUTES.get(field.column, field.column) if is_one else None


def _refuse_kind(section: str, field: Field) -> None:
    row: Row | None = contract()[section].get(field.column)
    if row and field.kind not in row["kinds"].split():
        raise CaseStoreError(
            f"profile.yml: 'fields.{section}.columns.{field.column}.kind' must be {row['kinds']}: the line cannot take "
            f"it as {field.kind}."
        )
    if row and (row["dimension"] or row["type"] in PLACES) and field.type != row["type"]:
        raise CaseStoreError(
            f"profile.yml: 'fields.{section}.columns.{field.column}.type' must be {row['type']}, and is {field.type}."
        )
