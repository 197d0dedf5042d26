"""Fields with a history: residence, owner, care status, risk, intention, and corrections of what was entered wrong."""

import numpy as np

from case_store.synthetic.living_places import Places
from case_store.synthetic.plan import Kind, Plan, is_alone
from case_store.synthetic.shape import Shape
from case_store.synthetic.spells import Windows
from case_store.synthetic.staff import Staff
from case_store.synthetic.times import Days, Moments, completed_years
from case_store.synthetic.tracks import (
    ABSENT,
    EMPTY_LIST,
    EMPTY_TEXT,
    NULL,
    Changes,
    Children,
    Draws,
    Mask,
    Track,
    Values,
    join_changes,
    make_track,
)

_MOVE, _TRANSFER, _ASSIGN, _RISK, _INTENTION, _CARE, _SEX, _BIRTH, _NATIONALITY, _DISABLE = range(20, 30)
_TEXT_FORMS = (ABSENT, NULL, EMPTY_TEXT)


def make_residence(places: Places, shape: Shape, plan: Plan, windows: Windows, draws: Draws) -> tuple[Values, Changes]:
    """Location numbers at creation and after moves; a few are the country only, a code unknown, or missing."""
    initial = places.draw_location(draws.rng, plan.county.astype(np.int32))
    vague = draws.some(~plan.is_anchor, 0.018)
    country, unlisted = 0, len(places.locations)
    odd = draws.rng.choice(np.array([country, unlisted, ABSENT], np.int32), len(plan), p=[0.6, 0.05, 0.35])
    initial = draws.missing(np.where(vague, odd, initial), _TEXT_FORMS)
    movers = ~plan.is_anchor
    middle = (windows.first + windows.last) // 2
    moves = [
        draws.between(draws.some(movers, 0.06), windows.first, middle),
        draws.between(draws.some(movers, 0.02), middle + 1, windows.last),
        draws.between(draws.some(movers, 0.03), windows.late_first, windows.late_last),
    ]
    return initial, join_changes(*(_moves(places, shape, plan, *move, draws) for move in moves))


def _moves(places: Places, shape: Shape, plan: Plan, child: Children, day: Days, draws: Draws) -> Changes:
    elsewhere = np.searchsorted(
        np.cumsum(shape.county_weights), draws.rng.random(len(child)) * shape.county_weights.sum()
    )
    county = np.where(draws.rng.random(len(child)) < 0.7, elsewhere, plan.county[child]).astype(np.int32)
    return Changes(child, draws.moments(day, _MOVE), places.draw_location(draws.rng, county))


def make_owners(
    places: Places, staff: Staff, shape: Shape, plan: Plan, windows: Windows, moves: Changes, draws: Draws
) -> tuple[Values, Changes]:
    """User numbers of the owner at creation and after transfers (most follow a move) and reassignments at home."""
    abroad = draws.some(np.ones(len(plan), bool), 0.035)
    county = np.where(abroad, draws.rng.integers(0, len(shape.counties), len(plan)), plan.county).astype(np.int32)
    initial = staff.draw_user(draws.rng, places.draw_group(draws.rng, county))
    follows = draws.rng.random(len(moves)) < 0.7
    moved = Changes(moves.child[follows], moves.at[follows], moves.value[follows])
    transfers = Changes(
        moved.child,
        moved.at + draws.rng.integers(1, 10, len(moved)) * 86_400 + _TRANSFER,
        staff.draw_user(draws.rng, places.draw_group(draws.rng, places.location_county[moved.value])),
    )
    inside = transfers.at < _store_end(shape, draws)
    transfers = Changes(transfers.child[inside], transfers.at[inside], transfers.value[inside])
    child, day = draws.between(
        draws.some(~np.isin(np.arange(len(plan)), moved.child), 0.04), windows.first, windows.last
    )
    colleagues = staff.draw_user(draws.rng, staff.user_group[initial[child]])
    return initial, join_changes(transfers, Changes(child, draws.moments(day, _ASSIGN), colleagues))


