"""Random small snapshots, and every indicator of them in plain Python, written from the models' descriptions.

The rows are plain, and nothing here regards speed. The snapshots hold what real ones hold rarely: ties, gaps, unknown
codes, several events on one day.
"""

import calendar
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tests.support.snapshot_factory import CONCEPTS, reference_rows, source_code, write_snapshot

LAUNCH = date(2022, 7, 25)
PARTS = ("case_states", "status_events", "case_concerns", "follow_ups", "care_arrangements", "caregivers", "referrals")
COUNTIES = ["RO424", "RO321", "_U"]
FIELDS = {"residence": COUNTIES, "owner_county": COUNTIES} | {
    field: [*map(source_code, CONCEPTS[field]), "_U"] for field in ("care_status", "risk", "intention")
}
Child = dict[str, Any]


# --- random snapshots ---------------------------------------------------------------------------------------------

days = st.one_of(
    st.sampled_from([LAUNCH, date(2023, 7, 24), date(2023, 11, 30), date(2023, 12, 31), date(2024, 1, 1)]),
    st.integers(0, 90).map(lambda n: date(2023, 10, 31) + timedelta(n)),
)
ages = st.one_of(st.none(), st.integers(0, 19))
lateness = st.sampled_from([timedelta(0), timedelta(1)])


def code(dimension: str) -> st.SearchStrategy[str]:
    return st.sampled_from([*map(source_code, CONCEPTS[dimension]), "_U", "src_not_in_the_crosswalk"])


def some(most: int = 3, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Child]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=most)


@st.composite
def states(draw: st.DrawFn) -> list[Child]:
    rows = []
    for field, values in FIELDS.items():
        dates = sorted(draw(st.lists(days, max_size=3)))
        rows += [
            {"field": field, "value": draw(st.sampled_from(values)), "since": since, "entry_no": number}
            for number, since in enumerate(dates)
        ]
    return rows


@st.composite
def events(draw: st.DrawFn, registered: date) -> list[Child]:
    opening = {"event_no": 1, "status": "open", "event_date": registered, "age": draw(ages)}
    later = draw(some(status=st.sampled_from(["open", "closed", "left"]), event_date=days, age=ages))
    closed = draw(code("closure_reason"))
    numbered = [row | {"event_no": number} for number, row in enumerate(later, 2)]
    return [opening] + [row | {"closure_reason": closed if row["status"] == "closed" else None} for row in numbered]


@st.composite
def a_child(draw: st.DrawFn, name: str, as_of: date) -> Child:
    registered = draw(days.filter(lambda day: day <= as_of))
    caregiver = st.one_of(st.none(), st.sampled_from(["anna", "bela", "cezar"]))
    last_days = [registered + timedelta(14), months_later(registered, 1), months_later(registered, 2)]
    done = st.one_of(st.none(), days, st.builds(lambda d, late: d + late, st.sampled_from(last_days), lateness))
    follow_ups = draw(some(4, due_date=days, done_date=done))
    arrangements = draw(some(care_type=code("care_type"), started_date=st.one_of(st.none(), days)))
    return {
        "case_pseudonym": name,
        "registration_date": registered,
        "sex": draw(code("sex")),
        "nationality": draw(st.one_of(st.none(), st.lists(code("citizenship"), max_size=3))),
        "entry_point": draw(code("entry_point")),
        "age_at_registration": draw(ages),
        "age_as_of": draw(ages),
        "case_states": draw(states()),
        "status_events": draw(events(registered)),
        "case_concerns": draw(some(concern=code("concern"), since=st.one_of(st.none(), days))),
        "follow_ups": [row | {"follow_up_pseudonym": f"{name}-{n}"} for n, row in enumerate(follow_ups)],
        "care_arrangements": [
            row | {"care_arrangement_pseudonym": f"{name}-{n}"} for n, row in enumerate(arrangements)
        ],
        "caregivers": draw(some(2, caregiver_pseudonym=caregiver, relation=code("relation"))),
        "referrals": draw(some(2, service=code("service"), referred_on=days)),
    }


@st.composite
def snapshots(draw: st.DrawFn) -> tuple[date, list[Child]]:
    as_of = draw(st.sampled_from([date(2023, 12, 31), date(2023, 11, 30), date(2023, 7, 24)]))
    return as_of, [draw(a_child(f"child{n}", as_of)) for n in range(draw(st.integers(0, 5)))]


def write(folder: Path, as_of: date, children: list[Child]) -> Path:
    cases = [{key: value for key, value in child.items() if key not in PARTS} for child in children]
    parts = {
        part: [row | {"case_pseudonym": c["case_pseudonym"]} for c in children for row in c[part]] for part in PARTS
    }
    return write_snapshot(folder, reference_rows(as_of, date(2024, 2, 1)) | {"cases": cases} | parts)


