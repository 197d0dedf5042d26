"""When cases are closed and opened again: before the reference day as planned, after it by chance."""

from dataclasses import dataclass

import numpy as np

from case_store.synthetic.dirt import spoil_closure_dates
from case_store.synthetic.plan import Kind, Plan
from case_store.synthetic.shape import Shape
from case_store.synthetic.times import Days, completed_years
from case_store.synthetic.tracks import ABSENT, Changes, Children, Draws, Mask, Track, make_track

OPEN, CLOSED, MARKED_DUPLICATE = 0, 1, 2
_CLOSING, _REOPENING, _MARKING = 11, 12, 13  # seconds of Draws.moments


@dataclass(frozen=True)
class Windows:
    """Local days between which something can happen to each child's case while it is being worked on."""

    first: Days  # the day after receipt
    last: Days  # until the reference day: the day before closing, or the reference day
    late_first: Days  # after the reference day
    late_last: Days  # the store's end; the day before late_first where the case is closed


@dataclass(frozen=True)
class Spells:
    """The three tracks that a closing writes, and what is left of each child's time."""

    status: Track
    closure_date: Track
    closure_reason: Track
    windows: Windows


@dataclass(frozen=True)
class _Step:
    """One closing or reopening of some children; `is_first` closings also set the closure date."""

    child: Children
    day: Days
    status: int
    is_first: bool = False


def make_spells(shape: Shape, plan: Plan, created: np.ndarray, draws: Draws) -> Spells:
    """Closings, reopenings and re-closings; a re-closing keeps the first closure date, as Primero does."""
    first = plan.posted + 1
    early, windows = _early_steps(shape, plan, first, draws)
    marked = _marked_duplicate(shape, plan, first, windows, draws)
    late = _late_steps(shape, plan, windows, marked[0], draws)
    closed_before = np.zeros(len(plan), bool)
    closed_before[np.concatenate([step.child for step in early])] = True
    late = [part for step in late for part in _split(step, closed_before)]
    changes = [_changes(shape, plan, step, draws) for step in (*early, *late)]
    marks = Changes(marked[0], draws.moments(marked[1], _MARKING), np.full(len(marked[0]), MARKED_DUPLICATE, np.int32))
    nothing = np.full(len(plan), ABSENT, np.int32)
    return Spells(
        make_track(created, np.full(len(plan), OPEN, np.int32), *(change[0] for change in changes), marks),
        make_track(created, nothing, *(change[1] for change in changes)),
        make_track(created, nothing, *(change[2] for change in changes)),
        windows,
    )


def _early_steps(shape: Shape, plan: Plan, first: Days, draws: Draws) -> tuple[list[_Step], Windows]:
    last = np.full(len(plan), shape.reference, np.int32)
    room = last - first
    closed = plan.is_closed & (plan.kind != Kind.DUPLICATE)
    twice = draws.some(closed & (room >= 30) & (plan.kind < Kind.BROKEN), 0.03)
    back = draws.some(~closed & ~plan.is_anchor & (room >= 30) & (plan.kind == Kind.COUNTED), 0.02)
    third, half = first + room // 3, first + room // 2
    once = draws.between(closed & ~twice, first, last)
    steps = [
        _Step(*once, CLOSED, is_first=True),
        _Step(*draws.between(twice, first, third), CLOSED, is_first=True),
        _Step(*draws.between(twice, third + 1, 2 * half - third), OPEN),
        _Step(*draws.between(twice, 2 * half - third + 1, last), CLOSED),
        _Step(*draws.between(back, first, half), CLOSED, is_first=True),
        _Step(*draws.between(back, half + 1, last), OPEN),
    ]
    last[once[0]] = np.maximum(once[1] - 1, first[once[0]])
    late_first = np.maximum(first, shape.reference + 1)
    late_last = np.where(closed, late_first - 1, shape.store_end).astype(np.int32)
    return steps, Windows(first, last, late_first, late_last)


def _marked_duplicate(shape: Shape, plan: Plan, first: Days, windows: Windows, draws: Draws) -> tuple[Children, Days]:
    """Records marked as duplicates: those planned so before the reference day, a few counted ones after it."""
    planned = draws.between(plan.kind == Kind.DUPLICATE, first, np.full(len(plan), shape.reference, np.int32))
    some = draws.some(plan.kind == Kind.COUNTED, 0.003)
    later = draws.between(some, windows.late_first, np.full(len(plan), shape.store_end, np.int32))
    return np.concatenate([planned[0], later[0]]), np.concatenate([planned[1], later[1]])


def _late_steps(shape: Shape, plan: Plan, windows: Windows, marked: Children, draws: Draws) -> list[_Step]:
    free = np.ones(len(plan), bool)
    free[marked] = False
    closed = windows.late_last < windows.late_first
    leaving = draws.between(draws.some(free & ~closed, 0.07), windows.late_first, windows.late_last)
    end = np.full(len(plan), shape.store_end, np.int32)
    returning = draws.between(draws.some(free & closed, 0.015), windows.late_first, end)
    windows.late_last[leaving[0]] = leaving[1] - 1
    windows.late_first[returning[0]] = returning[1] + 1
    windows.late_last[returning[0]] = shape.store_end
    return [_Step(*leaving, CLOSED, is_first=True), _Step(*returning, OPEN)]


def _split(step: _Step, closed_before: Mask) -> tuple[_Step, _Step]:
    """The step apart for children whose case was closed before: they have their closure date already."""
    again = closed_before[step.child]
    return _Step(step.child[~again], step.day[~again], step.status, step.is_first), _Step(
        step.child[again], step.day[again], step.status
    )


def _changes(shape: Shape, plan: Plan, step: _Step, draws: Draws) -> tuple[Changes, Changes, Changes]:
    """The status, closure date and closure reason that one step writes, all in one entry."""
    at = draws.moments(step.day, _CLOSING if step.status == CLOSED else _REOPENING)
    status = Changes(step.child, at, np.full(len(at), step.status, np.int32))
    none = Changes(step.child[:0], at[:0], step.child[:0])
    if step.status == OPEN:
        return status, none, none
    reason = Changes(step.child, at, _reasons(shape, plan, step, draws))
    if not step.is_first:
        return status, none, reason
    return status, Changes(step.child, at, _closure_dates(shape, plan, step, draws)), reason


def _closure_dates(shape: Shape, plan: Plan, step: _Step, draws: Draws) -> Days:
    """Mostly the day of entry; some closings are entered weeks after they happened, oftener after the new year."""
    size = len(step.day)
    late = draws.rng.random(size) < np.where(step.day > shape.reference, 0.4, 0.15)
    day = step.day - np.where(late, draws.rng.integers(1, 46, size), 0)
    return spoil_closure_dates(plan, shape.launch, step.child, np.maximum(day, plan.registered[step.child]))


def _reasons(shape: Shape, plan: Plan, step: _Step, draws: Draws) -> np.ndarray:
    reason = shape.draw(draws.rng, "closure_reason", len(step.day))
    grown_up: Mask = completed_years(plan.birth[step.child], step.day) >= 18
    return np.where(grown_up, shape.code("closure_reason", shape.keys.aged_out), reason).astype(np.int32)
