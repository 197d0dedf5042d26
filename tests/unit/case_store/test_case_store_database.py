"""What the case store says when it cannot be used: a reason and a way out, and never a password or a value."""

import psycopg
import pytest

from case_store.database import connect, plain_errors
from case_store.errors import CaseStoreError


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://worker:hunter2@127.0.0.1:9/cases",
        "postgresql://worker:hunter2@x@127.0.0.1:9/cases",
        "postgresql://worker:hunter2:@/:nonsense",
        "postgresql://worker@127.0.0.1:9/cases?connect_timeout=hunter2",
        "host=127.0.0.1 port=9 password=hunter2 user",
        "hunter2",
    ],
)
def test_a_store_that_cannot_be_opened_is_named_without_its_password(dsn: str) -> None:
    with pytest.raises(CaseStoreError) as refusal:
        connect(dsn)
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__
    assert str(refusal.value).startswith("The case store cannot be opened; ") and str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("error", "way_out"),
    [
        (psycopg.errors.DiskFull("could not write Ileana"), "free some space"),
        (psycopg.errors.UndefinedTable("Ileana"), "check CASESTORE_DSN"),
        (psycopg.errors.InvalidTextRepresentation('invalid input: "Ileana"'), "please report it"),
        (psycopg.errors.AdminShutdown("Ileana"), "look at its log"),
    ],
)
def test_what_the_database_refuses_is_told_without_values(error: psycopg.Error, way_out: str) -> None:
    with pytest.raises(CaseStoreError, match=way_out) as refusal, plain_errors():
        raise error
    assert "Ileana" not in str(refusal.value)
    assert refusal.value.__suppress_context__