# --- the same in plain Python -------------------------------------------------------------------------------------


def concept(source: str | None, dimension: str) -> str:
    return next((c for c in CONCEPTS[dimension] if source_code(c) == source), "_U")


def held(child: Child, field: str, day: date) -> str:
    entries = [s for s in child["case_states"] if s["field"] == field and (s["entry_no"] == 0 or s["since"] <= day)]
    value = max(entries, key=lambda s: s["entry_no"])["value"] if entries else "_U"
    return value if field in ("residence", "owner_county") else concept(value, field)


def age(years: int | None) -> str:
    return "_U" if years is None else f"Y{years}" if years < 18 else "Y_GE18"


def month(day: date) -> tuple[str, str]:
    return f"{day:%Y-%m}", f"{day.year}-Q{(day.month + 2) // 3}"


def citizenship(child: Child) -> str:
    known = {concept(source, "citizenship") for source in child["nationality"] or []}
    return next((c for c in ("UKR", "OTH", "STLS") if c in known), "_U")


def sex(child: Child) -> str:
    return concept(child["sex"], "sex")


def last_status(child: Child, as_of: date) -> str:
    past = [e for e in child["status_events"] if e["event_date"] <= as_of]
    return str(max(past, key=lambda e: e["event_no"])["status"])


def is_open(child: Child, as_of: date) -> bool:
    return last_status(child, as_of) == "open"


def care_type(child: Child, as_of: date) -> str:
    begun = [a for a in child["care_arrangements"] if a["started_date"] and a["started_date"] <= as_of]
    last = max(begun, key=lambda a: (a["started_date"], a["care_arrangement_pseudonym"]), default={"care_type": None})
    return concept(last["care_type"], "care_type")


def concerns(child: Child, as_of: date) -> set[str]:
    known = [c for c in child["case_concerns"] if c["since"] is None or c["since"] <= as_of]
    return {concept(c["concern"], "concern") for c in known}


def referrals(child: Child, as_of: date) -> list[Child]:
    return [r for r in child["referrals"] if r["referred_on"] <= as_of]


def on_the_day(child: Child, as_of: date) -> tuple[str, str, str]:
    return held(child, "residence", as_of), sex(child), age(child["age_as_of"])


def months_later(day: date, months: int) -> date:
    year, index = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, index + 1, min(day.day, calendar.monthrange(year, index + 1)[1]))


def allowed_until(start: date, risk: str, due: date) -> date:
    ends = {"HIGH": start + timedelta(14), "MED": months_later(start, 1), "LOW": months_later(start, 2), "_U": due}
    return ends[risk]


def registrations(children: list[Child], as_of: date) -> Counter[Any]:
    cells: Counter[Any] = Counter()
    for c in children:
        day = c["registration_date"]
        counties = held(c, "residence", day), held(c, "owner_county", day)
        person = sex(c), age(c["age_at_registration"]), citizenship(c), held(c, "care_status", day)
        cells[(*month(day), *counties, *person)] += 1
    return cells


def open_cases(children: list[Child], as_of: date) -> Counter[Any]:
    cells: Counter[Any] = Counter()
    for c in children:
        county, *person = on_the_day(c, as_of)
        rest = [held(c, field, as_of) for field in ("care_status", "risk", "intention")]
        cells[(county, held(c, "owner_county", as_of), *person, citizenship(c), *rest)] += is_open(c, as_of)
    return +cells


def closures(children: list[Child], as_of: date) -> Counter[Any]:
    cells: Counter[Any] = Counter()
    for c in children:
        for event in c["status_events"]:
            day, reason = event["event_date"], concept(event.get("closure_reason"), "closure_reason")
            attributes = held(c, "residence", day), sex(c), age(event["age"]), held(c, "care_status", day), reason
            cells[(*month(day), *attributes)] += event["status"] == "closed" and day <= as_of
    return +cells


def children_with_concern(children: list[Child], as_of: date) -> Counter[Any]:
    return Counter(on_the_day(c, as_of) for c in children if concerns(c, as_of))


def child_concern_pairs(children: list[Child], as_of: date) -> Counter[Any]:
    return Counter((concern, *on_the_day(c, as_of)) for c in children for concern in concerns(c, as_of))


def unaccompanied_separated(children: list[Child], as_of: date) -> Counter[Any]:
    alone = [c for c in children if is_open(c, as_of) and held(c, "care_status", as_of) in ("UNACC", "SEP")]
    return Counter((*on_the_day(c, as_of), held(c, "care_status", as_of), care_type(c, as_of)) for c in alone)


def referred_children(children: list[Child], as_of: date) -> Counter[Any]:
    return Counter(on_the_day(c, as_of) for c in children if referrals(c, as_of))


