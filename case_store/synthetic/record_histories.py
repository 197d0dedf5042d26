"""The histories of one chunk of children, as columns: everything that happened, before any document is written."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from case_store.profile import Profile
from case_store.synthetic import records, states
from case_store.synthetic.dirt import spoil
from case_store.synthetic.follow_ups import FollowUps, make_follow_ups
from case_store.synthetic.living_places import Places, load_places
from case_store.synthetic.plan import Kind, Plan, make_plan
from case_store.synthetic.shape import Shape, load_shape
from case_store.synthetic.spells import make_spells
from case_store.synthetic.staff import Staff, make_staff
from case_store.synthetic.times import Days, Moments
from case_store.synthetic.tracks import Changes, Draws, Track, Values, make_track

CHUNK = 8_000  # small enough for a chunk of documents to stay in the processor cache


@dataclass(frozen=True)
class Histories:
    """One chunk. `tracks` by contract column (and `owner`, a user number); children are places in `plan`."""

    number: int
    plan: Plan
    created_at: Moments
    posted_at: Moments
    age_as_entered: Values  # completed years, -1 missing
    tracks: dict[str, Track]
    concerns: Changes
    family: records.Family
    care: Changes
    care_began: Days
    referrals: records.Referrals
    follow_ups: FollowUps
    owner_changes: Changes


@dataclass(frozen=True)
class Population:
    """A whole synthetic store, made chunk by chunk when asked; the same for the same profile, children and seed."""

    shape: Shape
    places: Places
    staff: Staff
    plan: Plan
    seed: int
    chunk_size: int = CHUNK

    @property
    def chunks(self) -> int:
        """How many chunks there are."""
        return -(-len(self.plan) // self.chunk_size)

    def histories(self) -> Iterator[Histories]:
        """The chunks, one at a time, each drawn from its own seed."""
        for number in range(self.chunks):
            part = self.plan.take(slice(number * self.chunk_size, (number + 1) * self.chunk_size))
            rng = np.random.default_rng([self.seed, 2, number])
            yield make_histories(self, number, part, Draws(rng, self.shape.profile.time_zone))


def make_population(profile: Profile, children: int, seed: int, chunk_size: int = CHUNK) -> Population:
    """The store in which exactly `children` are loaded on the profile's reference day."""
    shape = load_shape(profile)
    places = load_places(shape)
    return Population(
        shape, places, make_staff(shape, places, seed), make_plan(shape, children, seed), seed, chunk_size
    )


def make_histories(population: Population, number: int, part: Plan, draws: Draws) -> Histories:
    """Everything that happened to the children of `part`, from `draws`."""
    shape, places, staff = population.shape, population.places, population.staff
    plan = spoil(part, shape.launch)
    created_at = draws.moments(plan.created, 0)
    posted_at = _posted_at(plan, created_at, draws)
    spells = make_spells(shape, plan, created_at, draws)
    windows = spells.windows
    residence, moves = states.make_residence(places, shape, plan, windows, draws)
    owner, owner_changes = states.make_owners(places, staff, shape, plan, windows, moves, draws)
    risk = states.make_risk(shape, plan, created_at, windows, draws)
    care_status = states.make_care_status(shape, plan, created_at, windows, draws)
    care, care_began = records.make_care_arrangements(shape, care_status, draws)
    tracks = {
        "status": spells.status,
        "closure_date": spells.closure_date,
        "closure_reason": spells.closure_reason,
        "residence": make_track(created_at, residence, moves),
        "owner": make_track(created_at, owner, owner_changes),
        "risk": risk,
        "care_status": care_status,
        "intention": states.make_intention(shape, plan, created_at, windows, draws),
        "sex": states.make_sex(plan, created_at, windows, draws),
        "birth_date": states.make_birth_date(plan, created_at, windows, draws),
        "nationality": states.make_nationality(shape, plan, created_at, windows, draws),
        "is_enabled": states.make_enabled(shape, plan, created_at, windows, draws),
    }
    return Histories(
        number=number,
        plan=plan,
        created_at=created_at,
        posted_at=posted_at,
        age_as_entered=_age_as_entered(plan, draws),
        tracks=tracks,
        concerns=records.make_concerns(shape, plan, created_at, windows, draws),
        family=records.make_family(shape, plan, created_at, windows, draws),
        care=care,
        care_began=care_began,
        referrals=records.make_referrals(shape, plan, windows, draws),
        follow_ups=make_follow_ups(shape, plan, created_at, risk, windows, draws),
        owner_changes=owner_changes,
    )


def _posted_at(plan: Plan, created_at: Moments, draws: Draws) -> Moments:
    """Minutes after creation, as a rule; when made without a connection, on a later day."""
    at_once = created_at + draws.rng.integers(30, 900, len(plan))
    return np.where(plan.posted > plan.created, draws.moments(plan.posted, 1), at_once)


def _age_as_entered(plan: Plan, draws: Draws) -> Values:
    """The age in the form: sometimes at odds with the birth date, rarely missing; never so for adults."""
    size = len(plan)
    slip = np.where(draws.rng.random(size) < 0.015, draws.rng.integers(-2, 3, size), 0)
    age = np.clip(plan.age + slip, 0, 17)
    age = np.where(draws.rng.random(size) < 0.008, -1, age)
    return np.where(plan.kind == Kind.ADULT, plan.age, age).astype(np.int32)
