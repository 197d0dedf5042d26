"""A night that cannot be right stops in a sentence, keeps nothing, and passes only if somebody accepts it by name."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from case_store.database import connect, create_indexes, create_schema
from case_store.errors import CaseStoreError
from case_store.profile import load_profile
from case_store.seeding import Seeding, mark_synthetic
from pipelines.errors import RunError
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.accepted_runs import Acceptance, AcceptedRun, accept, accepted_run, accepted_runs
from pipelines.snapshot.night import Found, check_acceptances, last_before, refuse_wrong_night
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.marts_line import settings_for
from tests.support.small_store import key, populate

CHILDREN = 60
A_THIRD = "60000000-0000-0000-0000-000000000000"  # of all ids are below it
DAY = date(2023, 12, 31)


def time(known_at: date = DAY) -> ReferenceTime:
    return ReferenceTime(DAY, known_at, load_profile().time_zone)


@pytest.fixture(scope="module")
def filled(store_dsn: str) -> str:
    """The name of a database with the children, to be copied."""
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("create database nights")
    with connect(store_dsn.replace("///caselight?", "///nights?")) as connection:
        create_schema(connection)
        mark_synthetic(connection, Seeding(1, CHILDREN, "hand-made"), is_complete=True)
        populate(connection, children=CHILDREN)
        connection.execute(
            """insert into lookups (unique_id, lookup_values_i18n) values ('lookup-gender',
            '[{"id": "male", "display_text": {"en": "Male", "ro": "Masculin", "uk": ""}}]'),
            ('lookup-case-status', '[{"id": "open", "display_text": {"en": "Open"}}]')"""
        )
        connection.execute(
            """insert into locations (location_code, admin_level, hierarchy_path) values
            ('RO', 0, 'RO'), ('ROTM', 1, 'RO.ROTM'), ('ROCJ', 1, 'RO.ROCJ'), ('ROTM01', 2, 'RO.ROTM.ROTM01')"""
        )
        create_indexes(connection)
    return "nights"


@pytest.fixture
def settings(filled: str, store_dsn: str, tmp_path: Path) -> Any:
    """A data folder in which one night was accepted, on a store of its own that a test may change."""
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute(f"create database a_night template {filled}")
    made = settings_for(tmp_path, store_dsn.replace("///caselight?", "///a_night?"))
    made.make_data_folder()
    accept(made.data, accepted_run(read_manifest(take_snapshot(made, time()))))
    yield made
    with psycopg.connect(store_dsn, autocommit=True) as server:
        server.execute("drop database a_night with (force)")


def change(settings: Settings, query: str, *values: Any) -> None:
    with connect(str(settings.dsn)) as connection:
        connection.execute(query, values)


LABEL = "update lookups set lookup_values_i18n = replace(lookup_values_i18n::text, %s, %s)::jsonb"


@pytest.mark.parametrize(
    ("query", "values", "told", "rule"),
    [
        (LABEL, ('"Masculin"', '"Feminin"'), "`male` of lookup-gender", "changed_labels"),
        (LABEL, ('"Male"', '"Boy"'), "`male` of lookup-gender", "changed_labels"),
        (LABEL, ('"Open"', '"Waiting list"'), "`open` of lookup-case-status", "changed_labels"),
        (
            "insert into fields (name, option_strings_text_i18n) values (%s, %s)",
            (key("risk"), '[{"id": "high", "display_text": {"en": "Low"}}]'),
            "`high` of risk_level",
            "changed_labels",
        ),
        (
            "update locations set hierarchy_path = 'RO.ROCJ.ROTM01' where location_code = %s",
            ("ROTM01",),
            "`ROTM01`",
            "moved_places",
        ),
        ("update cases set data = data - %s", (key("sex"),), "Hardly any case has sex", "emptied_fields"),
        (
            "update cases set data = data - %s where id < '80000000-0000-0000-0000-000000000000'",
            (key("care_status"),),
            "has care_status",
            "emptied_fields",
        ),
        ("update cases set data = data - %s", (key("concerns"),), "has concerns", "emptied_fields"),
        (
            "update cases set data = data - %s",
            (str(load_profile().fields["follow_ups"].source),),
            "has follow_ups",
            "emptied_fields",
        ),
        ("delete from cases where id < %s", (A_THIRD,), "cases are missing", "fewer_cases"),
    ],
)
def test_a_wrong_night_stops_and_passes_only_by_name(
    settings: Settings, query: str, values: tuple[str, ...], told: str, rule: str
) -> None:
    before = sorted(path for path in settings.snapshots.rglob("*") if path.is_file())
    stamps = [path.stat().st_mtime_ns for path in before]
    change(settings, query, *values)
    with pytest.raises((RunError, CaseStoreError), match=told):
        take_snapshot(settings, time())
    assert [path.stat().st_mtime_ns for path in before] == stamps
    assert sorted(path for path in settings.snapshots.rglob("*") if path.is_file()) == before
    accepted = check_acceptances([rule], "Ana Sintetica", "seen and right")
    manifest = read_manifest(take_snapshot(settings, time(), accepted))
    accept(settings.data, accepted_run(manifest, accepted))
    assert accepted_runs(settings.data)[-1].accepted == (Acceptance(rule, "Ana Sintetica", "seen and right"),)


def test_what_was_accepted_once_is_the_measure_of_the_next_night(settings: Settings) -> None:
    change(settings, "delete from cases where id < %s", A_THIRD)
    accepted = check_acceptances(["fewer_cases"], "Ana Sintetica", "two counties have left")
    accept(settings.data, accepted_run(read_manifest(take_snapshot(settings, time(), accepted)), accepted))
    take_snapshot(settings, time())


def test_a_night_like_the_last_one_passes(settings: Settings) -> None:
    take_snapshot(settings, time())
    take_snapshot(settings, time(date(2024, 1, 15)))


def test_another_key_over_the_same_data_is_refused(settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "other" / "pseudonym.key"
    other.parent.mkdir(mode=0o700)
    other.write_bytes(bytes(range(100, 132)))
    other.chmod(0o600)
    with pytest.raises(RunError, match="is in use in this data folder"):
        take_snapshot(replace(settings, key_file=other), time())
    take_snapshot(replace(settings, key_file=other), time(), check_acceptances(["other_key"], "Ana", "a new key"))


# The rules by themselves, with the policy's own limits ---------------------------------------------------------------

LIMITS = policy_of(load_profile()).night
LAST = AcceptedRun("2023-12-31", "2023-12-31", "romania", "k1", 36_244, {"sex": 36_000, "risk": 18_000})


def found(last_change: date | None = DAY, is_synthetic: bool = False, key_in_use: str = "k1", **changes: Any) -> Found:
    return Found(replace(LAST, **changes), last_change, is_synthetic, key_in_use)


@pytest.mark.parametrize(
    ("night", "told"),
    [
        (found(cases=22_781, filled={"sex": 22_000, "risk": 11_000}), "22781 cases, and held 36244"),
        (found(cases=35_519), "cases are missing"),
        (found(filled={"sex": 0, "risk": 18_000}), "Hardly any case has sex"),
        (found(filled={"sex": 36_000, "risk": 10_000}), "Hardly any case has risk"),
        (found(last_change=date(2022, 9, 30)), "457 days before known_at"),
        (found(last_change=date(2023, 10, 31)), "61 days before"),
        (found(key_in_use="k0"), "k0 is in use"),
    ],
)
def test_what_is_beyond_a_limit_is_refused(night: Found, told: str) -> None:
    with pytest.raises(RunError, match=told):
        refuse_wrong_night(night, [LAST], LIMITS)


@pytest.mark.parametrize(
    "night",
    [
        found(),
        found(cases=35_520, filled={"sex": 35_000, "risk": 17_000}),
        found(last_change=date(2023, 11, 1)),
        found(last_change=None),
        found(last_change=date(2020, 1, 1), is_synthetic=True),
        found(key_in_use=""),
        found(accepted=(Acceptance("old_source", "Ana", "the replica is known"),), last_change=date(2020, 1, 1)),
    ],
)
def test_what_is_within_the_limits_or_accepted_passes(night: Found) -> None:
    refuse_wrong_night(night, [LAST], LIMITS)


def test_a_first_night_needs_its_core_fields_only() -> None:
    refuse_wrong_night(found(cases=1, filled={"sex": 1, "risk": 0}, key_in_use=""), [], LIMITS)
    with pytest.raises(RunError, match="has sex any more"):
        refuse_wrong_night(found(cases=1, filled={"sex": 0}, key_in_use=""), [], LIMITS)


def test_a_night_is_held_against_the_last_one_known_no_later() -> None:
    runs = [replace(LAST, known_at=day) for day in ("2023-09-30", "2023-12-31", "2023-10-31", "2024-03-31")]
    assert last_before(runs, LAST) == runs[2]
    assert last_before(runs, replace(LAST, known_at="2023-01-01")) is None
    assert last_before([replace(LAST, profile="other")], LAST) is None


def test_whoever_accepts_names_a_rule_themselves_and_a_reason() -> None:
    with pytest.raises(RunError, match="no rule called few to accept; the rules are changed_labels, moved_places"):
        check_acceptances(["few"], "Ana", "why")
    for by, because in (("", "why"), ("Ana", " ")):
        with pytest.raises(RunError, match="says who they are and why"):
            check_acceptances(["fewer_cases"], by, because)
    assert check_acceptances([], "", "") == ()


def test_a_line_of_accepted_runs_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    accept(tmp_path, LAST)
    accept(tmp_path, LAST)
    assert accepted_runs(tmp_path) == [LAST]
    path = tmp_path / "accepted_runs.jsonl"
    for broken in (b"{}", b"\xff", b"[1]", json.dumps({"accepted": []}).encode()):
        path.write_bytes(path.read_bytes().splitlines()[0] + b"\n" + broken + b"\n")
        with pytest.raises(RunError, match="line 2, cannot be read"):
            accepted_runs(tmp_path)