def placed_children(children: list[Child], as_of: date) -> Counter[Any]:
    placement = source_code("PLACEMENT")
    return Counter(
        on_the_day(c, as_of) for c in children if any(r["service"] == placement for r in referrals(c, as_of))
    )


def travel_intention(children: list[Child], as_of: date) -> Counter[Any]:
    cells: Counter[Any] = Counter()
    for c in children:
        county, *person = on_the_day(c, as_of)
        entry_point = concept(c["entry_point"], "entry_point")
        cells[(county, entry_point, held(c, "intention", as_of), *person)] += is_open(c, as_of)
    return +cells


def children_by_risk(children: list[Child], as_of: date) -> Counter[Any]:
    return Counter(
        (*on_the_day(c, as_of), held(c, "risk", as_of), is_open(c, as_of), last_status(c, as_of) == "closed")
        for c in children
    )


def outcomes(child: Child, as_of: date) -> Iterator[tuple[Any, bool]]:
    start = child["registration_date"]
    for f in sorted(child["follow_ups"], key=lambda f: (f["due_date"], f["follow_up_pseudonym"])):
        due, done = f["due_date"], f["done_date"]
        is_done = done is not None and done <= as_of
        risk = held(child, "risk", due)
        if due <= as_of:
            on_time = is_done and done <= allowed_until(start, risk, due)
            yield (*month(due), held(child, "residence", due), risk), on_time
        start = max(start, done) if is_done else start


def follow_ups_due(children: list[Child], as_of: date) -> Counter[Any]:
    return Counter(cell for c in children for cell, _ in outcomes(c, as_of))


def follow_ups_on_time(children: list[Child], as_of: date) -> Counter[Any]:
    return Counter(cell for c in children for cell, on_time in outcomes(c, as_of) if on_time)


def caregivers(children: list[Child], as_of: date) -> Counter[Any]:
    known = {
        (g["caregiver_pseudonym"], held(c, "residence", as_of), concept(g["relation"], "relation"))
        for c in children
        for g in c["caregivers"]
        if g["caregiver_pseudonym"]
    }
    of_counties = Counter((county, "_T") for _, county in {(g, county) for g, county, _ in known})
    of_relations = Counter(("_T", relation) for _, relation in {(g, relation) for g, _, relation in known})
    return +(of_counties + of_relations + Counter({("_T", "_T"): len({g for g, *_ in known})}))


def overview(children: list[Child], as_of: date) -> Counter[Any]:
    """Every figure of the overview page: (audience, indicator) -> value, without zeros and unknown counties."""
    this_month, this_quarter = month(as_of)
    figures = {
        "registered": [held(c, "residence", as_of) for c in children],
        "registered_in_month": [
            held(c, "residence", c["registration_date"])
            for c in children
            if month(c["registration_date"])[0] == this_month
        ],
        "open": [held(c, "residence", as_of) for c in children if is_open(c, as_of)],
        "closed": [held(c, "residence", as_of) for c in children if last_status(c, as_of) == "closed"],
        "with_concern": [held(c, "residence", as_of) for c in children if concerns(c, as_of)],
        "unaccompanied_separated": [cell[0] for cell in unaccompanied_separated(children, as_of).elements()],
        "referred": [cell[0] for cell in referred_children(children, as_of).elements()],
        "placed": [cell[0] for cell in placed_children(children, as_of).elements()],
        "high_risk": [held(c, "residence", as_of) for c in children if held(c, "risk", as_of) == "HIGH"],
        "follow_ups_due_in_quarter": in_quarter(follow_ups_due(children, as_of), this_quarter),
        "follow_ups_on_time_in_quarter": in_quarter(follow_ups_on_time(children, as_of), this_quarter),
    }
    cells: Counter[Any] = Counter()
    for indicator, counties in figures.items():
        cells["national", indicator] = len(counties)
        cells.update((county, indicator) for county in counties if county != "_U")
    for (county, relation), people in caregivers(children, as_of).items():
        if relation == "_T" and county != "_U":
            cells["national" if county == "_T" else county, "caregivers"] = people
    return +cells


def in_quarter(follow_ups: Counter[Any], quarter: str) -> list[str]:
    """The county of each follow-up of a quarter."""
    return [county for _, of, county, _ in follow_ups.elements() if of == quarter]


def monthly(children: list[Child], as_of: date) -> list[tuple[str, int]]:
    """Graph 1: registrations of every month from the launch to as_of, those without any included."""
    registered = Counter(month(c["registration_date"])[0] for c in children)
    days_since = (as_of - LAUNCH.replace(day=1)).days
    months = dict.fromkeys(month(LAUNCH.replace(day=1) + timedelta(day))[0] for day in range(days_since + 1))
    return [(name, registered[name]) for name in months]
