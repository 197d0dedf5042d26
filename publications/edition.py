"""What an edition is: a quarter, the day it describes, the day up to which records had been received, its rendering."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from publications.errors import PublicationError

METADATA_FILE = "metadata.json"  # the file of a publication that says of which edition it is
QUARTER = re.compile(r"(\d{4})-Q([1-4])", re.ASCII)
NAME = re.compile(r"(v[1-9]\d*)(?:-r([2-9]|[1-9]\d+))?", re.ASCII)


def check_name(pattern: re.Pattern[str], name: str, example: str) -> None:
    """Raises PublicationError when a name does not look like the example."""
    if not pattern.fullmatch(name):
        raise PublicationError(f"{name!r} is not valid here; use the form {example}.")


@dataclass(frozen=True)
class Edition:
    """One publication's times, and which rendering of which vintage it is, such as v1 or v1-r2.

    Raises PublicationError when the times cannot belong together, and for a name that is none.
    """

    quarter: str
    as_of: date
    known_at: date
    name: str = "v1"

    def __post_init__(self) -> None:
        check_name(NAME, self.name, "v1 or v1-r2")
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
    def vintage(self) -> str:
        """The vintage of the figures, such as v1."""
        return self.name.partition("-")[0]

    @property
    def rendering(self) -> int:
        """The number of this rendering among those of the vintage, from 1."""
        return int(self.name.partition("-r")[2] or 1)

    @property
    def _parts(self) -> tuple[int, int]:
        return int(self.quarter[:4]), int(self.quarter[-1])
