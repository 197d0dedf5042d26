"""How long protection may take: what is expected, and the bound after which it ends."""

import re

from anonymization.disclosure.advice.estimate import Estimate
from pipelines.errors import RunError

SECONDS_OF = {"": 1, "s": 1, "m": 60, "h": 3600}
DURATION = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*([smh]?)")
AT_MOST = "30m"
MEASURED_SECONDS, MEASURED_SIZE, GROWTH = 89.0, 2.2e7, 0.43  # docs/disclosure-tool.md, How long it takes
LESS, MORE = 3, 4  # the measured times lie between a third of the estimate and four times as much


def seconds_in(text: str) -> float:
    """The seconds of a duration such as 90s, 10m or 2h. Raises RunError when it is none."""
    found = DURATION.fullmatch(text.strip().lower())
    if found is None or not float(found[1]):
        raise RunError(f"--at-most {text}: give a duration above zero, such as 90s, 10m or 2h.")
    return float(found[1]) * SECONDS_OF[found[2]]


def expected(size: Estimate, at_most: float) -> str:
    """In a sentence: how much there is to do, about how long that takes, and the bound (seconds)."""
    work = MEASURED_SECONDS * (size.cells * size.primary / MEASURED_SIZE) ** GROWTH
    return (
        f"Expected: {size.cells:,} cells, {size.primary:,} of them small, take {_said(work / LESS)} to "
        f"{_said(work * MORE)} of CPU time; the bound is {_said(at_most)} (--at-most)."
    )


def _said(seconds: float) -> str:
    return f"{max(seconds, 1):.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
