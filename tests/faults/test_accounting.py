"""Every record read is loaded, quarantined or excluded for a listed reason, and none of them stops a run."""

import hmac
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from anonymization.keys import read_key
from case_store.database import connect
from case_store.profile import load_profile
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot
from tests.support.line import write_key
from tests.support.small_store import (
    CHILDREN,
    Document,
    document,
    insert_case,
    insert_history,
    insert_transition,
    key,
    subform,
)

TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")
SENTINEL = "qzvxkjw"
NO_DATES = (SENTINEL, "99999-01-01", "infinity", "-infinity", "0001-01-01", "2023-02-30", 20230315, True, {"a": 1}, [1])
NO_ROWS = (SENTINEL, 7, True)
OTHER_YEARS = ("99999-01-01", "0001-01-01")
BROKEN: Mapping[str, tuple[Any, ...]] = {
    "date": NO_DATES,
    "timestamp": NO_DATES,
    "int": (SENTINEL, -5, 999_999, "99999999999999999999", "1e400", True, {"a": 8}),
    "bool": (SENTINEL, 7.5, {"a": True}),
    "yes_no": (SENTINEL, "not asked"),
}
LISTED = {"follow_ups": "follow_ups", "care_arrangements": "care_arrangements", "family": "caregivers"}
ROWS: Mapping[str, Mapping[str, Any]] = {
    "follow_ups": {"follow_up_id": "f", "due_date": "2023-04-01", "done_date": "2023-04-01"},
    "care_arrangements": {"care_arrangement_id": "c", "care_type": "parent_s", "started_date": "2023-04-01"},
    "family": {
        "family_member_id": "k",
        "is_caregiver": True,
        "caregiver_name": "S",
        "caregiver_birth_date": "1980-01-01",
    },
}


@dataclass(frozen=True)
class Taken:
    """A snapshot, and what it says of itself."""

    folder: Path
    key_file: Path

    def rows(self, table: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / f"{table}.parquet").to_pylist()

    def counts(self, table: str) -> dict[tuple[str, str], int]:
        coverage = [row for row in read_manifest(self.folder)["coverage"] if row["table_name"] == table]
        return {(row["outcome"], row["reason"]): row["records"] for row in coverage}

    def findings(self) -> dict[tuple[str, str, str, str], int]:
        names = ("rule_id", "table_name", "field", "reason")
        return {tuple(row[name] for name in names): row["records"] for row in read_manifest(self.folder)["findings"]}

    def pseudonym(self, case_id: str) -> str:
        return hmac.digest(read_key(self.key_file).secret, f"case\x1f{case_id}".encode(), "sha256").hex()[:32]

    def quarantined(self, case_id: str) -> list[tuple[str, str, str]]:
        found = [row for row in self.rows("quarantine") if row["case_pseudonym"] == self.pseudonym(case_id)]
        return [(row["table_name"], row["reason"], row["field"]) for row in found]

    def of(self, table: str, case_id: str) -> list[dict[str, Any]]:
        return [row for row in self.rows(table) if row["case_pseudonym"] == self.pseudonym(case_id)]


def take(dsn: str, folder: Path) -> Taken:
    settings = Settings(folder / "data", folder / "state", write_key(folder / "key"), dsn)
    settings.make_data_folder()
    return Taken(take_snapshot(settings, TIME), settings.key_file)


def refuse_imbalance(taken: Taken) -> None:
    """Extracted = loaded + quarantined + excluded in every table, and the files hold what is called loaded."""
    for table in ("cases", "follow_ups", "care_arrangements", "caregivers", "referrals"):
        counts = Counter[str]()
        for (outcome, _), records in taken.counts(table).items():
            counts[outcome] += records
        assert counts["extracted"] == counts["loaded"] + counts["quarantined"] + counts["excluded"] > 0
        assert counts["loaded"] == len(taken.rows(table))
        assert counts["quarantined"] == sum(row["table_name"] == table for row in taken.rows("quarantine"))


# One record a broken field and broken value --------------------------------------------------------------------------

Fault = tuple[str, str, Any]  # the table whose record it is, the contract column, what stands there
NEEDED = {("cases", "registration_date"), ("follow_ups", "due_date")}  # without which a record cannot be counted


