"""One chunk seen from a day, knowing what another day knew: values held, events, ages, and which records count."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from case_store.synthetic.dirt import Broken, has_form
from case_store.synthetic.plan import Kind
from case_store.synthetic.record_histories import Histories
from case_store.synthetic.spells import CLOSED, MARKED_DUPLICATE, OPEN
from case_store.synthetic.times import Days, completed_years, end_of_day, local_days
from case_store.synthetic.tracks import Children, Mask, Track, Values

_DAY_BITS, _MOMENT_BITS = 20, 32


@dataclass(frozen=True)
class StatusEvents:
    """One row an opening or closing that counts, by child, day and moment."""

    child: Children
    day: Days
    status: Values


@dataclass(frozen=True)
class View:
    """A chunk as of a local day, knowing what was received by the end of another."""

    histories: Histories
    zone: str
    as_of: int
    known_at: int
    launch: int

    @cached_property
    def cut(self) -> int:
        """The end of the day of knowledge."""
        return end_of_day(self.known_at, self.zone)

    def held(self, column: str, child: Children, day: Days) -> Values:
        """What each child's column held at the end of each day; before its first change, the first value."""
        track = self.histories.tracks[column]
        known = track.is_initial | (track.at < self.cut)
        day_of_row = np.where(track.is_initial, 0, local_days(track.at, self.zone)).astype(np.int64)
        keys = (track.child[known].astype(np.int64) << _DAY_BITS) + day_of_row[known]
        wanted = (child.astype(np.int64) << _DAY_BITS) + day
        return track.value[known][np.searchsorted(keys, wanted, side="right") - 1]

    def on_the_day(self, column: str) -> Values:
        """What every child's column held at the end of as_of."""
        return self.held(column, self.everyone, np.full(len(self.everyone), self.as_of, np.int32))

    def at_registration(self, column: str) -> Values:
        """What every child's column held at the end of the day of registration."""
        return self.held(column, self.everyone, self.histories.plan.registered)

    def known(self, column: str) -> Values:
        """The newest value received."""
        return self.held(column, self.everyone, np.full(len(self.everyone), (1 << _DAY_BITS) - 1))

    @cached_property
    def everyone(self) -> Children:
        """All children of the chunk."""
        return np.arange(len(self.histories.plan), dtype=np.int32)

    @cached_property
    def is_received(self) -> Mask:
        """Whether the record itself had been received."""
        return self.histories.posted_at < self.cut

    @cached_property
    def reason(self) -> npt.NDArray[np.str_]:
        """Why each received record is not loaded; '' for the loaded ones."""
        tests = {**self._quarantined(), **self._excluded()}
        return np.select(list(tests.values()), list(tests), default="")

    @cached_property
    def is_loaded(self) -> Mask:
        """Received, and neither quarantined nor excluded."""
        return self.is_received & (self.reason == "")

    def _quarantined(self) -> dict[str, Mask]:
        plan, birth, closure = self.histories.plan, self.known("birth_date"), self.known("closure_date")
        latest = np.maximum(plan.registered, closure)
        return {
            "MISSING": has_form(plan, Kind.BROKEN, Broken.NO_REGISTRATION_DATE),
            "BROKEN_TYPE": plan.kind == Kind.BROKEN,
            "FUTURE_DATE": latest > self.known_at,
            "BEFORE_LAUNCH": plan.registered < self.launch,
            "BEFORE_BIRTH": (closure >= 0) & (closure < np.minimum(birth, self.launch)),
        }

    def _excluded(self) -> dict[str, Mask]:
        plan = self.histories.plan
        return {
            "OTHER_MODULE": plan.kind == Kind.OTHER_MODULE,
            "DISABLED": self.known("is_enabled") == 0,
            "DUPLICATE": self.known("status") == MARKED_DUPLICATE,
            "AFTER_AS_OF": plan.registered > self.as_of,
            "NOT_A_CHILD": self.ages(self.everyone, plan.registered) >= 18,
        }

    def ages(self, child: Children, day: Days) -> npt.NDArray[np.int16]:
        """Completed years on each day: from the birth date, else the age as entered and the years since; -1 unknown."""
        birth = self.known("birth_date")[child]
        entered = self.histories.age_as_entered[child]
        since = completed_years(self.histories.plan.registered[child], day)
        by_entry = np.where(entered >= 0, entered + since, -1)
        return np.where(birth >= 0, completed_years(np.maximum(birth, 0), day), by_entry).astype(np.int16)

    @cached_property
    def status_events(self) -> StatusEvents:
        """Openings, closings and reopenings up to as_of, of every child; the registration is the first opening."""
        status, closure = self.histories.tracks["status"], self.histories.tracks["closure_date"]
        changed = ~status.is_initial & (status.at < self.cut) & np.isin(status.value, [OPEN, CLOSED])
        child = np.concatenate([self.everyone, status.child[changed]])
        at = np.concatenate([self.histories.created_at, status.at[changed]])
        day = np.concatenate([self.histories.plan.registered, self._status_days(status, closure)[changed]])
        value = np.concatenate([np.full(len(self.everyone), OPEN), status.value[changed]])
        order = np.lexsort((at, day, child))
        order = order[day[order] <= self.as_of]
        return StatusEvents(child[order].astype(np.int32), day[order].astype(np.int32), value[order].astype(np.int32))

    def _status_days(self, status: Track, closure: Track) -> Days:
        """The closure date that the same entry wrote, else the day of the entry."""
        days = local_days(status.at, self.zone)
        wrote, wanted = _entries(closure), _entries(status)
        place = np.minimum(np.searchsorted(wrote, wanted), len(wrote) - 1)
        is_own = (wrote[place] == wanted) & (closure.value[place] >= 0) & (status.value == CLOSED)
        return np.where(is_own, closure.value[place], days).astype(np.int32)

    @cached_property
    def is_closed(self) -> Mask:
        """Whether the last event up to as_of is a closing."""
        events = self.status_events
        last = np.zeros(len(self.everyone), np.int32)
        last[events.child] = events.status  # rows are in order, so the last one stays
        return last == CLOSED


def _entries(track: Track) -> npt.NDArray[np.int64]:
    """Child and moment in one number, rising: what two tracks have in common was written by one entry."""
    return (track.child.astype(np.int64) << _MOMENT_BITS) + track.at
