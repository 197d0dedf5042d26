"""Follow-ups: planned one after another, done before or after they were due, entered at once or late, or never done."""

from dataclasses import dataclass

import numpy as np

from case_store.synthetic.plan import Plan
from case_store.synthetic.shape import Shape
from case_store.synthetic.spells import Windows
from case_store.synthetic.times import Days, Moments
from case_store.synthetic.tracks import Children, Draws, Track, Values

SLOTS = 6
_FOLLOW_UP = 50
_UNDATED = -1
_PACE_WITHOUT_RISK = 45


@dataclass(frozen=True)
class FollowUps:
    """One row a follow-up, by child and slot: when planned, due and done, and when its doing was entered (-1 never)."""

    child: Children
    slot: Values
    planned_at: Moments
    due: Days
    done: Days  # -1 never done
    done_at: Moments


@dataclass(frozen=True)
class _Chain:
    """Where each child's chain of follow-ups stands."""

    child: Children
    at: Moments  # of the last entry
    day: Days  # of the last entry
    base: Days  # from which the next one is due
    pace: Days
    last: Days


def make_follow_ups(
    shape: Shape, plan: Plan, created: Moments, risk: Track, windows: Windows, draws: Draws
) -> FollowUps:
    """At most six a child, for less than half of the children, at the pace of the risk level."""
    chosen = np.flatnonzero(draws.rng.random(len(plan)) < 0.42).astype(np.int32)
    last = np.where(windows.late_last >= windows.late_first, windows.late_last, windows.last)
    intervals = shape.profile.follow_up_intervals
    levels = np.array([intervals[code].about_days for code in shape.codes["risk"]] + [_PACE_WITHOUT_RISK])
    pace = levels[np.clip(risk.current, -1, len(levels) - 2)].astype(np.int32)[chosen]
    base = plan.created[chosen]
    start = np.maximum(base, plan.posted[chosen])
    chain = _Chain(chosen, created[chosen], start, base, pace, last[chosen].astype(np.int32))
    rows = []
    for slot in range(SLOTS):
        row, chain = _advance(chain, slot, draws)
        rows.append(row)
    return _joined(rows)


def _advance(chain: _Chain, slot: int, draws: Draws) -> tuple[FollowUps, _Chain]:
    rng, size = draws.rng, len(chain.child)
    due = chain.base + chain.pace
    done = np.maximum(due + np.round(rng.normal(-4, 7, size)), chain.day + 1)
    entered = done + np.where(rng.random(size) < 0.12, rng.integers(1, 41, size), 0)
    is_done = (rng.random(size) < 0.88) & (entered <= chain.last)
    missed = due + rng.integers(4, 21, size)  # the day on which a new one is planned after one never done
    day = np.where(is_done, entered, np.maximum(missed, chain.day + 1)).astype(np.int32)
    at = draws.moments(day, _FOLLOW_UP)
    row = FollowUps(
        chain.child,
        np.full(size, slot, np.int32),
        chain.at,
        due.astype(np.int32),
        np.where(is_done, done, _UNDATED).astype(np.int32),
        np.where(is_done, at, _UNDATED),
    )
    goes_on = (rng.random(size) < np.where(is_done, 0.85, 0.5)) & (day <= chain.last)
    base = np.where(is_done, done, day)
    following = _Chain(chain.child, at, day, base.astype(np.int32), chain.pace, chain.last)
    return row, _Chain(*(getattr(following, name)[goes_on] for name in following.__dataclass_fields__))


def _joined(rows: list[FollowUps]) -> FollowUps:
    columns = [np.concatenate([getattr(row, name) for row in rows]) for name in FollowUps.__dataclass_fields__]
    order = np.lexsort((columns[1], columns[0]))
    return FollowUps(*(column[order] for column in columns))
