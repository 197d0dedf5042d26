"""The line from a case store to its marts, by the pipeline's own stages, without Dagster: for tests of the figures."""

from datetime import date
from pathlib import Path

from case_store.profile import load_profile
from pipelines.run.builds import start_build
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.settings import Settings
from pipelines.snapshot.take_snapshot import take_snapshot
from pipelines.warehouse.build_warehouse import build_warehouse


def settings_for(folder: Path, dsn: str, profile: str = "") -> Settings:
    """Settings of a run whose every file lies below `folder`, on the store at `dsn`."""
    return Settings(folder / "data", folder / "state", folder / "state" / "keys" / "pseudonym.key", dsn, profile)


def build_marts(folder: Path, dsn: str, as_of: date, known_at: date, profile: str = "") -> Path:
    """The folder of a build that holds the marts of the store at `dsn` for two times, of a profile or the first one."""
    settings = settings_for(folder, dsn, profile)
    settings.make_data_folder()
    snapshot = take_snapshot(settings, ReferenceTime(as_of, known_at, load_profile(profile).time_zone))
    start_build(settings.building)
    build_warehouse(settings, snapshot)
    return settings.building
