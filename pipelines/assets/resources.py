"""What every asset of a run shares: settings, the two times, and the lock that covers the whole run."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import Field

from anonymization.policy import Policy
from case_store.profile import load_profile
from pipelines.errors import RunError
from pipelines.gates.configuration_check import refuse_mistakes
from pipelines.run.policy_in_force import policy_of
from pipelines.run.reference_time import ReferenceTime, day, last_day_of, quarter_of
from pipelines.run.run_lock import only_run
from pipelines.run.settings import Settings
from pipelines.snapshot.accepted_runs import Acceptance
from pipelines.snapshot.night import check_acceptances


class CaselightRun(dg.ConfigurableResource):
    """The times of a run. Both empty: the last day of the partition's quarter. One data folder, one run at a time.

    `accept`: rules of the night that need not hold this once, as `accepted_by` says, `because`.
    """

    as_of: str = ""
    known_at: str = ""
    accept: list[str] = Field(default_factory=list)
    accepted_by: str = ""
    because: str = ""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["CaselightRun", None, None]:
        """Holds the lock from the first asset to the last. Raises RunError that names the run that holds it."""
        refuse_mistakes(self.settings)
        self.settings.make_data_folder()
        with only_run(self.settings.lock_file, f"as_of {self.as_of or 'the end of a quarter'}"):
            yield self

    @property
    def accepted(self) -> tuple[Acceptance, ...]:
        """What was accepted. Raises RunError for an unknown rule, or without a name and a reason."""
        return check_acceptances(self.accept, self.accepted_by, self.because)

    @property
    def settings(self) -> Settings:
        return Settings.from_environment()

    @property
    def policy(self) -> Policy:
        """The policy in force."""
        return policy_of(load_profile(self.settings.profile))

    def time(self, quarter: str) -> ReferenceTime:
        """The reference time for a partition. Raises RunError when as_of lies outside the quarter."""
        as_of = day(self.as_of) if self.as_of else last_day_of(quarter)
        if quarter_of(as_of) != quarter:
            raise RunError(f"as_of {as_of} is not in {quarter}; choose the partition {quarter_of(as_of)}")
        known_at = day(self.known_at) if self.known_at else as_of
        return ReferenceTime(as_of, known_at, load_profile(self.settings.profile).time_zone)

    def snapshot(self, quarter: str) -> Path:
        """The folder of this run's snapshot."""
        return self.settings.snapshots / self.time(quarter).folder
