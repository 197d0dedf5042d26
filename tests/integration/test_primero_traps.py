"""Primero's traps for a statistician, one child each, counted as a careful person who opens the record would.

Each child is seen twice as of the end of 2023: with what was known then, and with what was known a quarter later.
A changed label stops the run (`test_bad_input.py`); published totals re-add in `test_publication_files.py`.
"""

import hmac
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import psycopg
import pytest

from anonymization.keys import read_key
from case_store.database import connect, create_indexes, create_schema
from case_store.profile import load_profile
from case_store.seeding import Seeding, mark_synthetic
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime
from pipelines.snapshot import take_snapshot as snapshot_stage
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.warehouse.warehouse_file import warehouse_file
from tests.support.marts_line import build_marts, settings_for
from tests.support.small_store import document, insert_case, insert_history, insert_transition, key, subform

AS_OF, THEN, LATER = date(2023, 12, 31), date(2023, 12, 31), date(2024, 3, 31)
NOT_COUNTED = None
Expected = Mapping[str, Any] | None
Changes = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Trap:
    """A child: contract columns beside the ordinary ones, updates (moment in UTC, column -> from, to), and how it is
    counted with what was known then; `later` only where more knowledge says something else."""

    told: Expected
    columns: Mapping[str, Any] = field(default_factory=dict)
    updates: Sequence[tuple[str, Changes]] = ()
    later: Any = "the same"
    rows: Mapping[str, Any] = field(default_factory=dict)  # source keys as they are: subforms, fields of no form


def received(day: str, **columns: Any) -> dict[str, Any]:
    """Registered on a day, and in the store a few minutes later unless told otherwise."""
    return {
        "registration_date": day,
        "created_at": f"{day}T10:00:00Z",
        "posted_at": f"{day}T10:05:00Z",
        **columns,
    }


