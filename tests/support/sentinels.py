"""Two children, wholly synthetic, whose every value is a sentinel: what must never be seen outside the case store.

One is loaded, its values of the right kind wherever a kind is asked for; one holds a sentinel in every typed field.
"""

from typing import Any

import psycopg

from case_store.profile import load_profile
from tests.support.searching import MARK, Sought
from tests.support.small_store import Document, document, insert_case, insert_history, insert_transition, key, subform

LOADED = "5e17ac1e-ca5e-4a11-9bad-c0ffee15900d"
BROKEN = "b40ce2e5-0b5e-4bad-8bad-5afe7e1150ff"
TRANSITION = "7a451710-4bad-4e11-9c0d-ee1150ffca5e"
ENTRY = 948_171_625_304
PHONE, NATIONAL_ID = "+40 711 294 601 83", "2294601837153"
CAREGIVER, CAREGIVER_BORN = f"Ștefania-Лідія  {MARK} Ăîță", "1980-01-02"
TYPED = ("date", "timestamp", "int", "bool", "yes_no")


def text(what: str) -> str:
    """A sentinel text: recognisable, with letters of both alphabets around it."""
    return f"Ș{what} {MARK} ăїț"


def code(what: str) -> str:
    """A sentinel where a code is expected."""
    return f"{MARK}_{what}_3f9a2c1"


FREE_TEXT: Document = {
    **{name: text(name) for name in ("name", "name_first", "name_last", "name_nickname", "address_current")},
    **{name: text(name) for name in ("notes", "telephone_current", "owned_by_full_name")},
    "telephone_agent": PHONE,
    "national_id_no": NATIONAL_ID,
    f"{MARK}_answer_4d5e6f7": text("hex-suffixed field"),
    text("key of a document"): {text("key below"): [text("value below")]},
    "notes_section": [{"unique_id": text("note id"), "note_text": text("note"), code("in_a_note"): text("deep")}],
}


def loaded_document() -> Document:
    """A child that is loaded: every code, place, group and name is a sentinel."""
    coded = {column: code(column) for column in ("sex", "entry_point", "residence", "intention", "care_status", "risk")}
    listed = {column: [code(column), "ukraine"] for column in ("nationality", "concerns", "owner_groups")}
    people = {column: code(column) for column in ("owner", "registered_by", "closure_reason")}
    follow_up = {"follow_up_id": code("follow_up"), "due_date": "2023-04-01", "done_date": "2023-04-02"}
    care = {"care_arrangement_id": code("care"), "care_type": code("care_type"), "started_date": "2023-04-01"}
    kin = {"family_member_id": code("kin"), "relation": code("relation"), "is_caregiver": True}
    kin |= {"caregiver_name": CAREGIVER, "caregiver_birth_date": CAREGIVER_BORN}
    return {
        **document(**coded, **listed, **people),
        **subform("follow_ups", follow_up),
        **subform("care_arrangements", care),
        **subform("family", kin),
        **FREE_TEXT,
    }


def broken_document() -> Document:
    """A child that is quarantined: every typed field, of the case and of its subforms, holds a sentinel."""
    sections = load_profile().fields
    case = {name: text(name) for name, field in sections["case"].columns.items() if field.type in TYPED}
    rows = {
        table: {name: text(name) for name, field in section.columns.items() if field.type in TYPED}
        for table, section in sections.items()
        if table != "case"
    }
    return {**document(**case), **{k: v for t, row in rows.items() for k, v in subform(t, row).items()}}


def insert_sentinels(connection: psycopg.Connection[Any]) -> None:
    """Put both children into a store, with their history, transitions and people."""
    for case_id, data in ((LOADED, loaded_document()), (BROKEN, broken_document())):
        insert_case(connection, data, case_id)
        _insert_changes(connection, case_id, data)
    connection.execute(
        "insert into agencies (unique_id, agency_code) values (%s, %s)", [code("agency"), code("agency")]
    )
    connection.execute(
        """insert into users (user_name, full_name, phone, email, created_at, updated_at)
        values (%s, %s, %s, %s, now(), now())""",
        [code("owner"), text("full name"), PHONE, f"{MARK}@example.org"],
    )
    insert_transition(
        connection,
        LOADED,
        id=TRANSITION,
        service=code("service"),
        status=code("transition_status"),
        transitioned_by=code("owner"),
        transitioned_to=code("transitioned_to"),
        transitioned_to_agency=code("agency"),
        notes=text("notes of a transition"),
        rejected_reason=text("reason"),
    )
    insert_transition(connection, LOADED, type=code("transition_type"), service=code("service"), notes=text("notes"))


def _insert_changes(connection: psycopg.Connection[Any], case_id: str, data: Document) -> None:
    """Old and new values of every field of a document, and of one that no longer stands in it."""
    old = {name: text(f"old {name}") if isinstance(value, str) else None for name, value in data.items()}
    changes = {name: {"from": old[name], "to": value} for name, value in data.items()}
    changes[code("gone_field")] = {"from": text("old value"), "to": text("new value")}
    # what was corrected stays in the history: here everything but the dates a loaded child needs
    kept = {key(name) for name in ("registration_date", "created_at", "posted_at", "status", "module", "is_enabled")}
    dated = {name: change for name, change in changes.items() if name not in kept}
    insert_history(connection, case_id, "2023-06-01T08:00:00", dated, user=code("history_user"))
    status = {
        key("status"): {"from": "open", "to": code("status")},
        key("closure_date"): {"from": None, "to": text("closed")},
    }
    insert_history(connection, case_id, "2023-06-02T08:00:00", status, user=code("history_user"))
    connection.execute("update record_histories set id = id + %s where record_id = %s", [ENTRY, case_id])


def _texts(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {found for pair in value.items() for inside in pair for found in _texts(inside)}
    if isinstance(value, list):
        return {found for inside in value for found in _texts(inside)}
    return {value} if isinstance(value, str) else set()


def sought() -> Sought:
    """All that a search must not find: the mark, the ids and numbers, and unkeyed digests of every value."""
    found = _texts(loaded_document()) | _texts(broken_document()) | {code("service"), code("history_user")}
    values = {value for value in found if MARK in value} | {PHONE, NATIONAL_ID, f"{CAREGIVER}|{CAREGIVER_BORN}"}
    identifiers = {PHONE, NATIONAL_ID, LOADED, BROKEN, TRANSITION}
    identifiers |= {name.replace("-", "") for name in (LOADED, BROKEN, TRANSITION)}
    return Sought(frozenset(values), frozenset(identifiers))