def faults() -> list[Fault]:
    """Every typed field of the profile with every value that is not of its type."""
    sections = load_profile().fields
    # an odd mark is no mark, and such a record would be taken for real beside synthetic ones
    columns = {name: f for name, f in sections["case"].columns.items() if name != "is_synthetic"}
    in_case = [("cases", name, v) for name, f in columns.items() for v in BROKEN.get(f.type, ())]
    whole = [("cases", table, value) for table in LISTED for value in NO_ROWS]
    in_rows = [
        (table, name, value)
        for table in LISTED
        for name, field in sections[table].columns.items()
        for value in BROKEN.get(field.type, ())
    ]
    return in_case + whole + in_rows


def faulty(fault: Fault) -> Document:
    table, column, value = fault
    if table != "cases":
        return {**document(), **subform(table, {**ROWS[table], column: value})}
    if column in LISTED:
        return {**document(), str(load_profile().fields[column].source): value}
    return document(**{column: value})


def reason_of(fault: Fault) -> str:
    table, column, value = fault
    section = load_profile().fields["case" if table == "cases" else table]
    kind = section.columns[column].type if column in section.columns else "subform"
    if kind in ("date", "timestamp") and value in OTHER_YEARS:
        return "IMPLAUSIBLE_YEAR"
    if kind == "int" and str(value).isdigit():
        return "IMPLAUSIBLE_AGE"
    return "UNKNOWN_CODE" if kind == "yes_no" else "BROKEN_TYPE"


def costs_the_record(fault: Fault) -> bool:
    """A closure of another calendar's year lies outside the deployment's time."""
    return fault[:2] in NEEDED or (fault[1] == "closure_date" and reason_of(fault) == "IMPLAUSIBLE_YEAR")


FAULTS = faults()


@pytest.fixture(scope="module")
def dirty(new_store: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Taken, list[str]]:
    dsn = new_store()
    with connect(dsn) as connection:
        ids = [insert_case(connection, faulty(fault)) for fault in FAULTS]
    return take(dsn, tmp_path_factory.mktemp("dirty")), ids


@pytest.mark.parametrize("number", range(len(FAULTS)), ids=[f"{t}.{c}={v!r}" for t, c, v in FAULTS])
def test_a_broken_value_costs_its_record_only_if_that_needs_it(dirty: tuple[Taken, list[str]], number: int) -> None:
    taken, ids = dirty
    table, column, _ = FAULTS[number]
    table, is_lost = LISTED.get(table, table), costs_the_record(FAULTS[number])
    assert taken.quarantined(ids[number]) == ([(table, reason_of(FAULTS[number]), column)] if is_lost else [])
    assert len(taken.of("cases", ids[number])) == (table != "cases" or not is_lost)
    if table != "cases":  # who is not known to care is not a caregiver
        assert len(taken.of(table, ids[number])) == (not is_lost and column != "is_caregiver")


def test_every_lost_value_is_counted_by_field_and_reason(dirty: tuple[Taken, list[str]]) -> None:
    kept = [fault for fault in FAULTS if not costs_the_record(fault)]
    expected = Counter((LISTED.get(fault[0], fault[0]), fault[1], reason_of(fault)) for fault in kept)
    found = {key[1:]: n for key, n in dirty[0].findings().items() if key[0] in ("SNP-VALUE", "SNP-CODE")}
    assert found == expected


def test_a_dirty_store_adds_up_table_by_table(dirty: tuple[Taken, list[str]]) -> None:
    taken, _ = dirty
    refuse_imbalance(taken)
    broken = Counter((LISTED.get(f[0], f[0]), reason_of(f)) for f in FAULTS if costs_the_record(f))
    for (table, reason), records in broken.items():
        assert taken.counts(table)[("quarantined", reason)] == records
    assert taken.counts("cases")[("extracted", "")] == CHILDREN + len(FAULTS)


def test_what_is_set_aside_is_told_without_its_value(dirty: tuple[Taken, list[str]]) -> None:
    taken, ids = dirty
    rows = taken.rows("quarantine")
    assert set(rows[0]) == {"table_name", "case_pseudonym", "reason", "field"}
    written = str(rows) + (taken.folder / "manifest.json").read_text("utf-8")
    assert SENTINEL not in written and not any(case_id in written for case_id in ids)


# What is not broken, only odd ----------------------------------------------------------------------------------------


def test_a_clean_store_is_loaded_whole(new_store: Callable[[], str], tmp_path: Path) -> None:
    taken = take(new_store(), tmp_path)
    refuse_imbalance(taken)
    assert taken.counts("cases") == {("extracted", ""): CHILDREN, ("loaded", ""): CHILDREN}
    assert taken.rows("quarantine") == []
    assert [finding for finding in taken.findings().items() if finding[1]] == []


