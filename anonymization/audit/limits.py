"""How long an audit may go on, and who is told how far it is. No limit ever makes anything safe."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def _never() -> bool:
    return False


def _silent(what: str, done: int, total: int) -> None:
    return None


@dataclass(frozen=True)
class Limits:
    """out_of_time: an emergency stop, asked between two programs. effort: simplex iterations that the public's attack
    may spend on whole-number programs after its quick searches. report: told what is done, how much, out of how much.
    """

    out_of_time: Callable[[], bool] = _never
    effort: float = np.inf
    report: Callable[[str, int, int], None] = _silent


NO_LIMITS = Limits()
