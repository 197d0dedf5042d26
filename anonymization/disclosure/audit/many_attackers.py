"""The attacks of those who know more than the public, many attackers at a time.

A whole table of the public's system that leaves an attacker's known counts as they are is a table of the attacker's,
too. So tables are shared: attackers are tried in groups with all that they know fixed at once, and a group is halved
until what it leaves open belongs to one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from anonymization.disclosure.audit.attackers import Attacker
from anonymization.disclosure.audit.limits import Limits
from anonymization.disclosure.audit.pool import targets_of
from anonymization.disclosure.audit.report import AttackResult
from anonymization.disclosure.audit.system import System
from anonymization.disclosure.audit.width_search import SEED, Search
from anonymization.disclosure.tables.demands import Demand
from anonymization.disclosure.tables.shown import Shown

TOGETHER = 256  # attackers at a time
ROUNDS = 40  # groups tried before the attackers are taken one by one
ENOUGH = 0.95  # the share of open pairs of attacker and primary that may remain, for a round to be worth another one


class Attacks:
    """What some attackers can do to some primaries.

    cells, width: the primaries (distinct cells) and what each must keep. truth: the true atoms. tables: whole tables of
    the public's system found so far; moved: how far each is from the truth, in every distinct cell.
    """

    def __init__(
        self,
        system: System,
        cells: np.ndarray,
        width: np.ndarray,
        truth: np.ndarray,
        tables: Sequence[np.ndarray],
        limits: Limits,
    ) -> None:
        self.system, self.cells, self.width, self._truth = system, cells, width, truth
        self._limits = limits.in_silence
        self._counts = np.asarray(system.model.cells @ truth)
        self.tables = list(tables)
        self.moved = [self._difference(table) for table in self.tables]
        self._states: list[_State] = []

    def carry_out(self, attackers: Sequence[Attacker]) -> tuple[list[AttackResult], list[Demand]]:
        """What each attacker finds, and what must be done about those that are gates."""
        results: list[AttackResult] = []
        demands: list[Demand] = []
        for start in range(0, len(attackers), TOGETHER):
            self._states = states = [self._state(attacker) for attacker in attackers[start : start + TOGETHER]]
            self._try_together([state for state in states if state.attacker.rows is None])
            for state in states:
                self._decide(state)
            results += [self._result(state) for state in states]
            demands += [demand for state in states if state.attacker.gate for demand in self._demands(state)]
        return results, demands

    def try_alone(self, attacker: Attacker, wanted: np.ndarray) -> np.ndarray:
        """Mask of the wanted primaries that this attacker leaves too little of, those that they know included."""
        state = self._state(attacker)
        state.own |= ~wanted
        self._states = [state]
        self._decide(state)
        return state.open | np.isin(self.cells, attacker.known)

    def _difference(self, table: np.ndarray) -> np.ndarray:
        """Of every cell, how far a table is from the truth."""
        return np.asarray(self.system.model.cells @ table - self._counts)

    def _state(self, attacker: Attacker) -> "_State":
        need = np.ones(len(self.cells), dtype=np.int64) if attacker.demand == "exact" else self.width
        state = _State(attacker, need, np.isin(self.cells, attacker.known), len(self.cells))
        for table, moved in zip(self.tables, self.moved, strict=True):
            self._show(state, table, moved)
        return state

    def _show(self, state: "_State", table: np.ndarray, moved: np.ndarray) -> None:
        if not moved[state.attacker.known].any() and _fits(state.attacker, table):
            state.note(moved[self.cells])

    def _try_together(self, states: list["_State"]) -> None:
        """Tables that leave what all of a group know as it is: of everybody, then of random halves, while that decides
        much.
        """
        draw = np.random.default_rng(SEED)
        group, before = states, np.inf
        for _ in range(ROUNDS):
            left = sum(int(state.open.sum()) for state in states)
            if len(states) < 2 or not left or left > ENOUGH * before or self._limits.out_of_time():
                return
            before = left if group is not states else np.inf
            self._gather(group)
            waiting = [state for state in states if state.open.any()]
            group = [waiting[place] for place in draw.permutation(len(waiting))[: (len(waiting) + 1) // 2]]

    def _gather(self, group: list["_State"]) -> None:
        search = self._search(group)
        if search is not None:
            search.gather()
            self._take(search)

    def _search(self, group: list["_State"]) -> Search | None:
        system = self._system_of([state.attacker for state in group])
        known = np.unique(np.concatenate([state.attacker.known for state in group]))
        wanted = np.any([state.open for state in group], axis=0) & ~np.isin(self.cells, known)
        if not wanted.any():
            return None
        need = np.max([state.need for state in group], axis=0)
        cells = self.cells[wanted]
        ends = Shown(system.lower[cells], system.upper[cells])
        targets = targets_of(system.model.cells[cells], need[wanted], ends)
        return Search(system, targets, [self._truth], self._limits)

    def _system_of(self, attackers: list[Attacker]) -> System:
        known = np.unique(np.concatenate([attacker.known for attacker in attackers]))
        system = self.system.tightened(known, self._counts[known], self._counts[known])
        for attacker in attackers:
            system = system.with_rows(attacker.rows) if attacker.rows is not None else system
        return system

    def _take(self, search: Search) -> None:
        for table in search.pool.tables[1:]:
            self.tables.append(table)
            self.moved.append(self._difference(table))
            for state in self._states:
                self._show(state, table, self.moved[-1])

    def _decide(self, state: "_State") -> None:
        """The last word on one attacker: every target that stays open is proven so, or undecided."""
        if self._limits.out_of_time():
            state.undecided = int(state.open.sum())
            return
        search = self._search([state]) if state.open.any() else None
        if search is None:
            return
        search.decide_in_fractions()
        search.decide_in_whole_numbers()
        self._take(search)
        state.undecided = int(search.undecided.sum())

    def _result(self, state: "_State") -> AttackResult:
        failing = tuple(int(cell) for cell in self.cells[state.open])
        attacker = state.attacker
        return AttackResult(
            attacker.name, attacker.kind, attacker.gate, int((~state.own).sum()), failing, state.undecided
        )

    def _demands(self, state: "_State") -> list[Demand]:
        places = np.flatnonzero(state.open)
        return [Demand(int(self.cells[p]), int(state.need[p]), state.attacker.known) for p in places]


def _fits(attacker: Attacker, table: np.ndarray) -> bool:
    return attacker.rows is None or not attacker.rows.broken_by(table)


@dataclass(eq=False)
class _State:
    """What is known about one attacker's success: how far tables of theirs lie from the truth in each target."""

    attacker: Attacker
    need: np.ndarray
    own: np.ndarray
    targets: int
    undecided: int = 0

    def __post_init__(self) -> None:
        self.least, self.most = np.zeros(self.targets, dtype=np.int64), np.zeros(self.targets, dtype=np.int64)

    @property
    def open(self) -> np.ndarray:
        """Mask of the targets that are not proven to stay open enough."""
        return ~self.own & (self.most - self.least < self.need)

    def note(self, moved: np.ndarray) -> None:
        self.least, self.most = np.minimum(self.least, moved), np.maximum(self.most, moved)