NOTHING: Mapping[str, Any] = {"sex": "", "risk": " ", "residence": None, "birth_date": "", "age_as_entered": None}


@pytest.fixture(scope="module")
def odd(new_store: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Taken, dict[str, str]]:
    dsn = new_store()
    with connect(dsn) as connection:
        ids = {
            "codes": insert_case(
                connection, document(sex=SENTINEL, risk=SENTINEL, nationality=[SENTINEL, "ukraine", ""])
            ),
            "country": insert_case(connection, document(residence="RO")),
            "nowhere": insert_case(connection, document(residence=SENTINEL)),
            "field": insert_case(connection, {**document(), SENTINEL: 1, f"{SENTINEL}_4d5e6f7": SENTINEL}),
            "nothing": insert_case(connection, {**document(), **{key(name): value for name, value in NOTHING.items()}}),
            "empty lists": insert_case(connection, {**document(nationality=[], concerns=""), **subform("follow_ups")}),
            "text": insert_case(connection, document(is_enabled="true", age_as_entered="8", consent_reporting=False)),
            "closed twice": insert_case(connection, document(status="closed", closure_date="2023-05-01")),
            "script": insert_case(connection, document(status="closed", closure_date="2023-05-01")),
            "rows": insert_case(
                connection, {**document(), key_of("follow_ups"): [1, "x", None, [], {}, {"unique_id": "ok"}]}
            ),
            "changes": insert_case(connection, document()),
        }
        for month in ("05", "06"):
            entry = {key("status"): {"from": "open", "to": "closed"}}
            insert_history(connection, ids["closed twice"], f"2023-{month}-02T09:00:00", entry)
        for odd_change in ([], "text", None, 5, {key("sex"): "male"}, {key("risk"): {"from": [1], "to": {"a": 1}}}, {}):
            insert_history(connection, ids["changes"], "2023-06-01T09:00:00", odd_change)
        for value in (SENTINEL, 5, {"a": 1}, [[1], None]):
            change = {
                key(name): {"from": value, "to": value} for name in ("nationality", "status", "registration_date")
            }
            insert_history(connection, ids["changes"], "2023-06-01T09:00:00", change)
        insert_history(connection, ids["changes"], "-infinity", {key("residence"): {"from": "ROTM", "to": "ROTM"}})
        for moment in ("0001-01-01", "-infinity", "infinity", None):
            insert_transition(connection, ids["changes"], created_at=moment)
    return take(dsn, tmp_path_factory.mktemp("odd")), ids


def key_of(table: str) -> str:
    return str(load_profile().fields[table].source)


def state(taken: Taken, case_id: str, field: str) -> list[str]:
    return [row["value"] for row in taken.of("case_states", case_id) if row["field"] == field]


def test_an_odd_store_adds_up(odd: tuple[Taken, dict[str, str]]) -> None:
    refuse_imbalance(odd[0])
    assert odd[0].counts("cases") == {("extracted", ""): CHILDREN + 11, ("loaded", ""): CHILDREN + 11}


def test_an_unknown_code_is_kept_as_unknown_and_counted(odd: tuple[Taken, dict[str, str]]) -> None:
    taken, ids = odd
    (child,) = taken.of("cases", ids["codes"])
    assert (child["sex"], child["nationality"]) == ("_U", ["_U", "ukraine"])
    assert state(taken, ids["codes"], "risk") == ["_U"]
    found = taken.findings()
    # the case of odd changes holds two more unknown risks, one before and one after
    for (table, field), count in {("cases", "sex"): 1, ("cases", "nationality"): 1, ("case_states", "risk"): 3}.items():
        assert found[("SNP-CODE", table, field, "UNKNOWN_CODE")] == count


def test_a_location_above_county_is_unknown_and_counted(odd: tuple[Taken, dict[str, str]]) -> None:
    taken, ids = odd
    assert state(taken, ids["country"], "residence") == state(taken, ids["nowhere"], "residence") == ["_U"]
    found = taken.findings()
    assert found[("SNP-CODE", "case_states", "residence", "ABOVE_COUNTY")] == 1
    assert found[("SNP-CODE", "case_states", "residence", "UNKNOWN_CODE")] == 1


