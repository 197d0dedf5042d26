"""Rows inside a case: concerns, family members, care arrangements, referrals with their services, and follow-ups."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from case_store.synthetic.plan import Plan
from case_store.synthetic.shape import Shape, draw
from case_store.synthetic.spells import Windows
from case_store.synthetic.times import Days, Moments, local_days
from case_store.synthetic.tracks import Changes, Children, Draws, Mask, Track, Values, join_changes

_CONCERN, _REFERRAL, _FAMILY = 41, 42, 43
IN_PROGRESS, ACCEPTED, REJECTED = 0, 1, 2


@dataclass(frozen=True)
class Family:
    """One row a family member of a case, from the moment it was written; `caregiver` -1 is somebody else."""

    child: Children
    at: Moments
    caregiver: Values
    relation: Values


@dataclass(frozen=True)
class Referrals:
    """One row a referral: service code number, status, and when it was answered (-1 not yet)."""

    child: Children
    at: Moments
    service: Values
    status: Values
    responded_at: Moments


def make_concerns(shape: Shape, plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Changes:
    """Each child's concerns in the order of adding; a child has one before the reference day exactly where planned."""
    planned = plan.has_concern
    waits = draws.some(planned, 0.45)
    later = draws.between(waits, windows.first, windows.last)
    first_at = created.copy()
    first_at[later[0]] = draws.moments(later[1], _CONCERN)
    one = np.flatnonzero(planned).astype(np.int32)
    two = np.flatnonzero(draws.some(planned, 0.38)).astype(np.int32)
    new = draws.some(~planned, 0.007) | draws.some(planned, 0.03)
    late = draws.between(new, windows.late_first, windows.late_last)
    more = [Changes(c, at, _draw_concerns(shape, draws, len(c))) for c, at in _more(two, first_at, late, draws)]
    return _once_each(shape, join_changes(Changes(one, first_at[one], plan.first_concern[one].astype(np.int32)), *more))


def _more(
    two: Children, first_at: Moments, late: tuple[Children, Days], draws: Draws
) -> tuple[tuple[Children, Moments], ...]:
    three = two[draws.rng.random(len(two)) < 0.25]
    return (two, first_at[two]), (three, first_at[three]), (late[0], draws.moments(late[1], _CONCERN))


def _draw_concerns(shape: Shape, draws: Draws, size: int) -> Values:
    return draw(draws.rng, shape.shares["concern"][:-1], size)


def _once_each(shape: Shape, concerns: Changes) -> Changes:
    """Each concern once a child, at its earliest; some stand under an old code that the list no longer offers."""
    order = np.lexsort((concerns.at, concerns.child))
    child, at, value = concerns.child[order], concerns.at[order], concerns.value[order]
    _, first = np.unique(child.astype(np.int64) * 64 + value, return_index=True)
    kept = np.sort(first)
    child, at, value = child[kept], at[kept], value[kept]
    for old, new in _retired(shape):
        value = np.where((value == new) & (at % 7 == 0), old, value).astype(np.int32)
    return Changes(child, at, value)


def _retired(shape: Shape) -> list[tuple[int, int]]:
    """Numbers of the concerns that the list no longer offers, each with that of one which means the same now."""
    rows = [row for row in shape.profile.codes.to_pylist() if row["dimension"] == "concern"]
    current = {row["concept"]: row["code"] for row in reversed(rows) if row["valid_to"] is None}
    offered = {row["code"] for row in rows if row["valid_to"] is None}
    retired = [row for row in rows if row["code"] not in offered and row["concept"] in current]
    return [(shape.code("concern", row["code"]), shape.code("concern", current[row["concept"]])) for row in retired]


def make_family(shape: Shape, plan: Plan, created: Moments, windows: Windows, draws: Draws) -> Family:
    """Caregivers as planned (a few written down later), new ones after the reference day, and people who are none."""
    child = np.repeat(np.arange(len(plan)), plan.caregivers).astype(np.int32)
    place = np.arange(len(child)) - np.repeat(np.cumsum(plan.caregivers) - plan.caregivers, plan.caregivers)
    caregiver = plan.caregiver[child] + place
    at = created.copy()
    delayed = draws.between(draws.some(plan.caregivers > 0, 0.03), windows.first, windows.last)
    at[delayed[0]] = draws.moments(delayed[1], _FAMILY)
    late = draws.between(draws.some(np.ones(len(plan), bool), 0.01), windows.late_first, windows.late_last)
    other = np.flatnonzero(draws.rng.random(len(plan)) < 0.3).astype(np.int32)
    newcomers = _NEWCOMERS + plan.caregiver[late[0]] * 4 + 1 + np.arange(len(late[0])) % 4
    children = np.concatenate([child, other, late[0]])
    moments = np.concatenate([at[child], created[other], draws.moments(late[1], _FAMILY)])
    numbers = np.concatenate([caregiver, np.full(len(other), -1), newcomers]).astype(np.int32)
    order = np.lexsort((moments, children))
    relation = _relations(shape, numbers, draws)
    return Family(children[order], moments[order], numbers[order], relation[order])


