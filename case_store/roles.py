"""What a concept is to the line, whatever a profile calls it: SQL, rules and policy name roles, never codes."""

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa

from case_store.errors import CaseStoreError
from configuration.file import ConfigurationFile

ROLES = Path(__file__).with_name("roles.csv")
COLUMNS = ("dimension", "role", "need", "meaning")
Row = Mapping[str, str]
# the contract column without which nothing can have a role of the dimension
ASKED_BY = {"care_status": "case.care_status", "risk": "case.risk", "concern": "case.concerns"}


@cache
def roles() -> tuple[Row, ...]:
    """The rows of roles.csv: dimension, role, need (required or optional), meaning."""
    return read_roles(ROLES)


def read_roles(path: Path) -> tuple[Row, ...]:
    """The roles in `path`. Raises CaseStoreError naming the row and the column at fault."""
    file = ConfigurationFile(path, CaseStoreError)
    rows = file.rows(COLUMNS, COLUMNS)
    names = [f"{row['dimension']}/{row['role']}" for row in rows]
    for row, name in zip(rows, names, strict=True):
        if row["need"] not in ("required", "optional"):
            raise file.wrong(f"{name}: need is {row['need']!r}; known: required, optional.")
        if names.count(name) > 1:
            raise file.wrong(f"{name} is listed twice; take one out.")
    return tuple(rows)


def codes_by_role(concepts: pa.Table) -> dict[tuple[str, str], tuple[str, ...]]:
    """(dimension, role) -> the concepts that have it; `concepts`: dimension, concept, role (null for most)."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for row in concepts.to_pylist():
        if row["role"]:
            key = row["dimension"], row["role"]
            found[key] = (*found.get(key, ()), row["concept"])
    return found


def refuse_wrong_roles(profile: str, concepts: pa.Table, codes: pa.Table, absent: Collection[str]) -> None:
    """Raise CaseStoreError naming a role that nobody knows, or one that is needed and that no concept has.

    `absent`: contract columns that the deployment does not ask, whose roles nobody needs. A status that a code means
    must have a role, since it decides whether a case counts.
    """
    file, found = f"{profile}/concepts.csv", codes_by_role(concepts)
    for dimension, role in found:
        known = [row["role"] for row in roles() if row["dimension"] == dimension]
        if role not in known:
            raise CaseStoreError(
                f"{file}: '{dimension}/{found[dimension, role][0]}' has the role {role}, which is not known; known "
                f"for {dimension}: {', '.join(known) or 'none'}."
            )
    for row in roles():
        key = row["dimension"], row["role"]
        if row["need"] == "required" and key not in found and ASKED_BY.get(row["dimension"]) not in absent:
            raise CaseStoreError(
                f"{file}: no concept of {row['dimension']} has the role {row['role']} ({row['meaning']}); give it to "
                "the one that means this."
            )
    _refuse_meaningless_statuses(profile, found, codes)


def _refuse_meaningless_statuses(profile: str, found: Mapping[tuple[str, str], object], codes: pa.Table) -> None:
    with_role = {concept for (dimension, _), named in found.items() if dimension == "status" for concept in named}  # type: ignore[attr-defined]
    known = ", ".join(row["role"] for row in roles() if row["dimension"] == "status")
    for row in codes.to_pylist():
        if row["dimension"] == "status" and row["concept"] not in with_role:
            raise CaseStoreError(
                f"{profile}/codes.csv: 'status/{row['code']}' means '{row['concept']}', which has no role in "
                f"concepts.csv; known: {known}."
            )
