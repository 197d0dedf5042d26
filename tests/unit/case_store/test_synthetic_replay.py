"""The generator's truth against a slow replay of the documents and histories it wrote, read as a stranger would."""

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from case_store.known_fields import known_fields
from case_store.profile import Profile, load_profile
from case_store.synthetic.documents import make_rows
from case_store.synthetic.identities import make_names
from case_store.synthetic.record_histories import make_population
from case_store.synthetic.truth import Truth, expected
from tests.support.profiles import FIRST, NAMES, SECOND

CHILDREN, SEED = 700, 11
QUARANTINED = ("MISSING", "BROKEN_TYPE", "FUTURE_DATE", "BEFORE_LAUNCH", "BEFORE_BIRTH")
Entry = tuple[dt.datetime, dict[str, dict[str, Any]]]


class Country:
    """What a stranger must know of a country to read its documents."""

    def __init__(self, profile: Profile) -> None:
        self.profile, self.launch, self.zone = profile, profile.launch_date, ZoneInfo(profile.time_zone)
        self.rows = profile.codes.to_pylist()
        tables = profile.reference_tables()
        self.counties = {row["location_code"]: row["county"] for row in tables["ref_locations"].to_pylist()}
        self.groups = {row["group_id"]: row["county"] for row in tables["ref_groups"].to_pylist()}
        self.alone = [c for role in ("unaccompanied", "separated") for c in profile.roles["care_status", role]]
        self.is_sex_dated = profile.fields["case"].columns["sex"].kind == "dated"

    def local(self, text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=dt.UTC).astimezone(self.zone)

    def concept(self, dimension: str, code: Any, day: dt.date | None = None) -> str:
        """What a code means, on a day where its meaning has days."""
        for row in self.rows:
            first, last = row["valid_from"] or dt.date.min, row["valid_to"] or dt.date.max
            if (row["dimension"], row["code"]) == (dimension, code) and (day is None or first <= day <= last):
                return str(row["concept"])
        return "_U"

    def latest(self, risk: str, start: dt.date, due: dt.date) -> dt.date:
        """The last day on which a follow-up is on time."""
        for code, interval in self.profile.follow_up_intervals.items():
            if self.concept("risk", code) == risk:
                return _later(start, interval.months) + dt.timedelta(interval.days)
        return due


class Case:
    """One document with its entries and referrals, asked about a day."""

    def __init__(
        self, country: Country, data: dict[str, Any], entries: list[Entry], referrals: list[dict[str, Any]]
    ) -> None:
        self.country, self.source = country, country.profile.source
        self.data, self.entries, self.referrals = data, sorted(entries, key=lambda entry: entry[0]), referrals

    def known(self, column: str, known_at: dt.date) -> Any:
        return self._undone(self.source(column), known_at)

    def _undone(self, key: str, known_at: dt.date) -> Any:
        for at, changes in self.entries[1:]:
            if at.date() > known_at and key in changes:
                return changes[key]["from"]
        return self.data.get(key)

    def held(self, column: str, on: dt.date, known_at: dt.date) -> Any:
        if not _asks(self.country, column):
            return None
        key = self.source(column)
        value = self._undone(key, dt.date.min)
        for at, changes in self.entries[1:]:
            if key in changes and at.date() <= on and at.date() <= known_at:
                value = changes[key]["to"]
        return value

    def rows(self, key: str, known_at: dt.date) -> list[dict[str, Any]]:
        return self._undone(key, known_at) or []

    def date(self, column: str, known_at: dt.date) -> dt.date | None:
        value = self.known(column, known_at)
        return dt.date.fromisoformat(value) if value else None

    def is_received(self, known_at: dt.date) -> bool:
        return self.country.local(self.data["posted_at"]).date() <= known_at

    def reason(self, as_of: dt.date, known_at: dt.date) -> str:
        try:
            registered, birth = self.date("registration_date", known_at), self.date("birth_date", known_at)
            closure, _ = self.date("closure_date", known_at), int(self.known("age_as_entered", known_at) or 0)
        except ValueError:
            return "BROKEN_TYPE"
        if registered is None:
            return "MISSING"
        if max(registered, closure or registered) > known_at:
            return "FUTURE_DATE"
        if registered < self.country.launch:
            return "BEFORE_LAUNCH"
        if closure and birth and closure < min(birth, self.country.launch):
            return "BEFORE_BIRTH"
        return self._exclusion(registered, as_of, known_at)

    def _exclusion(self, registered: dt.date, as_of: dt.date, known_at: dt.date) -> str:
        if self.data["module_id"] not in self.country.profile.modules:
            return "OTHER_MODULE"
        if self.known("is_enabled", known_at) is False:
            return "DISABLED"
        if self.known("status", known_at) == "duplicate":
            return "DUPLICATE"
        if registered > as_of:
            return "AFTER_AS_OF"
        age = self.age(registered, known_at)
        return "NOT_A_CHILD" if age is not None and age >= 18 else ""

    def age(self, on: dt.date, known_at: dt.date) -> int | None:
        birth, entered = self.date("birth_date", known_at), self.known("age_as_entered", known_at)
        registered = self.date("registration_date", known_at)
        if birth:
            return _years(birth, on)
        return None if entered is None or registered is None else int(entered) + _years(registered, on)

    def status_events(self, as_of: dt.date, known_at: dt.date) -> list[tuple[dt.date, str]]:
        events = [(dt.date.fromisoformat(self.data["registration_date"]), self.entries[0][0], "open")]
        for at, changes in self.entries[1:]:
            if at.date() <= known_at and changes.get("status", {}).get("to") in ("open", "closed"):
                to = changes["status"]["to"]
                own = changes.get("date_closure", {}).get("to") if to == "closed" else None
                events.append((dt.date.fromisoformat(own) if own else at.date(), at, to))
        return [(day, status) for day, _, status in sorted(events) if day <= as_of]


