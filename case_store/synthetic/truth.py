"""What a right pipeline must find, counted from the generator's own columns, for any day and any day of knowledge.

Nothing here reads a document or a history entry, and no SQL is shared with the pipeline.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from case_store.synthetic.follow_ups import FollowUps
from case_store.synthetic.plan import ALONE
from case_store.synthetic.record_histories import Histories, Population
from case_store.synthetic.spells import CLOSED, OPEN
from case_store.synthetic.times import Days, day_number, local_days
from case_store.synthetic.tracks import Mask, Values
from case_store.synthetic.views import View


@dataclass
class Truth:
    """Counts of a population as of one day, knowing what was received by another. Codes are concepts, `_U` unknown."""

    loaded: int = 0
    closed: int = 0
    late_entries: int = 0  # loaded, but received after as_of
    not_yet_known: int = 0  # in the store, received after known_at
    with_concern: int = 0
    referred: int = 0
    placed: int = 0
    caregivers: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    registrations: Counter[str] = field(default_factory=Counter)  # month -> children
    openings: Counter[dt.date] = field(default_factory=Counter)  # day -> registrations and reopenings
    closings: Counter[dt.date] = field(default_factory=Counter)  # day -> closings, each of a child's
    concerns: Counter[str] = field(default_factory=Counter)  # concept -> children
    sex: Counter[str] = field(default_factory=Counter)
    age_at_registration: Counter[str] = field(default_factory=Counter)  # Y0 to Y17, Y_GE18, _U
    age_on_the_day: Counter[str] = field(default_factory=Counter)
    open_by_age: Counter[str] = field(default_factory=Counter)
    risk: Counter[str] = field(default_factory=Counter)  # on the day, of all loaded
    residence: Counter[str] = field(default_factory=Counter)
    residence_at_registration: Counter[str] = field(default_factory=Counter)
    owner_county: Counter[str] = field(default_factory=Counter)
    care_status: Counter[str] = field(default_factory=Counter)
    care_status_at_registration: Counter[str] = field(default_factory=Counter)
    intention: Counter[str] = field(default_factory=Counter)
    open_by_residence: Counter[str] = field(default_factory=Counter)
    open_unaccompanied_separated: Counter[str] = field(default_factory=Counter)  # county of residence on the day
    first_year_unaccompanied_separated: Counter[str] = field(default_factory=Counter)  # county at registration
    follow_ups_due: Counter[str] = field(default_factory=Counter)  # month
    follow_ups_on_time: Counter[str] = field(default_factory=Counter)

    @property
    def open(self) -> int:
        """Loaded children whose case is open at 24:00 of as_of."""
        return self.loaded - self.closed

    def add(self, part: "Truth") -> None:
        """Add the counts of another part of the population (caregivers apart: they may stand in both)."""
        for column in fields(self):
            setattr(self, column.name, getattr(self, column.name) + getattr(part, column.name))


def expected(population: Population, as_of: dt.date, known_at: dt.date) -> Truth:
    """The counts for the whole population, chunk by chunk; `ValueError` if known_at is before as_of."""
    if known_at < as_of:
        raise ValueError("Nothing can be known before it happened: known_at must not be before as_of.")
    truth = Truth()
    caregivers: npt.NDArray[np.int32] = np.array([], np.int32)
    for histories in population.histories():
        shape = population.shape
        view = View(histories, shape.profile.time_zone, day_number(as_of), day_number(known_at), shape.launch)
        truth.add(_count(population, view))
        caregivers = np.union1d(caregivers, _caregivers(view))
    truth.caregivers = len(caregivers)
    return truth


def _count(population: Population, view: View) -> Truth:
    concepts = _Concepts(population)
    histories, loaded, is_open = view.histories, view.is_loaded, view.is_loaded & ~view.is_closed
    care, residence = (
        concepts.of("care_status", view.on_the_day("care_status")),
        concepts.county(view.on_the_day("residence")),
    )
    first_care = concepts.of("care_status", view.at_registration("care_status"))
    first_residence = concepts.county(view.at_registration("residence"))
    ages = _age_codes(view.ages(view.everyone, np.full(len(loaded), view.as_of, np.int32)))
    first_year = histories.plan.registered <= _first_year_end(population)
    unlike = [c for role in ALONE for c in population.shape.profile.roles["care_status", role]]
    truth = Truth(
        loaded=int(loaded.sum()),
        closed=int((loaded & view.is_closed).sum()),
        late_entries=int((loaded & (local_days(histories.posted_at, view.zone) > view.as_of)).sum()),
        not_yet_known=int((~view.is_received).sum()),
        excluded=_tally(view.reason[view.is_received & np.isin(view.reason, _EXCLUDED)]),
        quarantined=_tally(view.reason[view.is_received & np.isin(view.reason, _QUARANTINED)]),
        registrations=_tally(_months(histories.plan.registered[loaded])),
        sex=_tally(concepts.of("sex", _sex_at_registration(population, view))[loaded]),
        age_at_registration=_tally(_age_codes(view.ages(view.everyone, histories.plan.registered))[loaded]),
        age_on_the_day=_tally(ages[loaded]),
        open_by_age=_tally(ages[is_open]),
        risk=_tally(concepts.of("risk", view.on_the_day("risk"))[loaded]),
        residence=_tally(residence[loaded]),
        residence_at_registration=_tally(first_residence[loaded]),
        owner_county=_tally(concepts.owner_county(view.on_the_day("owner"))[loaded]),
        care_status=_tally(care[loaded]),
        care_status_at_registration=_tally(first_care[loaded]),
        intention=_tally(concepts.of("intention", view.on_the_day("intention"))[loaded]),
        open_by_residence=_tally(residence[is_open]),
        open_unaccompanied_separated=_tally(residence[is_open & np.isin(care, unlike)]),
        first_year_unaccompanied_separated=_tally(first_residence[loaded & first_year & np.isin(first_care, unlike)]),
    )
    _count_events(truth, view)
    _count_rows(truth, concepts, population, view)
    return truth


def _sex_at_registration(population: Population, view: View) -> Values:
    """What was held that day where the profile dates it, else the newest value, which corrects the first."""
    is_dated = population.shape.profile.fields["case"].columns["sex"].kind == "dated"
    return view.at_registration("sex") if is_dated else view.known("sex")


_QUARANTINED = ("NO_ID", "MISSING", "BROKEN_TYPE", "FUTURE_DATE", "BEFORE_LAUNCH", "BEFORE_BIRTH")
_EXCLUDED = ("OTHER_MODULE", "DISABLED", "DUPLICATE", "AFTER_AS_OF", "NOT_A_CHILD")


def _count_events(truth: Truth, view: View) -> None:
    events = view.status_events
    of_loaded = view.is_loaded[events.child]
    truth.openings = _tally_days(events.day[of_loaded & (events.status == OPEN)])
    truth.closings = _tally_days(events.day[of_loaded & (events.status == CLOSED)])


def _count_rows(truth: Truth, concepts: "_Concepts", population: Population, view: View) -> None:
    histories, loaded = view.histories, view.is_loaded
    rows = histories.concerns
    counts = _by_as_of(view, rows.at, rows.at == histories.created_at[rows.child]) & loaded[rows.child]
    truth.with_concern = len(np.unique(rows.child[counts]))
    first_day = np.maximum(local_days(rows.at, view.zone), histories.plan.registered[rows.child])
    truth.concerns = _tally(concepts.on_day("concern", rows.value, first_day)[counts])
    referrals = histories.referrals
    made = _by_as_of(view, referrals.at, np.zeros(len(referrals.at), bool)) & loaded[referrals.child]
    placement = np.isin(
        referrals.service, [concepts.number("service", s) for s in population.shape.profile.placement_services]
    )
    truth.referred = len(np.unique(referrals.child[made]))
    truth.placed = len(np.unique(referrals.child[made & placement]))
    truth.follow_ups_due, truth.follow_ups_on_time = _follow_ups(concepts, view)


def _by_as_of(view: View, at: npt.NDArray[np.int64], is_initial: Mask) -> Mask:
    """Rows that count: there at creation, or dated by as_of and received by known_at."""
    return is_initial | ((local_days(at, view.zone) <= view.as_of) & (at < view.cut))


def _caregivers(view: View) -> npt.NDArray[np.int32]:
    family = view.histories.family
    counts = (family.caregiver >= 0) & (family.at < view.cut) & view.is_loaded[family.child]
    return np.unique(family.caregiver[counts])


def _follow_ups(concepts: "_Concepts", view: View) -> tuple[Counter[str], Counter[str]]:
    rows = view.histories.follow_ups
    counts = (rows.planned_at < view.cut) & (rows.due <= view.as_of) & view.is_loaded[rows.child]
    done = np.where((rows.done_at >= 0) & (rows.done_at < view.cut) & (rows.done <= view.as_of), rows.done, -1)
    start = _starts(view.histories, rows, done)
    risk = concepts.of("risk", view.held("risk", rows.child, rows.due))
    latest = rows.due.astype(np.int64)
    for level, interval in concepts.intervals.items():
        latest = np.where(risk == level, _add_months(start, interval.months) + interval.days, latest)
    on_time = counts & (done >= 0) & (done <= latest)
    return _tally(_months(rows.due[counts])), _tally(_months(rows.due[on_time]))


def _starts(histories: Histories, rows: FollowUps, done: Days) -> Days:
    """The registration or the latest doing of an earlier follow-up of the same child; due days rise with the slot."""
    start = histories.plan.registered[rows.child].copy()
    for slot in range(1, int(rows.slot.max(initial=0)) + 1):
        here = np.flatnonzero(rows.slot == slot)
        start[here] = np.maximum(start[here - 1], done[here - 1])
    return start


def _add_months(days: Days, months: int) -> npt.NDArray[np.int64]:
    """Calendar months later, on the last day of the month where it is shorter."""
    dates = days.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    longest = ((month + months + 1).astype("datetime64[D]") - (month + months).astype("datetime64[D]")).astype(np.int64)
    day = np.minimum((dates - month).astype(np.int64), longest - 1)
    return (month + months).astype("datetime64[D]").astype(np.int64) + day


def _first_year_end(population: Population) -> int:
    launch = population.shape.profile.launch_date
    return day_number(launch.replace(year=launch.year + 1)) - 1


class _Concepts:
    """From the generator's numbers to concepts, by the profile's crosswalk."""

    def __init__(self, population: Population) -> None:
        self._codes = population.shape.codes
        self._rows = population.shape.profile.codes.to_pylist()
        self._concept = {(row["dimension"], row["code"]): row["concept"] for row in self._rows}
        intervals = population.shape.profile.follow_up_intervals
        self.intervals = {self._concept["risk", code]: interval for code, interval in intervals.items()}
        counties = np.array([*population.shape.counties, "_U"])
        self._location_county = counties[np.append(population.places.location_county, [-1])]
        self._user_county = counties[population.places.group_county[population.staff.user_group]]

    def number(self, dimension: str, code: str) -> int:
        return self._codes[dimension].index(code)

    def of(self, dimension: str, values: Values) -> npt.NDArray[np.str_]:
        codes = self._codes.get(dimension, ())
        names = np.array([*(self._concept[dimension, code] for code in codes), "_U"])
        return names[np.where(values < 0, len(names) - 1, values)]

    def on_day(self, dimension: str, values: Values, days: Days) -> npt.NDArray[np.str_]:
        """As `of`, but a code counts only on the days on which it is valid."""
        found = np.full(len(values), "_U", dtype="<U32")
        for row in self._rows:
            if row["dimension"] == dimension:
                first, last = row["valid_from"] or dt.date.min, row["valid_to"] or dt.date.max
                is_valid = (days >= day_number(first)) & (days <= day_number(last))
                found[is_valid & (values == self.number(dimension, row["code"]))] = row["concept"]
        return found

    def county(self, locations: Values) -> npt.NDArray[np.str_]:
        return self._location_county[np.where(locations < 0, len(self._location_county) - 1, locations)]

    def owner_county(self, users: Values) -> npt.NDArray[np.str_]:
        return self._user_county[users]


def _age_codes(ages: npt.NDArray[np.int16]) -> npt.NDArray[np.str_]:
    names = np.array([*(f"Y{age}" for age in range(18)), "Y_GE18", "_U"])
    return names[np.where(ages < 0, 19, np.minimum(ages, 18))]


def _months(days: Days) -> npt.NDArray[np.str_]:
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(str)


def _tally(values: npt.NDArray[np.str_]) -> Counter[str]:
    names, counts = np.unique(values, return_counts=True)
    return Counter(dict(zip(names.tolist(), counts.tolist(), strict=True)))


def _tally_days(days: Days) -> Counter[dt.date]:
    numbers, counts = np.unique(days, return_counts=True)
    return Counter(dict(zip(numbers.astype("datetime64[D]").tolist(), counts.tolist(), strict=True)))
