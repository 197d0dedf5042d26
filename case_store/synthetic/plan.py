"""Who is who: a small array for each attribute that a published figure fixes, drawn so that it comes out exactly."""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from case_store.errors import CaseStoreError
from case_store.synthetic.families import Families, plan_families
from case_store.synthetic.quotas import choose, deal, largest_remainder
from case_store.synthetic.shape import Shape, Weights, draw
from case_store.synthetic.times import Days, completed_years

Mask: TypeAlias = npt.NDArray[np.bool_]
OUTCOMES = ("closed", "with_concern", "high_risk", "referred", "placed")
FEWEST = 100
ALONE = ("unaccompanied", "separated")  # roles of care statuses
WEEKDAY_WEIGHTS = np.array([1, 1, 0.9, 0.35, 0.15, 1, 1])  # day numbers count from a Thursday


class Kind(IntEnum):
    """Why a record is in the store; only COUNTED children are loaded on the reference day."""

    COUNTED = 0
    LATER = 1
    UNPOSTED = 2
    DUPLICATE = 3
    DISABLED = 4
    OTHER_MODULE = 5
    ADULT = 6
    BROKEN = 7
    FUTURE = 8
    PRENATAL = 9


@dataclass(frozen=True)
class Plan:
    """Equally long arrays, one place a record, in order of registration. Days are local."""

    kind: npt.NDArray[np.int8]
    variant: npt.NDArray[np.int16]  # running number inside a kind: which form of disorder a broken record takes
    registered: Days
    created: Days
    posted: Days
    sex: npt.NDArray[np.int8]  # 0 boy, 1 girl, -1 unknown, as known on the reference day
    age: npt.NDArray[np.int8]  # completed years at registration
    birth: Days
    county: npt.NDArray[np.int8]  # of residence at registration
    care_status: npt.NDArray[np.int8]  # at registration; code number, -1 missing
    is_anchor: Mask  # stays unaccompanied or separated, open and in its county: each county has one
    is_closed: Mask  # the rest: on the reference day
    has_concern: Mask
    first_concern: npt.NDArray[np.int8]
    is_high_risk: Mask
    is_referred: Mask
    is_placed: Mask
    caregiver: npt.NDArray[np.int32]  # first caregiver's number, -1 none
    caregivers: npt.NDArray[np.int8]  # how many in a row from there

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, places: npt.NDArray[np.int64] | slice) -> "Plan":
        """The records at `places`, in that order."""
        return Plan(**{field.name: getattr(self, field.name)[places] for field in fields(self)})


def make_plan(shape: Shape, children: int, seed: int) -> Plan:
    """The plan of a store in which exactly `children` are loaded on the reference day; the rest stands on top.

    `CaseStoreError` for fewer than `FEWEST`, among whom the published figures could not be met.
    """
    if children < FEWEST:
        raise CaseStoreError(f"A synthetic store needs at least {FEWEST} children: ask for more.")
    rng = np.random.default_rng([seed, 0])
    counted = _counted(shape, children, rng)
    on_top = _on_top(shape, children, counted, rng)
    both = Plan(**{f.name: np.concatenate([getattr(counted, f.name), getattr(on_top, f.name)]) for f in fields(Plan)})
    return both.take(np.argsort(both.registered, kind="stable"))


def _counted(shape: Shape, children: int, rng: np.random.Generator) -> Plan:
    registered = _registration_days(shape, children, rng)
    families = plan_families(shape, registered, shape.target("caregivers", children), rng)
    created, posted = _receipt(registered, np.full(children, shape.reference), rng)
    known_share = round(children * 0.997)
    boys = round(known_share * shape.figure("boys_share") / 100)
    sex = np.repeat(np.array([0, 1, -1], np.int8), [boys, known_share - boys, children - known_share])
    people = _People(registered, created, posted, families, rng.permutation(sex))
    targets = {name: shape.target(name, children) for name in OUTCOMES}
    return _assemble(shape, np.zeros(children, np.int8), people, targets, rng)


@dataclass(frozen=True)
class _People:
    registered: Days
    created: Days
    posted: Days
    families: Families
    sex: npt.NDArray[np.int8]


@dataclass(frozen=True)
class _Outcomes:
    is_closed: Mask
    has_concern: Mask
    first_concern: npt.NDArray[np.int8]
    is_high_risk: Mask
    is_referred: Mask
    is_placed: Mask


def _registration_days(shape: Shape, children: int, rng: np.random.Generator) -> Days:
    counts = largest_remainder(shape.month_weights, children)
    days = []
    for (first, last), count in zip(shape.months, counts, strict=True):
        month = np.arange(first, last + 1)
        days.append(np.sort(month[draw(rng, WEEKDAY_WEIGHTS[month % 7], int(count))]))
    return np.concatenate(days).astype(np.int32)


def _receipt(registered: Days, latest: Days, rng: np.random.Generator) -> tuple[Days, Days]:
    """Days on which the record was made and received: some are typed in days later, some received weeks later."""
    size = len(registered)
    created = registered + np.where(rng.random(size) < 0.08, rng.integers(1, 6, size), 0)
    posted = created + np.where(rng.random(size) < 0.03, rng.integers(7, 61, size), 0)
    return np.minimum(created, latest).astype(np.int32), np.minimum(posted, latest).astype(np.int32)