def _store_end(shape: Shape, draws: Draws) -> int:
    return int(draws.moments(np.array([shape.store_end]), 0)[0])


def make_care_status(shape: Shape, plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Track:
    """Care status: some separated children join a parent, some accompanied ones are left behind."""
    initial = draws.missing(plan.care_status.astype(np.int32), _TEXT_FORMS)
    alone = is_alone(shape, plan.care_status)
    codes = len(shape.codes["care_status"])
    likely = np.where(alone, 0.08, 0.006)
    early = draws.between((draws.rng.random(len(plan)) < likely) & ~plan.is_anchor, windows.first, windows.last)
    late = draws.between(draws.rng.random(len(plan)) < likely, windows.late_first, windows.late_last)
    changes = []
    for child, day in (early, late):
        other = (initial[child] + 1 + draws.rng.integers(0, codes - 1, len(child))) % codes
        changes.append(Changes(child, draws.moments(day, _CARE), other.astype(np.int32)))
    return make_track(created, initial, *changes)


def make_risk(shape: Shape, plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Track:
    """Risk: often set by an assessment after registration; high on the reference day exactly where planned."""
    high, medium, low = _risks(shape)
    rng, size = draws.rng, len(plan)
    ordinary = np.where(rng.random(size) < 0.2, medium, low).astype(np.int32)
    passing = draws.some(~plan.is_high_risk, 0.004)  # high for a while, lowered again before the reference day
    middle = (windows.first + windows.last) // 2
    second = draws.between(passing | draws.some(~plan.is_high_risk, 0.04), middle + 1, windows.last)
    lowered = np.isin(np.arange(size), second[0])
    assessed = np.where(plan.is_high_risk, high, np.where(passing & lowered, high, ordinary)).astype(np.int32)
    at_creation = rng.random(size) < 0.45
    first = draws.between(~at_creation & (plan.is_high_risk | draws.some(~at_creation, 0.88)), windows.first, middle)
    unable = plan.is_high_risk & ~np.isin(np.arange(size), first[0])  # no time for an assessment: set at creation
    initial = draws.missing(np.where(at_creation | unable, assessed, ABSENT).astype(np.int32), _TEXT_FORMS)
    late = draws.between(
        draws.some(plan.is_high_risk, 0.35) | draws.some(~plan.is_high_risk, 0.008),
        windows.late_first,
        windows.late_last,
    )
    late_value = np.where(plan.is_high_risk[late[0]], ordinary[late[0]], high).astype(np.int32)
    return make_track(
        created,
        initial,
        Changes(first[0], draws.moments(first[1], _RISK), assessed[first[0]]),
        Changes(second[0], draws.moments(second[1], _RISK), np.where(rng.random(len(second[0])) < 0.5, medium, low)),
        Changes(late[0], draws.moments(late[1], _RISK), late_value),
    )


def _risks(shape: Shape) -> tuple[int, int, int]:
    """The highest level, the one below it, and the lowest: the intervals of the lower levels are longer."""
    high = shape.numbers_with_role("risk", "high_risk")
    codes, intervals = shape.codes["risk"], shape.profile.follow_up_intervals
    others = [number for number in range(len(codes)) if number not in high] or high
    ordered = sorted(others, key=lambda number: intervals[codes[number]].about_days)
    return high[0], ordered[0], ordered[-1]


def make_intention(shape: Shape, plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Track:
    """Intention of travel, changing up to three times; none where it is not asked."""
    if not shape.asks("intention"):
        return make_track(created, np.full(len(plan), ABSENT, np.int32))
    codes = len(shape.codes["intention"])
    everyone = np.ones(len(plan), bool)
    middle = (windows.first + windows.last) // 2
    draw = (
        draws.between(draws.some(everyone, 0.08), windows.first, middle),
        draws.between(draws.some(everyone, 0.03), middle + 1, windows.last),
        draws.between(draws.some(everyone, 0.04), windows.late_first, windows.late_last),
    )
    changes = [
        Changes(child, draws.moments(day, _INTENTION), draws.rng.integers(0, codes, len(child)).astype(np.int32))
        for child, day in draw
    ]
    return make_track(created, draws.missing(shape.draw(draws.rng, "intention", len(plan)), _TEXT_FORMS), *changes)


def make_sex(plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Track:
    """Sex: wrong at first in a few, corrected before the reference day or after it."""
    true = draws.missing(plan.sex.astype(np.int32), _TEXT_FORMS)
    early, late = _corrections(plan, windows, 0.004, draws)
    initial = true.copy()
    initial[early[0]] = np.where(true[early[0]] == 0, 1, 0)
    return make_track(
        created,
        initial,
        Changes(early[0], draws.moments(early[1], _SEX), true[early[0]]),
        Changes(late[0], draws.moments(late[1], _SEX), np.where(true[late[0]] == 0, 1, 0)),
    )


def make_birth_date(plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Track:
    """Birth dates as day numbers: some missing, some learnt or corrected later, always a child's at registration."""
    lacking = draws.some(plan.kind < Kind.BROKEN, 0.03)
    true = draws.missing(np.where(lacking, ABSENT, plan.birth).astype(np.int32), _TEXT_FORMS)
    other = (plan.birth - draws.rng.integers(20, 700, len(plan))).astype(np.int32)
    fits = completed_years(other, plan.registered) < 18
    other = np.where(fits, other, plan.birth).astype(np.int32)
    early, late = _corrections(plan, windows, 0.006, draws)
    initial = true.copy()
    initial[early[0]] = other[early[0]]
    return make_track(
        created,
        initial,
        Changes(early[0], draws.moments(early[1], _BIRTH), true[early[0]]),
        Changes(late[0], draws.moments(late[1], _BIRTH), other[late[0]]),
    )


def make_nationality(shape: Shape, plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Track:
    """Numbers of a list of citizenships: n alone, or (beyond the codes and an unknown one) the first and n."""
    codes = len(shape.codes["citizenship"]) + 1
    single = shape.draw(draws.rng, "citizenship", len(plan))
    single = np.where(draws.rng.random(len(plan)) < 0.0005, codes - 1, single)
    double = (draws.rng.random(len(plan)) < 0.02) & (single > 0)
    true = draws.missing(np.where(double, single + codes, single).astype(np.int32), (ABSENT, NULL, EMPTY_LIST))
    early, late = _corrections(plan, windows, 0.002, draws)
    initial = true.copy()
    wrong = draws.rng.integers(0, codes - 1, len(plan)).astype(np.int32)
    initial[early[0]] = wrong[early[0]]
    return make_track(
        created,
        initial,
        Changes(early[0], draws.moments(early[1], _NATIONALITY), true[early[0]]),
        Changes(late[0], draws.moments(late[1], _NATIONALITY), wrong[late[0]]),
    )


def make_enabled(shape: Shape, plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Track:
    """Records disabled: those planned so, and a few counted ones after the reference day."""
    end = np.full(len(plan), shape.store_end, np.int32)
    planned = draws.between(plan.kind == Kind.DISABLED, plan.posted + 1, np.full(len(plan), shape.reference, np.int32))
    later = draws.between(draws.some(plan.kind == Kind.COUNTED, 0.002), windows.late_first, end)
    disabled = [Changes(c, draws.moments(day, _DISABLE), np.zeros(len(c), np.int32)) for c, day in (planned, later)]
    return make_track(created, np.ones(len(plan), np.int32), *disabled)


def _corrections(
    plan: Plan, windows: Windows, share: float, draws: Draws
) -> tuple[tuple[Children, Days], tuple[Children, Days]]:
    """Children corrected before the reference day, and others corrected after it; never a broken record."""
    sound: Mask = plan.kind < Kind.ADULT
    return (
        draws.between(draws.some(sound, share), windows.first, windows.last),
        draws.between(draws.some(sound, share), windows.late_first, windows.late_last),
    )