def test_an_unknown_field_is_dropped_and_reported_without_its_name(odd: tuple[Taken, dict[str, str]]) -> None:
    taken, _ = odd
    assert taken.findings()[("SNP-FIELD", "cases", "not in the forms", "UNKNOWN_FIELD")] == 2
    assert SENTINEL not in (taken.folder / "manifest.json").read_text("utf-8")


def test_nothing_said_is_unknown_and_no_finding(odd: tuple[Taken, dict[str, str]]) -> None:
    taken, ids = odd
    (child,) = taken.of("cases", ids["nothing"])
    assert (child["sex"], child["age_as_of"], child["birth_year"]) == ("_U", None, None)
    assert state(taken, ids["nothing"], "risk") == state(taken, ids["nothing"], "residence") == ["_U"]
    assert len(taken.of("cases", ids["empty lists"])) == len(taken.of("cases", ids["text"])) == 1


@pytest.mark.parametrize("case", ["closed twice", "script"])
def test_a_case_closed_again_while_closed_was_closed_once(odd: tuple[Taken, dict[str, str]], case: str) -> None:
    events = sorted(odd[0].of("status_events", odd[1][case]), key=lambda event: event["event_no"])
    assert [event["status"] for event in events] == ["open", "closed"]


def test_rows_of_a_subform_that_are_no_rows_have_no_id(odd: tuple[Taken, dict[str, str]]) -> None:
    taken, ids = odd
    assert taken.quarantined(ids["rows"]) == [("follow_ups", "NO_ID", "follow_up_id")] * 5
    assert len(taken.of("follow_ups", ids["rows"])) == 1


def test_a_transition_without_a_usable_time_is_set_aside(odd: tuple[Taken, dict[str, str]]) -> None:
    taken, ids = odd
    assert set(taken.quarantined(ids["changes"])) == {("referrals", "BROKEN_TYPE", "created_at")}


NO_DOCUMENTS = ([], [1, 2], "text", 5, True, None, {}, [document()], {"": ""}, {"caselight_synthetic": {"a": [[]]}})


def test_documents_that_are_none_are_set_aside(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        ids = [insert_case(connection, data) for data in NO_DOCUMENTS]
        ids.append(str(connection.execute("insert into cases (data) values (null) returning id").fetchone()[0]))
    taken = take(dsn, tmp_path)
    refuse_imbalance(taken)
    for case_id in ids:
        ((table, reason, _),) = taken.quarantined(case_id)
        assert (table, reason) == ("cases", "MISSING")


REASONS: Mapping[str, Mapping[str, Any]] = {
    "FUTURE_DATE registration": {"registration_date": "2024-01-05"},
    "FUTURE_DATE closure": {"closure_date": "2033-01-01"},
    "BEFORE_BIRTH closure": {"closure_date": "2013-01-01"},
    "BEFORE_LAUNCH registration": {"registration_date": "2022-07-24"},
    "BEFORE_LAUNCH closure": {"closure_date": "2022-07-24"},
    "IMPLAUSIBLE_YEAR registration": {"registration_date": "2566-03-01"},
    "IMPLAUSIBLE_YEAR closure": {"closure_date": "0023-05-01"},
    "MISSING registration": {"registration_date": None},
    "MISSING receipt": {"created_at": None, "posted_at": ""},
    "NOT_ACCEPTED": {"status": "identified"},
    "OTHER_MODULE": {"module": "primeromodule-gbv"},
    "OTHER_MODULE none": {"module": None},
    "DISABLED": {"is_enabled": False},
    "DUPLICATE": {"status": "duplicate"},
    "NOT_A_CHILD": {"birth_date": "2005-03-15"},
    "NOT_A_CHILD by age": {"birth_date": None, "age_as_entered": 18},
}


def test_every_listed_reason_is_counted_as_itself(new_store: Callable[[], str], tmp_path: Path) -> None:
    dsn = new_store()
    with connect(dsn) as connection:
        for columns in REASONS.values():
            insert_case(connection, document(**columns))
        insert_case(connection, document(posted_at="2024-01-01T00:00:00+02:00"))  # not known yet, so not read
        insert_case(connection, document(posted_at="2023-12-31T23:59:59+02:00", is_enabled=False))
    taken = take(dsn, tmp_path)
    refuse_imbalance(taken)
    expected = Counter(name.split()[0] for name in REASONS) + Counter({"DISABLED": 1})
    counts = taken.counts("cases")
    assert {reason: records for (_, reason), records in counts.items() if reason} == expected
    assert counts[("extracted", "")] == CHILDREN + len(REASONS) + 1
