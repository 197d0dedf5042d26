"""How long a search may go on: in iterations and moves, so that the same input gives the same pattern everywhere."""

from collections.abc import Callable
from dataclasses import dataclass

from anonymization.errors import DisclosureError


def _never() -> bool:
    return False


def _silent(what: str, done: int, total: int) -> None:
    return None


class OutOfTimeError(DisclosureError):
    """The time limit came before there was a safe pattern."""


@dataclass(frozen=True)
class Effort:
    """How many simplex iterations may be spent on each connected part: on a cheaper pattern, on a bound.

    They are iterations of a program of 1,000 classes of cells; a larger one, whose iterations take longer, gets fewer.
    proof: in each search of an audit, on whole numbers; cells that are then not proven open get more hidden around
    them. Without an end where groups are gates, for hiding cannot mend those.
    repeat: in all protections that are repeated to see what a pattern gives away.
    """

    search: int = 150_000
    bound: int = 80_000
    proof: int = 500_000
    repeat: int = 20_000


def iterations_of(effort: int, classes: int) -> int:
    """How many iterations an effort is for a program of so many classes.

    >>> iterations_of(50_000, 2_500)
    20000
    """
    return effort * 1_000 // max(classes, 1)


@dataclass
class Budget:
    """The emergency stop, and who is told how far it is.

    out_of_time: by the clock of who started it. enough: from then on no pattern is made cheaper, so that the rest
    of the time goes to its proof. was_late, was_cut: the one or the other was met; the result depends on the machine.
    """

    out_of_time: Callable[[], bool] = _never
    report: Callable[[str, int, int], None] = _silent
    enough: Callable[[], bool] = _never
    was_late: bool = False
    was_cut: bool = False

    def is_over(self) -> bool:
        """Whether to keep what there is."""
        self.was_late = self.was_late or self.out_of_time()
        return self.was_late

    def has_enough(self) -> bool:
        """Whether to leave the pattern as it is, since the time that is left is for its proof."""
        self.was_cut = self.was_cut or self.enough() or self.is_over()
        return self.was_cut

    @property
    def is_untouched(self) -> bool:
        """Whether no clock had a say so far."""
        return not (self.was_late or self.was_cut)

    def refuse_if_late(self) -> None:
        """Raises OutOfTimeError when time is out and there is no safe pattern yet."""
        if self.is_over():
            raise OutOfTimeError("The time limit came before a safe pattern: raise it, or publish coarser tables.")