def _years(birth: dt.date, on: dt.date) -> int:
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def _asks(country: Country, column: str) -> bool:
    return f"case.{column}" not in country.profile.absent_columns


@cache
def _country(name: str) -> Country:
    return Country(load_profile(name))


@cache
def _cases(name: str) -> tuple[Case, ...]:
    country = _country(name)
    population = make_population(country.profile, CHILDREN, SEED, chunk_size=500)
    names = make_names(population.shape.keys.invented, SEED)
    return tuple(case for part in population.histories() for case in _read(country, make_rows(population, names, part)))


def _read(country: Country, rows: Any) -> Iterator[Case]:
    entries: dict[str, list[Entry]] = defaultdict(list)
    for row in rows.record_histories.to_pylist():
        entries[row["record_id"]].append((country.local(row["datetime"]), json.loads(row["record_changes"])))
    referrals: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.transitions.to_pylist():
        referrals[row["record_id"]].append(row)
    for row in rows.cases.to_pylist():
        yield Case(country, json.loads(row["data"]), entries[row["id"]], referrals[row["id"]])


def _age_code(age: int | None) -> str:
    return "_U" if age is None else f"Y{age}" if age < 18 else "Y_GE18"


def _replayed(name: str, as_of: dt.date, known_at: dt.date) -> Truth:
    truth = Truth()
    caregivers: set[tuple[str, str]] = set()
    for case in _cases(name):
        if not case.is_received(known_at):
            truth.not_yet_known += 1
            continue
        reason = case.reason(as_of, known_at)
        if reason:
            quarantined = reason in QUARANTINED
            (truth.quarantined if quarantined else truth.excluded)[reason] += 1
            continue
        _replay_child(truth, case, as_of, known_at)
        _replay_states(truth, case, as_of, known_at)
        _replay_follow_ups(truth, case, as_of, known_at)
        for row in case.rows(case.country.profile.subform("family"), known_at):
            if row["relation_is_caregiver"]:
                caregivers.add((" ".join(row["relation_name"].lower().split()), row["relation_date_of_birth"]))
    truth.caregivers = len(caregivers)
    return truth


def _concern(case: Case, code: str, registered: dt.date) -> str:
    """What a concern means on the day on which it was first recorded."""
    key = case.source("concerns")
    added = (at.date() for at, changes in case.entries[1:] if code in (changes.get(key, {}).get("to") or []))
    initial = code in (case.held("concerns", dt.date.min, dt.date.max) or [])
    day = registered if initial else max(registered, next(added))
    return case.country.concept("concern", code, day)


