"""What an audit found. Internal: it tells primary from complementary cells."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from anonymization.disclosure.audit.derivation import Derivation
from anonymization.disclosure.audit.homogeneity import GroupDisclosure
from anonymization.disclosure.audit.pool import WitnessPool
from anonymization.disclosure.tables.demands import Demand

Verdict = Literal["safe", "unsafe"]
Reason = Literal["shown", "exact", "narrow", "undecided"]


@dataclass(frozen=True)
class CountFinding:
    """A protected count that is not proven wide.

    cell: its distinct cell; None for a quantity that stands in no table. quantity: its place among the protected
    quantities that were tried; None for a cell. place: in words, without a count.
    lower, upper: the outer interval (infinite: no end). whole_lower, whole_upper: ends in whole numbers, None when not
    proven.
    values: how many whole values are attainable, None when that was not counted.
    gate: whether it makes the release unsafe. reason: `shown` (a small count that is not hidden), `exact`, `narrow` or
    `undecided`.
    derivation: the published rows that pin it, in words, when they were looked for. derivations: the proofs of its
    ends.
    """

    cell: int | None
    place: str
    reason: Reason
    lower: float
    upper: float
    whole_lower: int | None = None
    whole_upper: int | None = None
    values: int | None = None
    derivation: tuple[str, ...] = ()
    gate: bool = True
    quantity: int | None = None
    derivations: tuple[Derivation, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class AttackResult:
    """One attacker: how many targets were tried and which were not proven open.

    gate: a failure makes the release unsafe. failing: distinct cells. undecided: how many of them only for want of
    budget. untried: further targets that were left out because trying them takes too much; late: those of them for want
    of time alone.
    """

    name: str
    kind: str
    gate: bool
    tried: int
    failing: tuple[int, ...]
    undecided: int = 0
    note: str = ""
    untried: int = 0
    late: int = 0


@dataclass(frozen=True, eq=False)
class AuditReport:
    """Counts are of distinct cells: a cell that stands in several tables counts once.

    width: the smallest that any primary asks for. exact, narrow: primaries whose outer (linear) interval is narrower
    than 1, than their width. exact_integer, narrow_integer: primaries with one whole value left; without two whole
    tables that differ by their width. undecided: those of the latter that the budget left open, so not safe.
    shown_small: small counts that are not hidden. quantities, narrow_quantities: protected quantities that are small or
    not known to be large, and those of them that are gates without two such tables. untried_quantities: further ones
    that could be small and were left out because there are too many.
    groups: groups whose children are all known to be in one category; groups_gate: they make the release unsafe.
    smallest_width: of the primaries' outer intervals where it was measured, else of the proven ones.
    demands: what the suppressor must still do for the attackers that are gates.
    pool: the whole tables that prove it, for certificates and for the next audit. must_be_wide: mask of its targets
    that are a gate, and not known to be large.
    """

    cells: int
    primary: int
    hidden: int
    width: int
    shown_small: int
    exact: int
    narrow: int
    exact_integer: int
    narrow_integer: int
    undecided: int
    quantities: int
    narrow_quantities: int
    untried_quantities: int
    smallest_width: float | None
    linear_solves: int
    whole_solves: int
    attacks: tuple[AttackResult, ...] = ()
    findings: tuple[CountFinding, ...] = ()
    demands: tuple[Demand, ...] = ()
    groups: tuple[GroupDisclosure, ...] = ()
    groups_gate: bool = False
    pool: WitnessPool | None = field(default=None, repr=False)
    must_be_wide: np.ndarray | None = field(default=None, repr=False)

    @property
    def verdict(self) -> Verdict:
        """Safe only when whole tables prove every primary and every gate holds."""
        open_gates = any(attack.failing for attack in self.attacks if attack.gate)
        open_gates = open_gates or (self.groups_gate and bool(self.groups))
        failed = self.shown_small or self.narrow_integer or self.narrow_quantities or open_gates
        return "unsafe" if failed else "safe"

    @property
    def secondary(self) -> int:
        """Hidden cells that are not primary."""
        return self.hidden - self.primary

    @property
    def shown_share(self) -> float:
        """Share of the distinct cells that are shown."""
        return 1 - self.hidden / self.cells

    @property
    def witnesses(self) -> list[np.ndarray]:
        """The whole tables of the pool."""
        return self.pool.tables if self.pool else []

    def figures(self) -> dict[str, Any]:
        """What a JSON report says: every number, every attack and every finding, no witness."""
        left_out = {"attacks", "findings", "demands", "pool", "must_be_wide", "groups", "groups_gate"}
        numbers = {name: value for name, value in vars(self).items() if name not in left_out}
        attacks = [vars(attack) | {"failing": len(attack.failing)} for attack in self.attacks]
        return {
            "verdict": self.verdict,
            **numbers,
            "secondary": self.secondary,
            "attacks": attacks,
            "findings": [_finding_in_json(finding) for finding in self.findings],
            "groups": [vars(group) for group in self.groups],
        }


def _finding_in_json(finding: CountFinding) -> dict[str, Any]:
    ends = {"lower": finding.lower, "upper": finding.upper}
    plain = {name: value for name, value in vars(finding).items() if name != "derivations"}
    return plain | {name: end if np.isfinite(end) else None for name, end in ends.items()}