CLOSED = ("2023-06-01T09:00:00", {"status": ("open", "closed"), "closure_date": (None, "2023-06-01")})
REOPENED = ("2023-07-01T09:00:00", {"status": ("closed", "open")})
OPEN, SHUT = {"is_open": True}, {"is_open": False}
TRAPS = {
    "an ordinary child": Trap({"is_open": True, "county": "RO424", "sex": "F", "age": "Y9", "concerns": []}),
    # codes
    "a disabled value still in data": Trap(
        {"concerns": ["C31"]}, {"concerns": ["child_headed_household"], **received("2022-12-31")}
    ),
    "a value entered after it was disabled": Trap(
        {"concerns": ["_U"]}, {"concerns": ["child_headed_household"], **received("2023-01-01")}
    ),
    "a disabled value beside a new one": Trap(
        {"concerns": ["C27", "C31"]},
        {"concerns": ["child_headed_household", "disabled"], **received("2022-12-31")},
        [("2023-06-01T09:00:00", {"concerns": (["child_headed_household"], ["child_headed_household", "disabled"])})],
    ),
    "an unknown value": Trap({"sex": "_U", "concerns": ["_U"]}, {"sex": "other_d1f00aa", "concerns": ["new_0badc0d"]}),
    "an unknown field with a hex suffix": Trap({"age": "Y9"}, rows={"camp_d13377e": "x", "age_0badc0d": 3}),
    "a multi-select with the same value twice": Trap(
        {"concerns": ["C14", "C27"]}, {"concerns": ["disabled", "child_mother", "disabled", "", None]}
    ),
    # yes and no, and nothing
    "enabled, as text": Trap(OPEN, {"is_enabled": "true"}),
    "disabled, as text": Trap(NOT_COUNTED, {"is_enabled": "false"}),
    "nobody said whether it is enabled": Trap(OPEN, {"is_enabled": None}),
    "null": Trap({"risk": "_U", "age": "_U"}, {"birth_date": None}, rows={"risk_level": None, "age": None}),
    "absent": Trap({"risk": "_U", "age": "_U"}, {"risk": None, "birth_date": None, "age_as_entered": None}),
    "empty text": Trap({"risk": "_U", "age": "_U"}, {"risk": "", "birth_date": "", "age_as_entered": ""}),
    # places
    "a locality": Trap({"county": "RO424"}, {"residence": "ROTM01"}),
    "a sector of the capital": Trap({"county": "RO321"}, {"residence": "ROB3"}),
    "above county": Trap({"county": "_U"}, {"residence": "RO"}),
    "a retired place": Trap({"county": "RO215"}, {"residence": "ROSV90"}),
    "moved after the day": Trap(
        {"county": "RO424"}, {"residence": "ROCJ"}, [("2024-01-10T09:00:00", {"residence": ("ROTM", "ROCJ")})]
    ),
    # ages
    "age rewritten on the birthday": Trap(
        {"age_then": "Y8", "age": "Y9"},
        {"age_as_entered": 9},
        [("2023-05-20T01:00:00", {"age_as_entered": (8, 9)})],
    ),
    "age rewritten without history": Trap({"age_then": "Y8", "age": "Y9"}, {"age_as_entered": 9}),
    "birth date against age": Trap({"age_then": "Y8", "age": "Y9"}, {"age_as_entered": 15}),
    "an age only": Trap({"age_then": "Y8", "age": "Y9"}, {"birth_date": None, **received("2022-08-15")}),
    "born on 1 January, estimated": Trap(
        {"age_then": "Y13", "age": "Y13"}, {"birth_date": "2010-01-01", "is_age_estimated": True}
    ),
    "born on 29 February": Trap(
        {"age_then": "Y14", "age": "Y15"}, {"birth_date": "2008-02-29", **received("2023-02-28")}
    ),
    "18 on the last day": Trap({"age_then": "Y17", "age": "Y_GE18", "is_open": True}, {"birth_date": "2005-12-31"}),
    "18 on the day after": Trap({"age_then": "Y17", "age": "Y17"}, {"birth_date": "2006-01-01"}),
    "18 at registration": Trap(NOT_COUNTED, {"birth_date": "2005-03-15"}),
    # dates that cannot be
    "born after registration": Trap({"age_then": "Y8", "age": "Y8"}, {"birth_date": "2023-03-16"}),
    "born in a Buddhist year": Trap({"age_then": "Y8", "age": "Y8"}, {"birth_date": "2557-05-20"}),
    "registered in the future": Trap(NOT_COUNTED, {"registration_date": "2031-01-01"}),
    # statuses
    "duplicate": Trap(NOT_COUNTED, {"status": "duplicate"}),
    "found to be a duplicate later": Trap(
        OPEN, {"status": "duplicate"}, [("2024-01-10T09:00:00", {"status": ("open", "duplicate")})], NOT_COUNTED
    ),
    "identified": Trap(NOT_COUNTED, {"status": "identified"}),
    "accepted after the day": Trap(
        NOT_COUNTED, {}, [("2024-01-10T09:00:00", {"status": ("identified", "open")})], NOT_COUNTED
    ),
    "accepted before the day": Trap(OPEN, {}, [("2023-06-01T09:00:00", {"status": ("identified", "open")})]),
    "transferred": Trap(SHUT | {"is_closed": False, "closings": 0}, {"status": "transferred"}),
    "transferred after the day": Trap(
        OPEN, {"status": "transferred"}, [("2024-01-10T09:00:00", {"status": ("open", "transferred")})]
    ),
    "transferred and taken back": Trap(
        OPEN | {"closings": 0},
        {},
        [
            ("2023-06-01T09:00:00", {"status": ("open", "transferred")}),
            ("2023-07-01T09:00:00", {"status": ("transferred", "open")}),
        ],
    ),
    "of a status that nobody reviewed": Trap(OPEN, {"status": "Closed"}),
    "closed": Trap(SHUT | {"closings": 1}, {"status": "closed", "closure_date": "2023-06-01"}, [CLOSED]),
    "reopened, old closure date": Trap(OPEN | {"closings": 1}, {"closure_date": "2023-06-01"}, [CLOSED, REOPENED]),
    "closed again, old closure date": Trap(
        SHUT | {"closings": 2},
        {"status": "closed", "closure_date": "2023-06-01"},
        [CLOSED, REOPENED, ("2023-09-01T09:00:00", {"status": ("open", "closed")})],
    ),
    "closed before it opened": Trap(
        SHUT,
        {"status": "closed", "closure_date": "2023-03-10"},
        [("2023-04-01T09:00:00", {"status": ("open", "closed"), "closure_date": (None, "2023-03-10")})],
    ),
    "closed by a script": Trap(SHUT, {"status": "closed", "closure_date": "2023-03-10"}),
    "reopened, then closed by a script": Trap(
        SHUT | {"closings": 2}, {"status": "closed", "closure_date": "2023-06-01"}, [CLOSED, REOPENED]
    ),
    "reopened by a script": Trap(OPEN, {"closure_date": "2023-06-01"}, [CLOSED]),
    "entered closed, reopened after the day": Trap(
        SHUT | {"closings": 1},
        {"closure_date": "2023-06-01"},
        [("2024-02-01T09:00:00", {"status": ("closed", "open")})],
    ),
    "a closure told late": Trap(
        OPEN,
        {"status": "closed", "closure_date": "2023-12-20"},
        [("2024-01-10T09:00:00", {"status": ("open", "closed"), "closure_date": (None, "2023-12-20")})],
        SHUT,
    ),
    "closed and reopened in one second": Trap(
        OPEN, {}, [(CLOSED[0], {"status": ("open", "closed")}), (CLOSED[0], {"status": ("closed", "open")})]
    ),
    # the day in Bucharest
    "closed at 21:59 in UTC": Trap(
        SHUT, {"status": "closed"}, [("2023-12-31T21:59:59", {"status": ("open", "closed")})]
    ),
    "closed at 22:30 in UTC": Trap(
        OPEN, {"status": "closed"}, [("2023-12-31T22:30:00", {"status": ("open", "closed")})]
    ),
    # what is known when
    "entered late, with a concern": Trap(
        NOT_COUNTED,
        {"concerns": ["disabled"], **received("2024-01-05", registration_date="2023-12-20")},
        later={"is_open": True, "concerns": ["C27"]},
    ),
    "no time of receipt": Trap(OPEN, {"posted_at": None}),
    "a concern that was unticked": Trap(
        {"concerns": ["C14", "C27"]},
        {"concerns": ["child_mother"]},
        [("2023-06-01T09:00:00", {"concerns": (["disabled", "child_mother"], ["child_mother"])})],
    ),
    "a concern added by a script": Trap(
        {"concerns": ["C14", "C27"]},
        {"concerns": ["child_mother", "disabled"]},
        [("2023-06-01T09:00:00", {"concerns": ([], ["child_mother"])})],
    ),
    "a concern of the next year": Trap(
        {"concerns": []}, {"concerns": ["disabled"]}, [("2024-01-10T09:00:00", {"concerns": ([], ["disabled"])})]
    ),
    "a corrected sex": Trap({"sex": "M"}, {}, [("2024-01-10T09:00:00", {"sex": ("male", "female")})], {"sex": "F"}),
}
LOADED_THEN = sum(trap.told is not NOT_COUNTED for trap in TRAPS.values())
# one woman and two men, as eight people typed them
CAREGIVERS = {
    "1980-01-01": ("Elena  Popescu ", "elena popescu", "ELENA\u00a0POPESCU"),
    "1981-02-02": ("Ștefan Mureșan", "S\u0326tefan Mures\u0326an", "\tȘTEFAN MUREȘAN"),
    "1981-02-03": ("Ștefan Mureșan", "ștefan mureșan"),
}