def _replay_child(truth: Truth, case: Case, as_of: dt.date, known_at: dt.date) -> None:
    registered = dt.date.fromisoformat(case.data["registration_date"])
    events = case.status_events(as_of, known_at)
    truth.loaded += 1
    truth.closed += events[-1][1] == "closed"
    truth.late_entries += case.country.local(case.data["posted_at"]).date() > as_of
    truth.registrations[registered.isoformat()[:7]] += 1
    for day, status in events:
        (truth.openings if status == "open" else truth.closings)[day] += 1
    concerns = set(case.held("concerns", as_of, known_at) or [])
    truth.with_concern += bool(concerns)
    truth.concerns.update(_concern(case, code, registered) for code in concerns)
    referrals = [
        row
        for row in case.referrals
        if row["type"] == "Referral" and case.country.local(row["created_at"]).date() <= as_of
    ]
    truth.referred += bool(referrals)
    truth.placed += any(row["service"] in case.country.profile.placement_services for row in referrals)
    sex = case.held("sex", registered, known_at) if case.country.is_sex_dated else case.known("sex", known_at)
    truth.sex[case.country.concept("sex", sex)] += 1
    truth.age_at_registration[_age_code(case.age(registered, known_at))] += 1
    truth.age_on_the_day[_age_code(case.age(as_of, known_at))] += 1
    truth.open_by_age[_age_code(case.age(as_of, known_at))] += events[-1][1] == "open"


def _replay_states(truth: Truth, case: Case, as_of: dt.date, known_at: dt.date) -> None:
    registered = dt.date.fromisoformat(case.data["registration_date"])
    is_open = case.status_events(as_of, known_at)[-1][1] == "open"
    country, concept, counties = case.country, case.country.concept, case.country.counties
    county = counties.get(case.held("residence", as_of, known_at)) or "_U"
    first_county = counties.get(case.held("residence", registered, known_at)) or "_U"
    care = concept("care_status", case.held("care_status", as_of, known_at))
    first_care = concept("care_status", case.held("care_status", registered, known_at))
    truth.risk[concept("risk", case.held("risk", as_of, known_at))] += 1
    truth.intention[concept("intention", case.held("intention", as_of, known_at))] += 1
    truth.residence[county] += 1
    truth.residence_at_registration[first_county] += 1
    truth.owner_county[country.groups[case.held("owner_groups", as_of, known_at)[0]]] += 1
    truth.care_status[care] += 1
    truth.care_status_at_registration[first_care] += 1
    truth.open_by_residence[county] += is_open
    truth.open_unaccompanied_separated[county] += is_open and care in country.alone
    in_first_year = registered < country.launch.replace(year=country.launch.year + 1) and first_care in country.alone
    truth.first_year_unaccompanied_separated[first_county] += in_first_year


def _replay_follow_ups(truth: Truth, case: Case, as_of: dt.date, known_at: dt.date) -> None:
    start = dt.date.fromisoformat(case.data["registration_date"])
    for row in sorted(
        case.rows(case.country.profile.subform("follow_ups"), known_at),
        key=lambda row: (row["followup_needed_by_date"], row["unique_id"]),
    ):
        due = dt.date.fromisoformat(row["followup_needed_by_date"])
        done = dt.date.fromisoformat(row["followup_date"]) if row.get("followup_date") else None
        if due > as_of:
            continue
        risk = case.country.concept("risk", case.held("risk", due, known_at))
        latest = case.country.latest(risk, start, due)
        truth.follow_ups_due[due.isoformat()[:7]] += 1
        if done and done <= as_of:
            truth.follow_ups_on_time[due.isoformat()[:7]] += done <= latest
            start = max(start, done)


def _later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return dt.date(year, month + 1, number)
        except ValueError:
            continue
    return dt.date(year, month + 1, day.day)


