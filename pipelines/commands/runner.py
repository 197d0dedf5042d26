"""Runs the Dagster job in this process and says in sentences what happened."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dagster import DagsterInstance, ExecuteInProcessResult
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._utils.error import SerializableErrorInfo

from pipelines.assets.partitions import quarters
from pipelines.assets.schedules import run_config
from pipelines.errors import RunError
from pipelines.gates.check_tables import BY_FIELD
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.run_lock import only_run
from pipelines.run.sealing import OUR_REFUSALS, sealed
from pipelines.run.settings import CHECKOUT, Settings
from pipelines.snapshot.accepted_runs import Acceptance

JOB = "build_quarter"
UNTOLD = "the run stopped and did not say why; run the same quarter in 'dagster dev' to see at which step"
OUR_ROOMS = {refusal.__module__.split(".")[0] for refusal in OUR_REFUSALS}


@dataclass(frozen=True)
class Warned:
    """A rule that failed without blocking, in its own sentence, with its counts; `by_field`: finding -> records."""

    rule: str
    sentence: str
    failing: int
    total: int
    by_field: Mapping[str, int]


@sealed("the run")
def run_job(settings: Settings, time: ReferenceTime, accepted: tuple[Acceptance, ...] = ()) -> list[Warned]:
    """Builds everything for `time`, through both gates, in this process; gives the warnings.

    Raises RunError with the sentence of the stage that stopped the run, and of every rule that closed a gate.
    """
    settings.make_data_folder()
    from pipelines.definitions import defs

    _refuse_unknown_quarter(time)
    config = {
        **run_config(time.as_of, time.known_at, accepted),
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    with settings.in_environment(), DagsterInstance.ephemeral() as instance:
        try:
            result = defs.resolve_job_def(JOB).execute_in_process(
                run_config=config, partition_key=time.quarter, instance=instance, raise_on_error=False
            )
        finally:
            clear_away(settings)
        told = [] if result.success else list(dict.fromkeys([*_closed_rules(result), *_sentences(result)])) or [UNTOLD]
        try:
            show_in_dagster(settings, result)
        finally:
            if told:
                raise RunError("\n".join(told))
        return list(_warnings(result))


def clear_away(settings: Settings) -> None:
    """Removes what a failed run left half-made, unless another run has begun since."""
    with suppress(RunError), only_run(settings.lock_file, "clearing away"):
        shutil.rmtree(settings.building, ignore_errors=True)


def _refuse_unknown_quarter(time: ReferenceTime) -> None:
    known = quarters.get_partition_keys()
    if time.quarter not in known:
        raise RunError(f"as_of {time.as_of} lies outside {known[0]} to {known[-1]}; choose a day of these quarters")


def show_in_dagster(settings: Settings, result: ExecuteInProcessResult) -> None:
    """Tells the kept Dagster instance which checks have changed their verdict, so that `dagster dev` shows them.

    The run itself is held in memory: writing its 450 events one by one costs as much as building the warehouse.
    """
    verdicts = {evaluation.asset_check_key: evaluation for evaluation in result.get_asset_check_evaluations()}
    with open_instance(settings) as kept:
        latest = kept.event_log_storage.get_latest_asset_check_execution_by_key(list(verdicts))
        for key, evaluation in verdicts.items():
            shown = latest.get(key)
            was_passing = shown is None or shown.status == AssetCheckExecutionRecordStatus.SUCCEEDED
            if evaluation.passed != was_passing:
                kept.report_runless_asset_event(evaluation)


def open_instance(settings: Settings) -> DagsterInstance:
    """The Dagster instance of this data folder, with the checkout's dagster.yaml."""
    storage = settings.data / "dagster"
    storage.mkdir(mode=0o700, parents=True, exist_ok=True)
    overrides = {"storage": {"sqlite": {"base_dir": str(storage)}}}
    return DagsterInstance.from_ref(InstanceRef.from_dir(str(storage), config_dir=str(CHECKOUT), overrides=overrides))


def _sentences(result: ExecuteInProcessResult) -> Iterator[str]:
    for event in result.all_events:
        data: Any = event.event_specific_data
        error = getattr(data, "error", None)
        if event.is_failure and isinstance(error, SerializableErrorInfo):
            told = _ours(error)
            if told:
                yield told


def _ours(error: SerializableErrorInfo | None) -> str | None:
    """The sentence of the innermost refusal of ours; Dagster's own wrapping is left out."""
    found = None
    while error:
        name, _, sentence = error.message.partition(": ")
        if name.endswith("Error") and name.split(".")[0] in OUR_ROOMS:
            found = sentence.strip()
        error = error.cause
    return found


def _evaluations(result: ExecuteInProcessResult) -> Iterator[tuple[Any, Warned]]:
    for evaluation in result.get_asset_check_evaluations():
        said: dict[str, Any] = {name: value.value for name, value in evaluation.metadata.items()}
        rule = evaluation.check_name.replace("_", "-")
        failing, total = (int(said.get(name) or 0) for name in ("failing", "total"))
        told = Warned(rule, evaluation.description or "", failing, total, said.get(BY_FIELD) or {})
        yield evaluation, told


def _closed_rules(result: ExecuteInProcessResult) -> list[str]:
    closed = [told for e, told in _evaluations(result) if not e.passed and e.severity.value == "ERROR"]
    return [f"{told.rule} closed the gate ({told.failing} of {told.total}): {told.sentence}" for told in closed]


def _warnings(result: ExecuteInProcessResult) -> Iterator[Warned]:
    for evaluation, told in _evaluations(result):
        if not evaluation.passed:
            yield told
