"""The traps that depend on a country, in the second one: its hour, its places, its modules, its meanings of codes."""

import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import psycopg
import pytest

from anonymization.keys import read_key
from case_store.database import connect, create_indexes, create_schema
from case_store.seeding import Seeding, mark_synthetic
from pipelines.warehouse.warehouse_file import warehouse_file
from tests.support.marts_line import build_marts, settings_for
from tests.support.profiles import FIRST, SECOND
from tests.support.small_store import insert_case, insert_history

DAY = date(2023, 12, 31)
CLOSED = {"status": {"from": "open", "to": "closed"}}
ORDINARY: Mapping[str, Any] = {
    "module": SECOND.modules[0],
    "is_enabled": True,
    "status": "open",
    "registration_date": "2023-03-15",
    "created_at": "2023-03-15T10:00:00Z",
    "posted_at": "2023-03-15T10:05:00Z",
    "sex": "female",
    "birth_date": "2014-05-20",
    "residence": "D0201T01",
    "care_status": "separated",
    "risk": "mild",
    "owner_groups": ["team_0201"],
    "consent_reporting": "true",
    "is_synthetic": True,
}


@dataclass(frozen=True)
class Trap:
    """A child, an update at a moment in UTC, and how it is counted; None: not at all."""

    told: Mapping[str, Any] | None
    columns: Mapping[str, Any] = field(default_factory=dict)
    closed_at: str = ""


def since(day: str, *concerns: str) -> dict[str, Any]:
    """Registered on a day with these concerns."""
    stamps = {"created_at": f"{day}T04:00:00Z", "posted_at": f"{day}T04:05:00Z"}
    return {"registration_date": day, "concerns": list(concerns), **stamps}


TRAPS = {
    "an ordinary child": Trap({"is_open": True, "county": "0201", "sex": "F", "care_status": "SEP", "risk": "R1"}),
    # midnight is at 17:30 in UTC
    "closed before midnight": Trap({"is_open": False}, closed_at="2023-12-31T17:29:59"),
    "closed after midnight": Trap({"is_open": True}, closed_at="2023-12-31T17:30:00"),
    # modules
    "of the second module": Trap({"is_open": True}, {"module": SECOND.modules[1]}),
    "of no module that counts": Trap(None, {"module": "primeromodule-gbv"}),
    # places: digits with a leading zero, a village that is closed, and what is above the district
    "in a district": Trap({"county": "0101"}, {"residence": "D0101"}),
    "in a closed village": Trap({"county": "0302"}, {"residence": "D0302T02"}),
    "in a province": Trap({"county": "_U"}, {"residence": "XPKLN"}),
    "in a place of the first country": Trap({"county": "_U"}, {"residence": "ROTM"}),
    # the seed's codes, meaning what this country made of them
    "abused, by the code of exploitation": Trap({"concerns": ["V1"]}, since("2023-08-01", "sexually_exploited")),
    "labour, by the code of disability": Trap({"concerns": ["E1"]}, since("2023-08-01", "disabled")),
    "exploited, by the code of refugees": Trap({"concerns": ["E3"]}, since("2023-08-01", "refugee")),
    "other, while it meant other": Trap({"concerns": ["X9"]}, since("2023-06-30", "other")),
    "other, since it means substances": Trap({"concerns": ["H5"]}, since("2023-07-01", "other")),
    "a code of the first country": Trap({"concerns": ["_U"]}, since("2023-08-01", "neglect_0f7e6a9")),
    "a sex that may no longer be entered": Trap({"sex": "_U"}, {"sex": "alternative_gender"}),
    "a status of the first country": Trap({"care_status": "_U"}, {"care_status": "accompanied_4b8e21f"}),
}
CHILDREN = """
    select day.case_pseudonym, day.* exclude (case_pseudonym),
        (select list_sort(list(concern)) from int_child_concerns where case_pseudonym = day.case_pseudonym) as concerns
    from int_children_as_of as day"""


@pytest.fixture(scope="module")
def seen(store_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """Each child as the warehouse counts it."""
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("create database traps_of_second")
    dsn, folder = store_dsn.replace("///caselight?", "///traps_of_second?"), tmp_path_factory.mktemp("traps")
    with connect(dsn) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, len(TRAPS), "hand-made"), is_complete=True)
        ids = {name: _insert(connection, trap) for name, trap in TRAPS.items()}
        create_indexes(connection)
    build = build_marts(folder, dsn, DAY, date(2024, 1, 31), SECOND.name)
    secret = read_key(settings_for(folder, dsn).key_file).secret
    names = {hmac.digest(secret, f"case\x1f{i}".encode(), "sha256").hex()[:32]: name for name, i in ids.items()}
    with duckdb.connect(str(warehouse_file(build)), read_only=True) as warehouse:
        rows = warehouse.execute(CHILDREN).fetchall()
        columns = [column[0] for column in warehouse.description or ()]
    yield {names[row[0]]: dict(zip(columns, row, strict=True)) for row in rows}
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("drop database traps_of_second with (force)")


def _insert(connection: psycopg.Connection[Any], trap: Trap) -> str:
    columns = {**ORDINARY, **trap.columns, **({"status": "closed"} if trap.closed_at else {})}
    case_id = insert_case(connection, {SECOND.source(name): value for name, value in columns.items()})
    if trap.closed_at:
        insert_history(connection, case_id, trap.closed_at, CLOSED)
    return case_id


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_counted_as_the_country_means_it(seen: dict[str, dict[str, Any]], name: str) -> None:
    child, told = seen.get(name), TRAPS[name].told
    assert (None if child is None or told is None else {column: child[column] for column in told}) == told
    assert (child is None) == (told is None)


def test_the_first_country_means_something_else_by_the_same_codes() -> None:
    meant = {
        profile.name: {
            row["code"]: row["concept"] for row in profile.codes.to_pylist() if row["dimension"] == "concern"
        }
        for profile in (FIRST, SECOND)
    }
    assert meant[FIRST.name]["sexually_exploited"] in FIRST.roles["concern", "sexual_exploitation"]
    assert meant[SECOND.name]["sexually_exploited"] not in SECOND.roles["concern", "sexual_exploitation"]
    assert meant[SECOND.name]["refugee"] in SECOND.roles["concern", "sexual_exploitation"]
