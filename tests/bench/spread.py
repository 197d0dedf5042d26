"""One figure out of several: the median, and how far they lie apart."""

import statistics
from collections.abc import Sequence
from typing import Any


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, least and greatest, rounded to what can be told apart."""
    return {"median": round(median(values), 2), "least": round(min(values), 2), "most": round(max(values), 2)}
