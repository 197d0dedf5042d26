"""The attacks that were tried, as the internal report tells them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attack:
    """One attack that was tried.

    gate: whether a success stops the release (else it is reported only). exact, narrow: small counts that it finds
    exactly, or closer than the rule allows. words: what the attacker knows.
    """

    name: str
    gate: bool
    exact: int
    narrow: int
    words: str = ""

    @property
    def result(self) -> str:
        """What came of it, in words."""
        if not self.exact and not self.narrow:
            return "held"
        return "fails the gate" if self.gate else "succeeds, reported"


def attacks_of(audit: Mapping[str, Any]) -> list[Attack]:
    """The attacks of an audit's figures: the public first, then its protected quantities, then every other attacker.

    audit: exact_integer, narrow_integer, shown_small, narrow_quantities, and `attacks`, each with name, gate, failing
    (how many targets are not proven open), note. What is not proven open is told as too narrow.
    """
    small = int(audit["shown_small"])
    exact, narrow = int(audit["exact_integer"]) + small, int(audit["narrow_integer"]) + small
    public = Attack("the public", True, exact, narrow, "all that is published")
    quantities = Attack("the public, other quantities", True, 0, int(audit.get("narrow_quantities", 0)), public.words)
    others = [
        Attack(str(one["name"]), bool(one["gate"]), 0, int(one["failing"]), str(one.get("note", "")))
        for one in audit.get("attacks", ())
    ]
    return [public, quantities, *others]
