"""The snapshot's SQL says what a few lines of Python say by replaying the history forwards, time zones included."""

import itertools
import json
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anonymization.keys import PseudonymKey
from anonymization.pseudonyms.allow_list import AllowList
from anonymization.pseudonyms.snapshotter import DocumentFields, Snapshotter
from case_store.profile import load_profile
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime

ZONE = ZoneInfo("Europe/Bucharest")
AS_OF = date(2023, 12, 31)
PROFILE = load_profile()
KEYS = AllowList.from_fields(PROFILE.fields).keys
CREATED = datetime(2023, 12, 1, 8, tzinfo=UTC)
CASE = "00000000-0000-4000-8000-000000000001"
FIELDS = ("residence", "risk", "care_status", "intention")
VALUES = {
    "residence": {"ROTM": "RO424", "ROB1": "RO321", "RO": "_U", "nowhere": "_U", None: "_U"},
    "risk": {"high": "high", "low": "low", "sentinel": "_U", "": "_U"},
    "care_status": {"separated": "separated", "unaccompanied": "unaccompanied", None: "_U"},
    "intention": {"stay_1e5b7c0": "stay_1e5b7c0", "transit_77aa001": "transit_77aa001", None: "_U"},
    "sex": {"male": "male", "female": "female", "x": "_U"},
    "status": {"open": "open", "closed": "closed", "transferred": "left", "identified": None, "Closed": "open"},
}
# around the end of 2023 in Bucharest: 22:00 UTC
moments = st.integers(0, 40 * 24 * 4).map(lambda quarters: CREATED + timedelta(minutes=15 * quarters))


@st.composite
def histories(draw):
    """Values of each field over time: {field: [(moment, value), ...]}, the first at creation."""
    told = {}
    for field, values in VALUES.items():
        times = sorted(draw(st.lists(moments, max_size=4, unique=True)))
        drawn = draw(st.lists(st.sampled_from(list(values)), min_size=len(times) + 1, max_size=len(times) + 1))
        changed = [drawn[0]]
        kept_times = [CREATED]
        for moment, value in zip(times, drawn[1:], strict=True):
            if value != changed[-1]:
                changed.append(value)
                kept_times.append(moment)
        told[field] = list(zip(kept_times, changed, strict=True))
    return told


def _snapshot(told, known_at):
    document = {KEYS[field]: values[-1][1] for field, values in told.items()} | {
        "module_id": PROFILE.module_id,
        "record_state": True,
        "registration_date": "2023-12-01",
        "created_at": CREATED.isoformat(),
        "posted_at": CREATED.isoformat(),
        "date_of_birth": "2012-02-29",
        "caselight_synthetic": True,
    }
    changes = [
        (moment, {KEYS[field]: {"from": before, "to": after}})
        for field, values in told.items()
        for (_, before), (moment, after) in itertools.pairwise(values)
    ]
    sources = {
        "cases": pa.table({"id": [CASE], "data": [json.dumps(document)]}),
        "histories": pa.table(
            {
                "record_id": pa.array([CASE] * len(changes), pa.string()),
                "datetime": pa.array([m.replace(tzinfo=None) for m, _ in changes], pa.timestamp("us")),
                "id": pa.array(range(len(changes)), pa.int64()),
                "record_changes": pa.array([json.dumps(c) for _, c in changes], pa.string()),
            }
        ),
        "transitions": pa.table(
            {name: pa.array([], pa.string()) for name in ("id", "record_id", "type", "status", "service")}
            | {name: pa.array([], pa.timestamp("us")) for name in ("created_at", "responded_at")}
        ),
    }
    return _snapshotter(known_at).pseudonymise(sources)


@cache
def _snapshotter(known_at):
    reference = PROFILE.reference_tables() | {"ref_referral_types": pa.table({"type": list(PROFILE.referral_types)})}
    return Snapshotter(
        policy_of(load_profile()),
        PseudonymKey(b"k" * 32),
        AllowList.from_fields(PROFILE.fields),
        reference,
        ReferenceTime(AS_OF, known_at, "Europe/Bucharest"),
        PROFILE.modules,
        PROFILE.launch_date,
        DocumentFields(frozenset(), frozenset()),
    )


def _day(moment):
    return moment.astimezone(ZONE).date()


@settings(max_examples=60)
@given(told=histories(), known_at=st.sampled_from([AS_OF, date(2024, 1, 2), date(2024, 1, 31)]))
def test_states_and_events_are_those_of_a_forward_replay(told, known_at):
    found = _snapshot(told, known_at)
    tables = found.tables
    known = {f: [(m, v) for m, v in values if m == CREATED or _day(m) <= known_at] for f, values in told.items()}

    if [word for moment, word in known["status"] if moment == CREATED or _day(moment) <= AS_OF][-1] == "identified":
        assert {row["reason"] for row in found.coverage.to_pylist() if row["records"]} == {"", "NOT_ACCEPTED"}
        assert not tables["cases"]
        return

    states = {f: [] for f in FIELDS}
    for row in tables["case_states"].to_pylist():
        if row["field"] in states:
            states[row["field"]].append((row["since"], row["value"]))
    assert states == {f: [(_day(m), VALUES[f][v]) for m, v in known[f]] for f in FIELDS}

    (case,) = tables["cases"].to_pylist()
    assert case["sex"] == VALUES["sex"][known["sex"][-1][1]]

    expected = [("open", date(2023, 12, 1))]
    for moment, word in known["status"]:
        status = VALUES["status"][word]
        if status and (status == "open") != (expected[-1][0] == "open"):
            expected.append((status, _day(moment)))
    events = [(row["status"], row["event_date"]) for row in tables["status_events"].to_pylist()]
    assert events == expected


@pytest.mark.parametrize(
    ("moment", "local"),
    [("2023-12-31T21:59:59", date(2023, 12, 31)), ("2023-12-31T22:30:00", date(2024, 1, 1))],
)
def test_half_past_ten_in_the_evening_utc_is_the_next_day(moment, local):
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    told = {f: [(CREATED, next(iter(values)))] for f, values in VALUES.items()}
    told["risk"] = [(CREATED, "low"), (at, "high")]
    known_at = date(2024, 1, 31)
    rows = _snapshot(told, known_at).tables["case_states"].to_pylist()
    assert [r["since"] for r in rows if r["field"] == "risk"] == [date(2023, 12, 1), local]


def test_a_record_closed_by_a_script_without_history_is_closed_on_its_stated_day():
    told = {f: [(CREATED, next(iter(values)))] for f, values in VALUES.items()}
    told["status"] = [(CREATED, "closed")]
    rows = _snapshot(told, AS_OF).tables["status_events"].to_pylist()
    assert [r["status"] for r in rows] == ["open", "closed"]
