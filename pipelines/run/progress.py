"""How far a run is: stages report here, and whoever started the run decides how it is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Report = Callable[[str, int, int], None]  # what is done, how much of it, out of how much


def _silent(what: str, done: int, total: int) -> None:
    return None


_report: ContextVar[Report] = ContextVar("report", default=_silent)


def report(what: str, done: int = 0, total: int = 1) -> None:
    """Tells that `done` of `total` of `what` is done; counts only, never a record's content."""
    _report.get()(what, done, total)


def say(sentence: str) -> None:
    """Tells a sentence at once, which is no stage."""
    _report.get()(sentence, 0, 0)


@contextmanager
def shown_by(show: Report) -> Iterator[None]:
    """Sends the reports of this block to `show`."""
    token = _report.set(show)
    try:
        yield
    finally:
        _report.reset(token)