DAYS = [
    (FIRST.name, "2023-12-31", "2023-12-31"),
    (FIRST.name, "2023-12-31", "2024-03-31"),
    (FIRST.name, "2023-06-30", "2023-09-15"),
    (FIRST.name, "2022-10-29", "2022-10-29"),
    (FIRST.name, "2024-03-31", "2024-03-31"),
    (FIRST.name, "2023-03-25", "2024-01-01"),
    (SECOND.name, "2024-06-30", "2024-06-30"),
    (SECOND.name, "2023-09-30", "2024-08-31"),
]


@pytest.mark.parametrize(("name", "as_of", "known_at"), DAYS)
def test_truth_is_what_the_documents_say(name: str, as_of: str, known_at: str) -> None:
    days = dt.date.fromisoformat(as_of), dt.date.fromisoformat(known_at)
    population = make_population(load_profile(name), CHILDREN, SEED, chunk_size=500)
    wanted, found = expected(population, *days), _replayed(name, *days)
    for column, value in vars(wanted).items():
        replayed = getattr(found, column)
        assert value == (+replayed if isinstance(replayed, Counter) else replayed), column


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_starts_where_the_one_before_ended(name: str) -> None:
    for case in _cases(name):
        held = {key: change["to"] for key, change in case.entries[0][1].items()}
        assert all(change["from"] is None for change in case.entries[0][1].values())
        for _, changes in case.entries[1:]:
            assert changes
            for key, change in changes.items():
                assert (held.get(key) or None) == (change["from"] or None), key
                assert change["from"] != change["to"], key
                held[key] = change["to"]
        for key in held.keys() - {"age"}:  # a nightly job rewrites ages without leaving a trace, as Primero's does
            assert held[key] == case.data.get(key), key


@pytest.mark.parametrize("name", NAMES)
def test_the_create_entry_is_first_and_updates_come_after_receipt(name: str) -> None:
    for case in _cases(name):
        assert case.entries[0][0] == case.country.local(case.data["created_at"])
        received = case.country.local(case.data["posted_at"])
        assert all(at > received for at, _ in case.entries[1:])
        assert len({at for at, _ in case.entries}) == len(case.entries)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_happens_before_registration_or_birth_but_in_declared_dirt(name: str) -> None:
    latest = dt.date(2024, 8, 31)
    for case in _cases(name):
        if case.reason(latest, latest) in QUARANTINED:
            continue
        registered, birth = case.date("registration_date", latest), case.date("birth_date", latest)
        assert registered is not None
        assert case.entries[0][0].date() >= registered
        assert birth is None or birth <= registered
        assert all(day >= registered for day, _ in case.status_events(latest, latest))
        assert all(case.country.local(row["created_at"]).date() > registered for row in case.referrals)


@pytest.mark.parametrize("name", NAMES)
def test_documents_look_like_primeros_and_say_they_are_synthetic(name: str) -> None:
    assert all(case.data["caselight_synthetic"] is True for case in _cases(name))
    assert {case.data["module_id"] for case in _cases(name)} > {*load_profile(name).modules}
    sizes = [len(json.dumps(case.data, ensure_ascii=False).encode()) for case in _cases(name)]
    assert 2_000 < sum(sizes) / len(sizes) < 4_000
    assert sum(len(case.data) for case in _cases(name)) / len(_cases(name)) > (52 if name == FIRST.name else 40)


@pytest.mark.parametrize("name", NAMES)
def test_the_disorder_of_real_records_is_there(name: str) -> None:
    profile = load_profile(name)
    asked = {
        "consent_reporting": {True, "true"},
        "care_status": {None, ""},
        "residence": {profile.country, None},
        "birth_date": {None, ""},
    }
    for column, forms in asked.items():
        values = (case.data.get(profile.source(column)) for case in _cases(name))
        assert forms <= {value if not isinstance(value, list) else "" for value in values}
    assert any(profile.source("care_status") not in case.data for case in _cases(name))
    assert any(isinstance(case.data.get("age"), str) for case in _cases(name))
    nights = [at for case in _cases(name) for at, _ in case.entries if at.date() > at.astimezone(dt.UTC).date()]
    assert nights


@pytest.mark.parametrize("name", NAMES)
def test_documents_hold_no_field_that_the_deployment_does_not_know(name: str) -> None:
    known = known_fields(load_profile(name))
    assert {key for case in _cases(name) for key in case.data} - known == set()
