"""What an edition is: a quarter, the day it describes, and the day up to which records had been received."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from publications.errors import PublicationError

QUARTER = re.compile(r"(\d{4})-Q([1-4])")


@dataclass(frozen=True)
class Edition:
    """One publication's times. Raises PublicationError when they cannot belong together."""

    quarter: str
    as_of: date
    known_at: date

    def __post_init__(self) -> None:
        if not QUARTER.fullmatch(self.quarter):
            raise PublicationError(f"{self.quarter!r} is not a quarter; write it as 2023-Q4.")
        if self.as_of != self.last_day:
            raise PublicationError(
                f"{self.quarter} ends on {self.last_day}, not on {self.as_of}; run the line for that day."
            )
        if self.known_at < self.as_of:
            raise PublicationError(
                f"Records known at {self.known_at} cannot describe {self.as_of}; give a later known_at."
            )

    @property
    def first_day(self) -> date:
        """The first day of the quarter."""
        year, number = self._parts
        return date(year, 3 * number - 2, 1)

    @property
    def last_day(self) -> date:
        """The last day of the quarter."""
        year, number = self._parts
        return date(year, 3 * number, calendar.monthrange(year, 3 * number)[1])

    @property
    def _parts(self) -> tuple[int, int]:
        return int(self.quarter[:4]), int(self.quarter[-1])
