"""The published figures hold exactly for any seed, the store lives on, and the same seed makes the same store."""

import datetime as dt
from collections.abc import Callable

import numpy as np
import pyarrow.compute as pc
import pytest

from case_store.profile import load_profile
from case_store.synthetic.documents import Rows, make_rows
from case_store.synthetic.identities import adults, make_names
from case_store.synthetic.plan import Kind
from case_store.synthetic.quotas import choose, deal, largest_remainder
from case_store.synthetic.record_histories import Population, make_population
from case_store.synthetic.times import completed_years, day_number, local_days, to_utc
from case_store.synthetic.truth import Truth, expected

REFERENCE, STORE_END = dt.date(2023, 12, 31), dt.date(2024, 3, 31)
PUBLISHED = {figure.figure: figure.published for figure in load_profile().published_figures}


def _populate(children: int, seed: int, chunk_size: int = 8_000) -> Population:
    return make_population(load_profile(), children, seed, chunk_size)


def _rows(population: Population, seed: int) -> list[Rows]:
    names = make_names(population.shape.keys.invented, seed)
    return [make_rows(population, names, part) for part in population.histories()]


COUNTS: dict[str, Callable[[Truth], float]] = {
    "registered": lambda truth: truth.loaded,
    "closed": lambda truth: truth.closed,
    "with_concern": lambda truth: truth.with_concern,
    "high_risk": lambda truth: truth.risk["HIGH"],
    "caregivers": lambda truth: truth.caregivers,
    "referred": lambda truth: truth.referred,
    "placed": lambda truth: truth.placed,
    "registrations_month_max": lambda truth: max(truth.registrations.values()),
    "registrations_month_max_month": lambda truth: _month(truth, max(truth.registrations.values())),
    "registrations_month_min": lambda truth: min(truth.registrations.values()),
    "registrations_month_min_month": lambda truth: _month(truth, min(truth.registrations.values())),
    "uasc_first_year_counties": lambda truth: len(truth.first_year_unaccompanied_separated.keys() - {"_U"}),
    "boys_share": lambda truth: round(100 * truth.sex["M"] / (truth.sex["M"] + truth.sex["F"]), 1),
    "girls_share": lambda truth: round(100 * truth.sex["F"] / (truth.sex["M"] + truth.sex["F"]), 1),
    **{f"concern_rank_{rank}": lambda truth, rank=rank: _commonest(truth)[rank - 1] for rank in range(1, 7)},
}


def _month(truth: Truth, count: int) -> int:
    (month,) = (month for month, children in truth.registrations.items() if children == count)
    return int(month.replace("-", ""))


def _commonest(truth: Truth) -> list[int]:
    return [int(concept[1:]) for concept, _ in truth.concerns.most_common() if concept != "_U"]


@pytest.mark.parametrize("seed", [1, 2, 20231231])
def test_published_figures_hold_exactly(seed: int) -> None:
    truth = expected(_populate(int(PUBLISHED["registered"]), seed), REFERENCE, REFERENCE)
    assert {name: count(truth) for name, count in COUNTS.items()} == {name: PUBLISHED[name] for name in COUNTS}
    assert sum(truth.first_year_unaccompanied_separated.values()) > PUBLISHED["uasc_first_year"]
    assert len(truth.open_unaccompanied_separated.keys() - {"_U"}) >= 40


def test_counts_scale_with_the_number_of_children() -> None:
    truth = expected(_populate(2_000, 5), REFERENCE, REFERENCE)
    assert truth.loaded == 2_000
    assert sum(truth.registrations.values()) == 2_000
    for name in ("closed", "with_concern", "high_risk", "caregivers", "referred", "placed"):
        assert COUNTS[name](truth) == round(PUBLISHED[name] / PUBLISHED["registered"] * 2_000), name


def test_later_knowledge_and_later_days_give_other_figures() -> None:
    population = _populate(6_000, 3)
    then, known_later, later = (
        expected(population, as_of, known_at)
        for as_of, known_at in [(REFERENCE, REFERENCE), (REFERENCE, STORE_END), (STORE_END, STORE_END)]
    )
    for name in ("loaded", "closed", "caregivers"):
        assert len({getattr(truth, name) for truth in (then, known_later)}) == 2, name
    for name in ("loaded", "closed", "with_concern", "referred", "risk", "residence", "intention", "care_status"):
        assert getattr(then, name) != getattr(later, name), name
    assert known_later.late_entries > 0
    assert then.sex != known_later.sex
    assert 0.03 < (later.loaded - then.loaded) / then.loaded < 0.05


