"""Quarters: the periods that are published, from the one in which the deployment was launched."""

from datetime import date

import dagster as dg

from case_store.profile import load_profile
from pipelines.run.reference_time import quarter_of
from pipelines.run.settings import Settings

YEARS = 14  # calendar years, the launch's included


def quarters_since(launch_date: date) -> list[str]:
    """The quarters from the launch's to the last of its fourteenth calendar year, such as '2023-Q4', in order."""
    first = quarter_of(launch_date)
    years = range(launch_date.year, launch_date.year + YEARS)
    return [name for name in (f"{year}-Q{number}" for year in years for number in range(1, 5)) if name >= first]


quarters = dg.StaticPartitionsDefinition(quarters_since(load_profile(Settings.from_environment().profile).launch_date))