def _on_top(shape: Shape, children: int, counted: Plan, rng: np.random.Generator) -> Plan:
    kinds = [kind for kind in Kind if kind is not Kind.COUNTED]
    counts = [max(_LEAST.get(kind, 1), round(children * shape.on_top[kind.name.lower()])) for kind in kinds]
    kind = np.repeat(np.array(kinds, np.int8), counts)
    size = len(kind)
    registered, latest = _on_top_days(shape, kind, counted, rng)
    created, posted = _receipt(registered, latest, rng)
    unposted = kind == Kind.UNPOSTED
    posted[unposted] = rng.integers(shape.reference + 1, shape.store_end, np.count_nonzero(unposted))
    likeness = rng.integers(0, len(counted), size)
    numbers = int(counted.caregiver.max(initial=0)) + 2 + np.arange(size, dtype=np.int32)
    families = Families(counted.county[likeness], np.zeros(size, bool), numbers, np.ones(size, np.int8))
    active = int(np.count_nonzero(~np.isin(kind, [Kind.LATER, Kind.UNPOSTED]))) // 2
    targets = {name: shape.target(name, active) for name in OUTCOMES}
    return _assemble(shape, kind, _People(registered, created, posted, families, counted.sex[likeness]), targets, rng)


_LEAST = {Kind.BROKEN: 5, Kind.FUTURE: 3, Kind.PRENATAL: 2, Kind.LATER: 10}  # each form of disorder once, however few


def _on_top_days(
    shape: Shape, kind: npt.NDArray[np.int8], counted: Plan, rng: np.random.Generator
) -> tuple[Days, Days]:
    size = len(kind)
    likeness = counted.registered[rng.integers(0, len(counted), size)]
    early = np.minimum(likeness, shape.reference - 60)
    later = rng.integers(shape.reference + 1, shape.store_end - 1, size)
    unposted = rng.integers(shape.reference - 40, shape.reference + 1, size)
    registered = np.where(kind == Kind.LATER, later, np.where(kind == Kind.UNPOSTED, unposted, early))
    latest = np.where(np.isin(kind, [Kind.LATER, Kind.UNPOSTED]), shape.store_end - 1, shape.reference - 30)
    return registered.astype(np.int32), latest.astype(np.int32)


def _assemble(
    shape: Shape, kind: npt.NDArray[np.int8], people: _People, targets: dict[str, int], rng: np.random.Generator
) -> Plan:
    size = len(kind)
    anchor = people.families.is_anchor
    care = shape.draw(rng, "care_status", size).astype(np.int8)
    care[anchor] = rng.choice([_with_role(shape, role) for role in ALONE], np.count_nonzero(anchor))
    age, birth = _ages(shape, kind, people.registered, care == _with_role(shape, "unaccompanied"), rng)
    outcomes = _outcomes(shape, people, care, targets, rng)
    return Plan(
        kind=kind,
        variant=_running_number(kind),
        registered=people.registered,
        created=people.created,
        posted=people.posted,
        sex=people.sex,
        age=age,
        birth=birth,
        county=people.families.county,
        care_status=care,
        is_anchor=anchor,
        caregiver=people.families.caregiver,
        caregivers=people.families.caregivers,
        is_closed=outcomes.is_closed,
        has_concern=outcomes.has_concern,
        first_concern=outcomes.first_concern,
        is_high_risk=outcomes.is_high_risk,
        is_referred=outcomes.is_referred,
        is_placed=outcomes.is_placed,
    )


def _with_role(shape: Shape, role: str) -> int:
    return shape.with_role("care_status", role)


def is_alone(shape: Shape, care_status: npt.NDArray[np.integer[Any]]) -> Mask:
    """Whether each care status, by its number, is unaccompanied or separated."""
    return np.isin(care_status, shape.numbers_with_role("care_status", *ALONE))


def _running_number(kind: npt.NDArray[np.int8]) -> npt.NDArray[np.int16]:
    number = np.zeros(len(kind), np.int16)
    for value in np.unique(kind[kind != Kind.COUNTED]):
        places = kind == value
        number[places] = np.arange(np.count_nonzero(places)) % 1000
    return number


def _ages(
    shape: Shape, kind: npt.NDArray[np.int8], registered: Days, alone: Mask, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int8], Days]:
    size = len(kind)
    age = draw(rng, shape.ages, size)
    age = np.where(alone & (rng.random(size) < 0.6), rng.integers(14, 18, size), age)
    age = np.where(kind == Kind.ADULT, rng.integers(18, 30, size), age)
    # A day count that is safely inside the year of life `age` for any run of leap years.
    birth = registered - np.floor(age * 365.25).astype(np.int32) - rng.integers(1, 364, size)
    new_year = birth.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    rounded = (rng.random(size) < 0.06) & (completed_years(new_year, registered) < 18)
    birth = np.where(rounded, new_year, birth).astype(np.int32)
    return completed_years(birth, registered).astype(np.int8), birth


def _outcomes(
    shape: Shape, people: _People, care: npt.NDArray[np.int8], targets: dict[str, int], rng: np.random.Generator
) -> _Outcomes:
    size = len(care)
    days: Weights = np.maximum(shape.reference - 3 - people.posted, 0).astype(
        np.float64
    )  # in which something could happen
    in_time = (days > 0).astype(float)
    alone = is_alone(shape, care)
    has_concern = choose(rng, 1.0 + alone, targets["with_concern"])
    is_closed = choose(rng, (days**0.8).astype(np.float64) * ~people.families.is_anchor, targets["closed"])
    is_high = choose(rng, (0.02 + has_concern) * np.where(is_closed, 0.15, 1.0), targets["high_risk"])
    is_referred = choose(rng, in_time * (1.0 + 4 * has_concern + 3 * alone), targets["referred"])
    is_placed = choose(rng, is_referred * (0.05 + alone), targets["placed"])
    concern = np.full(size, -1, np.int8)
    concern[has_concern] = deal(rng, shape.shares["concern"][:-1], targets["with_concern"])
    return _Outcomes(is_closed, has_concern, concern, is_high, is_referred, is_placed)