def test_every_reason_for_leaving_a_record_out_occurs() -> None:
    truth = expected(_populate(600, 4), REFERENCE, STORE_END)
    assert set(truth.quarantined) == {"MISSING", "BROKEN_TYPE", "FUTURE_DATE", "BEFORE_LAUNCH", "BEFORE_BIRTH"}
    assert set(truth.excluded) == {"OTHER_MODULE", "DISABLED", "DUPLICATE", "AFTER_AS_OF", "NOT_A_CHILD"}


def test_residence_is_mostly_in_the_owners_county() -> None:
    population = _populate(4_000, 6)
    part = next(population.histories())
    places, users = population.places, population.staff
    home = places.location_county[np.minimum(part.tracks["residence"].current, len(places.locations) - 1)]
    owner = places.group_county[users.user_group[part.tracks["owner"].current]]
    counted = (part.plan.kind == Kind.COUNTED) & (part.tracks["residence"].current >= 0) & (home >= 0)
    assert 0.91 < np.mean(home[counted] == owner[counted]) < 0.97


def test_counties_are_skewed_as_real_ones_are() -> None:
    residence = expected(_populate(int(PUBLISHED["registered"]), 9), REFERENCE, REFERENCE).residence
    counts = [children for county, children in residence.most_common() if county != "_U"]
    assert len(counts) == 42
    assert counts[0] > 5_000
    assert counts[-1] < 100


def test_the_same_seed_makes_the_same_store_and_another_seed_another() -> None:
    first, again = (_rows(_populate(600, 7, 300), 7) for _ in range(2))
    assert first == again
    assert _rows(_populate(600, 8, 300), 8)[0].cases != first[0].cases


def test_chunks_hold_no_more_than_they_may() -> None:
    population = _populate(3_000, 1, 512)
    sizes = [len(part.plan) for part in population.histories()]
    assert max(sizes) == 512
    assert sum(sizes) == len(population.plan)


def test_ids_never_repeat_and_records_point_at_records() -> None:
    rows = _rows(_populate(900, 2, 250), 2)
    ids = [id_ for part in rows for id_ in part.cases["id"].to_pylist()]
    assert len(set(ids)) == len(ids)
    for part in rows:
        for pointing in (part.record_histories["record_id"], part.transitions["record_id"]):
            assert set(pointing.to_pylist()) <= set(part.cases["id"].to_pylist())
        copies = part.cases.filter(pc.is_valid(part.cases["duplicate_case_id"]))
        assert all(row["duplicate_case_id"] != row["id"] for row in copies.to_pylist())


def test_no_two_adults_share_name_and_birthday() -> None:
    people = adults(np.arange(200_000))
    keys = zip(people.first, people.patronymic, people.last, people.birth, strict=True)
    assert len(set(keys)) == 200_000


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        ("2008-02-29", "2023-02-28", 14),
        ("2008-02-29", "2023-03-01", 15),
        ("2008-02-29", "2024-02-29", 16),
        ("2005-12-31", "2023-12-31", 18),
        ("2006-01-01", "2023-12-31", 17),
        ("2023-12-31", "2023-12-31", 0),
    ],
)
def test_completed_years(birth: str, on: str, age: int) -> None:
    days = [np.array([day_number(dt.date.fromisoformat(text))], np.int32) for text in (birth, on)]
    assert completed_years(*days).tolist() == [age]


def test_the_local_day_of_a_late_evening_in_utc_is_the_next_one() -> None:
    moment = np.array([int(dt.datetime(2023, 12, 31, 22, 30, tzinfo=dt.UTC).timestamp())])
    assert local_days(moment, "Europe/Bucharest").tolist() == [day_number(dt.date(2024, 1, 1))]
    local = np.array([day_number(dt.date(2024, 1, 1)) * 86_400 + 1_800])
    assert to_utc(local, "Europe/Bucharest").tolist() == moment.tolist()


def test_quotas_are_exact() -> None:
    assert largest_remainder([5, 3, 1], 10).tolist() == [6, 3, 1]
    rng = np.random.default_rng(1)
    assert np.bincount(deal(rng, [1, 2, 1], 40)).tolist() == [10, 20, 10]
    mask = choose(rng, np.array([0.0, 1, 1, 0, 1]), 3)
    assert mask.tolist() == [False, True, True, False, True]
    with pytest.raises(ValueError, match="only 3 are possible"):
        choose(rng, np.array([0.0, 1, 1, 0, 1]), 4)