def _relations(shape: Shape, caregiver: Values, draws: Draws) -> Values:
    """A caregiver is the same relation to all brothers and sisters: it follows from the number."""
    share = np.where(caregiver >= 0, caregiver * _GOLDEN_RATIO % 1.0, draws.rng.random(len(caregiver)))
    weights = shape.shares["relation"][:-1]
    return np.searchsorted(np.cumsum(weights) / weights.sum(), share, side="right").astype(np.int32)


_GOLDEN_RATIO = 0.6180339887498949  # multiples of it, less their whole part, are spread evenly


_NEWCOMERS = 1 << 28  # numbers far above any planned caregiver's


def make_care_arrangements(shape: Shape, care_status: Track, draws: Draws) -> tuple[Changes, Days]:
    """A care arrangement at creation (mostly) and with each change of care status; and the day it began."""
    has_row = ~care_status.is_initial | (draws.rng.random(len(care_status.child)) < 0.9)
    child, at, status = care_status.child[has_row], care_status.at[has_row], care_status.value[has_row]
    day = local_days(at, draws.zone)
    began = day - np.where(care_status.is_initial[has_row], draws.rng.integers(0, 40, len(day)), 0)
    return Changes(child, at, _care_types(shape, status, draws)), began.astype(np.int32)


def _care_types(shape: Shape, status: Values, draws: Draws) -> Values:
    place = draws.rng.geometric(0.55, len(status)) - 1
    types = _care_type(shape, "_U", place)
    for name in shape.keys.care_types.keys() - {"_U"}:
        types = np.where(status == shape.code("care_status", name), _care_type(shape, name, place), types)
    return types


def _care_type(shape: Shape, status: str, place: npt.NDArray[np.int64]) -> Values:
    """The care arrangement of a status that stands at each place of its list, or the last one."""
    codes = np.array([shape.code("care_type", code) for code in shape.keys.care_types[status]], np.int32)
    return codes[np.minimum(place, len(codes) - 1)]


def make_referrals(shape: Shape, plan: Plan, windows: Windows, draws: Draws) -> Referrals:
    """Referrals before the reference day exactly where planned, one to placement where planned; more after it."""
    last = np.maximum(windows.first, windows.last)  # closed the day after receipt: referred that day
    referred = plan.is_referred & (windows.first <= shape.reference)
    early = draws.between(referred, windows.first, last)
    second = draws.between(draws.some(referred, 0.25), windows.first, last)
    new = draws.some(~plan.is_referred, 0.012) | draws.some(plan.is_referred, 0.04)
    late = draws.between(new, windows.late_first, windows.late_last)
    child = np.concatenate([early[0], second[0], late[0]])
    seconds = np.repeat([_REFERRAL, _REFERRAL + 5, _REFERRAL], [len(early[0]), len(second[0]), len(late[0])])
    at = draws.moments(np.concatenate([early[1], second[1], late[1]]), 0) + seconds
    service = shape.draw(draws.rng, "service", len(child))
    placement = shape.code("service", shape.profile.placement_services[0])
    service[: len(early[0])][plan.is_placed[early[0]]] = placement
    is_late: Mask = np.arange(len(child)) >= len(early[0]) + len(second[0])
    service[is_late & (draws.rng.random(len(child)) < 0.05)] = placement
    status = draw(draws.rng, np.array([0.15, 0.75, 0.1]), len(child))
    answered = np.where(status == IN_PROGRESS, -1, at + draws.rng.integers(3_600, 1_200_000, len(child)))
    return _answered_in_time(Referrals(child, at, service, status, answered), shape, draws)


def _answered_in_time(referrals: Referrals, shape: Shape, draws: Draws) -> Referrals:
    end = int(draws.moments(np.array([shape.store_end]), 0)[0])
    open_still = referrals.responded_at > end
    return replace(
        referrals,
        status=np.where(open_still, IN_PROGRESS, referrals.status).astype(np.int32),
        responded_at=np.where(open_still, -1, referrals.responded_at),
    )