@pytest.fixture(scope="module")
def store(store_dsn: str) -> Iterator[tuple[str, dict[str, str]]]:
    """A store of the children above, and the id of each."""
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("create database traps")
    dsn = store_dsn.replace("///caselight?", "///traps?")
    with connect(dsn) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, len(TRAPS), "hand-made"), is_complete=True)
        ids = {name: _insert(connection, trap) for name, trap in TRAPS.items()}
        _leave_orphans(connection)
        create_indexes(connection)
    yield dsn, ids
    with psycopg.connect(store_dsn, autocommit=True) as connection:
        connection.execute("drop database traps with (force)")


def _insert(connection: psycopg.Connection[Any], trap: Trap) -> str:
    family = _family() if trap is TRAPS["an ordinary child"] else {}
    case_id = insert_case(connection, {**document(**trap.columns), **trap.rows, **family})
    for moment, changes in trap.updates:
        entry = {key(column): {"from": old, "to": new} for column, (old, new) in changes.items()}
        insert_history(connection, case_id, moment, entry)
    return case_id


def _family() -> Mapping[str, Any]:
    people = [(name, born) for born, names in CAREGIVERS.items() for name in names]
    rows = [
        {
            "family_member_id": f"kin-{number}",
            "is_caregiver": "true" if number % 2 else True,
            "caregiver_name": name,
            "caregiver_birth_date": born,
        }
        for number, (name, born) in enumerate(people)
    ]
    return subform("family", *rows, {"family_member_id": "no", "is_caregiver": "false", "caregiver_name": "Ana"})


def _leave_orphans(connection: psycopg.Connection[Any]) -> None:
    """Hard deletion removes the case and leaves its histories and transitions behind."""
    deleted = str(uuid4())
    insert_history(connection, deleted, "2023-06-01T09:00:00", {key("status"): {"from": "open", "to": "closed"}})
    insert_history(connection, deleted, "2023-06-01T09:00:00", {key("concerns"): {"from": [], "to": ["disabled"]}})
    insert_transition(connection, deleted, service="special_protection_service")


@dataclass(frozen=True)
class Seen:
    """One build: how each child is counted, and the sums of marts."""

    children: dict[str, dict[str, Any]]
    sums: dict[str, int]
    coverage: Counter[tuple[str, str, str]]


