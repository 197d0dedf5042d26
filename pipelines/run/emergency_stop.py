"""The emergency stop of a search by wall time: it makes a result depend on the machine, so reaching it is reported."""

from collections.abc import Callable
from time import monotonic


def stop_after(seconds: float | None) -> Callable[[], bool]:
    """Becomes true when so many seconds have passed; never, without any."""
    if seconds is None:
        return lambda: False
    end = monotonic() + seconds
    return lambda: monotonic() > end
