"""Synthetic records by hand: documents in Primero's shape from contract columns, and a small store full of them.

A few hundred children of a handful of counties keep a run cheap; each kind of record that a run reads is among them.
"""

import json
import random
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import psycopg

from case_store.profile import load_profile

Document = dict[str, Any]
ORDINARY: Mapping[str, Any] = {
    "is_enabled": True,
    "status": "open",
    "registration_date": "2023-03-15",
    "created_at": "2023-03-15T10:00:00Z",
    "posted_at": "2023-03-15T10:05:00Z",
    "sex": "female",
    "birth_date": "2014-05-20",
    "age_as_entered": 8,
    "is_age_estimated": False,
    "nationality": ["ukraine"],
    "residence": "ROTM",
    "care_status": "accompanied_4b8e21f",
    "risk": "low",
    "owner_groups": ["usergroup-tm"],
    "owner": "user_tm_01",
    "registered_by": "user_tm_01",
    "consent_reporting": "true",
    "is_synthetic": True,
}
CHILDREN = 400  # of the small store that tests copy
COUNTIES = ("TM", "CJ", "BH", "CT", "IS", "SV")


def key(column: str, table: str = "case") -> str:
    """The source key of a contract column."""
    return load_profile().source(column, table)


def document(**columns: Any) -> Document:
    """An ordinary open case of a girl of nine in Timiș, with these contract columns changed; None leaves a key out."""
    values = {**ORDINARY, "module": load_profile().module_id, **columns}
    return {key(name): value for name, value in values.items() if value is not None}


def subform(table: str, *rows: Mapping[str, Any]) -> Document:
    """A subform of a case, to be merged into a document: one mapping of contract columns a row."""
    named = [{key(name, table): value for name, value in row.items()} for row in rows]
    return {str(load_profile().fields[table].source): named}


def insert_case(connection: psycopg.Connection[Any], data: Any, case_id: str | None = None) -> str:
    """Put one document into the store, whatever it is; give its id."""
    found = connection.execute(
        "insert into cases (id, data) values (coalesce(%s::uuid, gen_random_uuid()), %s) returning id::text",
        [case_id, json.dumps(data, ensure_ascii=False)],
    ).fetchone()
    return found[0] if found else ""


def insert_history(
    connection: psycopg.Connection[Any], case_id: str, at: str, changes: Any, user: str = "user_tm_01"
) -> None:
    """Put one update into `record_histories`; `changes` = {source key: {"from", "to"}}."""
    connection.execute(
        """insert into record_histories (record_id, record_type, datetime, user_name, action, record_changes)
        values (%s, 'Child', %s, %s, 'update', %s)""",
        [case_id, at, user, json.dumps(changes, ensure_ascii=False)],
    )


def insert_transition(connection: psycopg.Connection[Any], case_id: str, **columns: Any) -> None:
    """Put one referral into `transitions`; `columns` are its own column names."""
    ordinary = {"record_type": "Child", "type": "Referral", "status": "accepted", "created_at": "2023-04-01T09:00:00"}
    values = {"record_id": case_id, **ordinary, **columns}
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    connection.execute(f"insert into transitions ({names}) values ({marks})", list(values.values()))


def populate(connection: psycopg.Connection[Any], children: int = CHILDREN, seed: int = 1) -> None:
    """Put children with histories, referrals, follow-ups, care and caregivers into a store's empty tables."""
    rng = random.Random(seed)
    for number in range(children):
        registered = date(2022, 8, 1) + timedelta(days=rng.randrange(440))
        case_id = insert_case(connection, _child(rng, number, registered), _uuid(rng))
        if number % 3 == 0:
            _close(connection, case_id, registered + timedelta(days=rng.randrange(1, 60)))
        if number % 4 == 0:
            service = rng.choice(("special_protection_service", "registration_service"))
            insert_transition(connection, case_id, id=_uuid(rng), service=service, created_at=f"{registered}T09:00:00")


def _child(rng: random.Random, number: int, registered: date) -> Document:
    county = rng.choice(COUNTIES)
    columns = document(
        registration_date=str(registered),
        created_at=f"{registered}T10:00:00Z",
        posted_at=f"{registered}T10:05:00Z",
        sex=rng.choice(("male", "female")),
        birth_date=str(registered - timedelta(days=rng.randrange(200, 6200))),
        residence=f"RO{county}",
        owner_groups=[f"usergroup-{county.lower()}"],
        care_status=rng.choice(("accompanied_4b8e21f", "unaccompanied", "separated")),
        risk=rng.choice(("high", "medium", "low")),
        entry_point="sighetu_marmatiei_8e2f6b3",
        intention="transit_77aa001",
        concerns=["insufficient_income_60a8df3"] if number % 2 else [],
        status="closed" if number % 3 == 0 else "open",
    )
    return {**columns, **_subforms(number, registered)}


def _subforms(number: int, registered: date) -> Document:
    due, done = str(registered + timedelta(days=20)), str(registered + timedelta(days=10 + number % 20))
    caregiver = {"relation": "mother", "is_caregiver": True, "caregiver_name": f"Synthetic {number // 2}"}
    return {
        **subform("follow_ups", {"follow_up_id": f"follow-{number}", "due_date": due, "done_date": done}),
        **subform("care_arrangements", {"care_arrangement_id": f"care-{number}", "care_type": "parent_s"}),
        **subform("family", {"family_member_id": f"kin-{number}", **caregiver}),
    }


def _close(connection: psycopg.Connection[Any], case_id: str, day: date) -> None:
    closed = {key("status"): {"from": "open", "to": "closed"}, key("closure_date"): {"from": None, "to": str(day)}}
    insert_history(connection, case_id, f"{day}T12:00:00", closed)
    connection.execute(
        "update cases set data = data || jsonb_build_object(%s::text, %s::text) where id = %s",
        [key("closure_date"), str(day), case_id],
    )


def _uuid(rng: random.Random) -> str:
    return f"{rng.getrandbits(128):032x}"
