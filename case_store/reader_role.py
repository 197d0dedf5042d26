"""The least-privilege role with which a run reads a Primero database; its SQL is in reader_role.sql."""

from pathlib import Path

from psycopg.sql import Identifier

from case_store.errors import CaseStoreError

ROLE_SQL = Path(__file__).with_name("reader_role.sql")
LONGEST_NAME = 63  # bytes: PostgreSQL cuts longer names short, and two of them could become one


def role_sql(role: str = "caselight_reader", schema: str = "public") -> str:
    """The statements that make the role and grant it what Caselight reads, for the schema that holds Primero's tables.

    Raises CaseStoreError for a name that PostgreSQL cannot hold.
    """
    names = {"role": role, "schema": schema}
    return ROLE_SQL.read_text("utf-8").format(**{what: _quoted(what, name) for what, name in names.items()})


def _quoted(what: str, name: str) -> str:
    if not name or not name.isprintable() or len(name.encode()) > LONGEST_NAME:
        raise CaseStoreError(
            f"The name of the {what} must have 1 to {LONGEST_NAME} bytes and no control character; give another."
        )
    return Identifier(name).as_string(None)
