"""Days and moments as integers: days since 1970-01-01 in local time, seconds since 1970-01-01 in UTC."""

import datetime as dt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Days: TypeAlias = npt.NDArray[np.int32]
Moments: TypeAlias = npt.NDArray[np.int64]
SECONDS_A_DAY = 86_400


def day_number(date: dt.date) -> int:
    """The local day as a number."""
    return (date - dt.date(1970, 1, 1)).days


def to_utc(local_seconds: Moments, zone: str) -> Moments:
    """Local wall-clock seconds to UTC seconds; an hour that occurs twice is taken the first time."""
    wall = pa.array(local_seconds, pa.int64()).cast(pa.timestamp("s"))
    moments = pc.assume_timezone(wall, zone, ambiguous="earliest", nonexistent="latest")
    return moments.cast(pa.int64()).to_numpy()


def local_days(moments: Moments, zone: str) -> Days:
    """The local day on which each moment falls: 2023-12-31T22:30Z is 1 January two hours east of Greenwich."""
    wall = pc.local_timestamp(pa.array(moments, pa.int64()).cast(pa.timestamp("s", tz=zone)))
    return (wall.cast(pa.int64()).to_numpy() // SECONDS_A_DAY).astype(np.int32)


def end_of_day(day: int, zone: str) -> int:
    """24:00 of a local day, in UTC seconds; what happens at that very second belongs to the next day."""
    return int(to_utc(np.array([(day + 1) * SECONDS_A_DAY]), zone)[0])


def completed_years(birth: Days, on: Days) -> npt.NDArray[np.int16]:
    """Age in completed years; born on 29 February, one is older from 1 March in common years."""
    birth_year, birth_rest = _year_and_rest(birth)
    year, rest = _year_and_rest(on)
    return (year - birth_year - (rest < birth_rest)).astype(np.int16)


def _year_and_rest(days: Days) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    dates = np.asarray(days).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month_number = months.astype(np.int64)
    day_of_month = (dates - months).astype(np.int64)
    return 1970 + month_number // 12, (month_number % 12) * 32 + day_of_month
