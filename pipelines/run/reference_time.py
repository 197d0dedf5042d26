"""The two times of a run, and what follows from them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pipelines.errors import RunError


@dataclass(frozen=True)
class ReferenceTime:
    """`as_of`: events dated up to this day. `known_at`: received by us up to the end of this day, in `time_zone`."""

    as_of: date
    known_at: date
    time_zone: str

    def __post_init__(self) -> None:
        if self.known_at < self.as_of:
            raise RunError(
                f"known_at {self.known_at} is before as_of {self.as_of}: nothing can be known before it happens"
            )

    @property
    def known_until(self) -> datetime:
        """The end of `known_at` in UTC; what was received from then on is not known yet."""
        end = datetime.combine(self.known_at + timedelta(days=1), time(), ZoneInfo(self.time_zone))
        return end.astimezone(UTC)

    @property
    def quarter(self) -> str:
        return quarter_of(self.as_of)

    @property
    def folder(self) -> str:
        return f"{self.as_of}/{self.known_at}"


def quarter_of(day: date) -> str:
    """2023-12-31 -> '2023-Q4'."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def last_day_of(quarter: str) -> date:
    """'2023-Q4' -> 2023-12-31. Raises RunError for anything else."""
    try:
        year, number = int(quarter[:4]), int(quarter[6:])
        if quarter != f"{year}-Q{number}" or number not in (1, 2, 3, 4):
            raise ValueError
    except ValueError:
        raise RunError(f"'{quarter}' is not a quarter such as 2023-Q4") from None
    first_of_next = date(year + (number == 4), number % 4 * 3 + 1, 1)
    return first_of_next - timedelta(days=1)


def day(text: str) -> date:
    """'2023-12-31' -> date. Raises RunError for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RunError(f"'{text}' is not a date such as 2023-12-31") from None
