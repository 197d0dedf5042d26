"""The contract: every column that a profile can map, and which of them a deployment may leave out."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from case_store.errors import CaseStoreError
from configuration.file import ConfigurationFile

CONTRACT = Path(__file__).with_name("contract.csv")
# begins the source of a column that the forms do not ask; no field of Primero has a name with a colon or a space
NOT_ASKED = "not asked: "
Row = Mapping[str, str]
FieldType = Literal[
    "text", "bool", "int", "date", "timestamp", "code", "codes", "location", "groups", "user", "yes_no",
]  # fmt: skip
Kind = Literal["fixed", "dated"]
COLUMNS = ("section", "column", "type", "kinds", "dimension", "need")
WORDS = {"type": get_args(FieldType), "need": ("required", "optional")}
KINDS = (
    "fixed",
    "dated",
    "fixed dated",
    "dated fixed",
)  # the usual kind first, then the other, if a profile may say it


@cache
def contract() -> Mapping[str, Mapping[str, Row]]:
    """Section -> column -> its row of contract.csv: type, kinds (the usual one first), dimension, need."""
    return read_contract(CONTRACT)


def read_contract(path: Path) -> Mapping[str, Mapping[str, Row]]:
    """The contract in `path`. Raises CaseStoreError naming the row and the column at fault."""
    file = ConfigurationFile(path, CaseStoreError)
    rows = file.rows(COLUMNS, filled=[name for name in COLUMNS if name != "dimension"])
    names = [f"{row['section']}.{row['column']}" for row in rows]
    for row, name in zip(rows, names, strict=True):
        for column, known in WORDS.items():
            if row[column] not in known:
                raise file.wrong(f"{name}: {column} is {row[column]!r}; known: {', '.join(known)}.")
        if row["kinds"] not in KINDS:
            raise file.wrong(f"{name}: kinds is {row['kinds']!r}; known: {', '.join(KINDS)}.")
        if (row["type"] in ("code", "codes")) != bool(row["dimension"]):
            raise file.wrong(f"{name}: dimension is given for codes, and for codes only.")
        if names.count(name) > 1:
            raise file.wrong(f"{name} is listed twice; take one out.")
    if "case" not in _sections(rows):
        raise file.wrong("it has no section case; put it back.")
    return {name: {row["column"]: row for row in rows if row["section"] == name} for name in _sections(rows)}


def _sections(rows: list[dict[str, str]]) -> list[str]:
    return list(dict.fromkeys(row["section"] for row in rows))


def missing_columns(mapped: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, Row]]:
    """The section and row of every column that a profile does not map; `mapped`: section -> its mapped columns.

    A subform may be left out whole, an optional column by itself. Raises CaseStoreError for a column that is required,
    or that the contract does not know.
    """
    _refuse_unknown("fields", mapped, contract())
    for section, columns in contract().items():
        found = mapped.get(section)
        if found is None and section != "case":
            yield from ((section, row) for row in columns.values())
            continue
        _refuse_unknown(f"fields.{section}.columns", found or {}, columns)
        for column, row in columns.items():
            if column not in (found or {}):
                _refuse_required(section, row)
                yield section, row


def _refuse_unknown(key: str, names: Mapping[str, object], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise CaseStoreError(f"profile.yml: '{key}.{name}' is not known; known are {', '.join(known)}.")


def _refuse_required(section: str, row: Row) -> None:
    if row["need"] == "required":
        columns = contract()[section]
        optional = [name for name in columns if columns[name]["need"] == "optional"]
        raise CaseStoreError(
            f"profile.yml: 'fields.{section}.columns.{row['column']}' is missing; nothing can be counted without it. "
            f"Of this section may be left out: {', '.join(optional) or 'nothing but the whole of it'}."
        )