@pytest.fixture(scope="module")
def seen(store: tuple[str, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> dict[date, Seen]:
    dsn, ids = store
    folder = tmp_path_factory.mktemp("traps")
    return {known_at: _look(folder, dsn, ids, known_at) for known_at in (THEN, LATER)}


CHILDREN = """
    select
        day.case_pseudonym, day.* exclude (case_pseudonym), registered.age as age_then,
        (select list_sort(list(concern)) from int_child_concerns where case_pseudonym = day.case_pseudonym) as concerns,
        (select count(*) from int_closures where case_pseudonym = day.case_pseudonym) as closings
    from int_children_as_of as day inner join int_children as registered using (case_pseudonym)"""
SUMS = {
    "registered": "select sum(children) from marts.registrations",
    "in counties and _U": "select sum(children) from marts.children_by_risk",
    "with concern": "select sum(children) from marts.children_with_concern",
    "pairs": "select sum(pairs) from marts.child_concern_pairs",
    "referred": "select coalesce(sum(children), 0) from marts.referred_children",
    "caregivers": "select caregivers from marts.caregivers where county = '_T' and relation = '_T'",
}


def _look(folder: Path, dsn: str, ids: dict[str, str], known_at: date) -> Seen:
    build, settings = build_marts(folder, dsn, AS_OF, known_at), settings_for(folder, dsn)
    secret = read_key(settings.key_file).secret
    names = {hmac.digest(secret, f"case\x1f{i}".encode(), "sha256").hex()[:32]: name for name, i in ids.items()}
    with duckdb.connect(str(warehouse_file(build)), read_only=True) as warehouse:
        rows = warehouse.execute(CHILDREN).fetchall()
        columns = [column[0] for column in warehouse.description or ()]
        sums = {name: int(warehouse.execute(query).fetchall()[0][0]) for name, query in SUMS.items()}
    children = {names[row[0]]: dict(zip(columns, row, strict=True)) for row in rows}
    manifest = read_manifest(settings.snapshots / str(AS_OF) / str(known_at))
    told = {(c["table_name"], c["outcome"], c["reason"]): c["records"] for c in manifest["coverage"]}
    return Seen(children, sums, Counter(told))


def _as_expected(child: dict[str, Any] | None, expected: Expected) -> Expected:
    if child is None or expected is None:
        return child
    return {name: (child[name] or []) if name == "concerns" else child[name] for name in expected}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_counted_as_a_careful_person_would(seen: dict[date, Seen], name: str) -> None:
    trap = TRAPS[name]
    assert _as_expected(seen[THEN].children.get(name), trap.told) == trap.told
    later = trap.told if trap.later == "the same" else trap.later
    assert _as_expected(seen[LATER].children.get(name), later) == later


def test_children_are_counted_once_and_pairs_are_not_children(seen: dict[date, Seen]) -> None:
    told = [trap.told["concerns"] for trap in TRAPS.values() if trap.told and trap.told.get("concerns")]
    assert seen[THEN].sums["registered"] == seen[THEN].sums["in counties and _U"] == LOADED_THEN
    assert seen[THEN].sums["with concern"] == len(told)
    assert seen[THEN].sums["pairs"] == sum(map(len, told)) > len(told)


def test_what_a_deleted_case_left_behind_is_nobody(seen: dict[date, Seen]) -> None:
    assert seen[THEN].sums["referred"] == 0
    assert seen[THEN].coverage["referrals", "excluded", "CASE_NOT_LOADED"] == 1


def test_a_caregiver_is_one_person_however_the_name_was_typed(seen: dict[date, Seen]) -> None:
    assert seen[THEN].sums["caregivers"] == len(CAREGIVERS)
    assert seen[THEN].coverage["caregivers", "excluded", "NOT_A_CAREGIVER"] == 1


def test_consent_withheld_is_read_as_a_boolean_and_as_text(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = policy_of(load_profile())
    strict = policy.model_copy(update={"intake": policy.intake.model_copy(update={"consent_withheld": "exclude"})})
    monkeypatch.setattr(snapshot_stage, "policy_of", lambda profile: strict)
    dsn = new_database()
    with connect(dsn) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, 6, "hand-made"), is_complete=True)
        for said in (True, "true", None, "", False, "false"):
            insert_case(connection, document(consent_reporting=said))
    settings = settings_for(tmp_path, dsn)
    settings.make_data_folder()
    time = ReferenceTime(AS_OF, THEN, load_profile().time_zone)
    coverage = read_manifest(snapshot_stage.take_snapshot(settings, time))["coverage"]
    told = {(row["outcome"], row["reason"]): row["records"] for row in coverage if row["table_name"] == "cases"}
    assert told["excluded", "CONSENT_WITHHELD"] == 2
    assert told["loaded", ""] == 4
