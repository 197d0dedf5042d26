"""The two times of a run, in the deployment's own time zone."""

from datetime import UTC, date, datetime

import pytest

from pipelines.errors import RunError
from pipelines.run.reference_time import ReferenceTime, day, last_day_of, quarter_of

ZONE = "Europe/Bucharest"


@pytest.mark.parametrize(
    ("known_at", "until"),
    [
        (date(2023, 12, 31), datetime(2023, 12, 31, 22, tzinfo=UTC)),
        (date(2023, 7, 1), datetime(2023, 7, 1, 21, tzinfo=UTC)),
        (date(2023, 10, 29), datetime(2023, 10, 29, 22, tzinfo=UTC)),  # the day the clocks went back
    ],
)
def test_a_day_ends_at_its_own_midnight(known_at, until):
    assert ReferenceTime(date(2023, 1, 1), known_at, ZONE).known_until == until


def test_nothing_is_known_before_it_happens():
    with pytest.raises(RunError, match="before as_of"):
        ReferenceTime(date(2023, 12, 31), date(2023, 12, 30), ZONE)


@pytest.mark.parametrize(("number", "last"), [(1, "03-31"), (2, "06-30"), (3, "09-30"), (4, "12-31")])
def test_a_quarter_ends_on_a_day_of_its_own(number, last):
    quarter = f"2024-Q{number}"
    assert last_day_of(quarter) == date.fromisoformat(f"2024-{last}")
    assert quarter_of(last_day_of(quarter)) == quarter


@pytest.mark.parametrize("wrong", ["2023", "2023-Q5", "2023Q4", "Q4-2023", ""])
def test_what_is_no_quarter_is_refused(wrong):
    with pytest.raises(RunError, match="not a quarter"):
        last_day_of(wrong)


def test_what_is_no_date_is_refused():
    with pytest.raises(RunError, match="not a date"):
        day("31.12.2023")
