"""When runs start by themselves: every night for the dashboards, after every quarter for the publication."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from case_store.profile import load_profile
from pipelines.run.reference_time import last_day_of, quarter_of
from pipelines.run.settings import Settings
from pipelines.snapshot.accepted_runs import Acceptance

ZONE = load_profile(Settings.from_environment().profile).time_zone

build_quarter = dg.define_asset_job(
    "build_quarter",
    selection=dg.AssetSelection.all(),
    executor_def=dg.in_process_executor,
    description="Case store to draft publication and dashboards, for one quarter or a day within it.",
)


def run_config(as_of: date, known_at: date, accepted: tuple[Acceptance, ...] = ()) -> dict[str, object]:
    """The run's two times and what was accepted by one person, as the resource `run` takes them."""
    config: dict[str, object] = {"as_of": str(as_of), "known_at": str(known_at)}
    if accepted:
        config |= {"accept": [a.rule for a in accepted], "accepted_by": accepted[0].by, "because": accepted[0].because}
    return {"resources": {"run": {"config": config}}}


def _today(context: dg.ScheduleEvaluationContext) -> date:
    return context.scheduled_execution_time.astimezone(ZoneInfo(ZONE)).date()


@dg.schedule(job=build_quarter, cron_schedule="0 3 * * *", execution_timezone=ZONE)
def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Yesterday as it was known yesterday: what coordinators see in the morning."""
    yesterday = _today(context) - timedelta(days=1)
    return dg.RunRequest(partition_key=quarter_of(yesterday), run_config=run_config(yesterday, yesterday))


@dg.schedule(job=build_quarter, cron_schedule="0 1 15 1,4,7,10 *", execution_timezone=ZONE)
def every_quarter(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The quarter that ended, with what was received in the fortnight after it: a draft for the statisticians.

    It runs before `every_night`, which then leads the dashboards' readers back to yesterday.
    """
    today = _today(context)
    quarter = quarter_of(today - timedelta(days=31))
    config = run_config(last_day_of(quarter), today - timedelta(days=1))
    return dg.RunRequest(partition_key=quarter, run_config=config)
