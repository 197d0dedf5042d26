"""How long an audit may go on, and who is told how far it is. No limit ever makes anything safe."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np


def _never() -> bool:
    return False


def _silent(what: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True)
class Limits:
    """out_of_time: an emergency stop, asked between two programs. effort: simplex iterations that each search, the
    public's or an attacker's, may spend on whole-number programs; short movements are not counted, and a program that
    has begun is ended. report: told what is done, how much, out of how much.
    """

    out_of_time: Callable[[], bool] = _never
    effort: float = np.inf
    report: Callable[[str, int, int], None] = _silent

    @property
    def in_silence(self) -> "Limits":
        """The same for a search within another one, whose progress would be counted apart."""
        return replace(self, report=_silent)


NO_LIMITS = Limits()
