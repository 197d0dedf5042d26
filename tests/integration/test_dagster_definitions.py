"""Dagster shows the flow as it is: groups, descriptions, schedules, quarters, and a gate that closed."""

import subprocess
import sys
from datetime import UTC, date, datetime

import dagster as dg
import psycopg
import pytest

from pipelines.commands.runner import open_instance, run_job
from pipelines.definitions import defs
from pipelines.errors import RunError
from pipelines.run.reference_time import ReferenceTime
from tests.support.marts_line import settings_for

FLOW = [
    "case_store",
    "snapshot",
    "staging",
    "intermediate",
    "marts",
    "protection",
    "publication",
    "serving",
]
CHILDREN, SEED = 2_500, 12
TIME = ReferenceTime(date(2023, 12, 31), date(2023, 12, 31), "Europe/Bucharest")


def _specs():
    return list(defs.resolve_all_asset_specs())


def test_every_asset_has_a_group_of_the_flow_and_a_description():
    assert {spec.group_name for spec in _specs()} == set(FLOW)
    assert [spec.key.to_user_string() for spec in _specs() if not spec.description] == []


def test_the_definitions_use_nothing_that_dagster_will_remove():
    told = subprocess.run(
        [sys.executable, "-W", "always", "-c", "import pipelines.definitions"], capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert "define_asset_job` is deprecated" not in told.stderr


def test_every_arrow_points_forward():
    group = {spec.key: spec.group_name for spec in _specs()}
    backward = [
        (dep.asset_key.to_user_string(), spec.key.to_user_string())
        for spec in _specs()
        for dep in spec.deps
        if FLOW.index(group[dep.asset_key]) > FLOW.index(group[spec.key])
    ]
    assert backward == []


def test_assets_are_of_quarters():
    made = [spec for spec in _specs() if spec.group_name != "case_store"]
    keys = {tuple(spec.partitions_def.get_partition_keys()[:2]) for spec in made}
    assert keys == {("2022-Q3", "2022-Q4")}


@pytest.mark.parametrize(
    ("schedule", "at", "quarter", "as_of", "known_at"),
    [
        ("every_night", datetime(2024, 1, 1, 3, tzinfo=UTC), "2023-Q4", "2023-12-31", "2023-12-31"),
        ("every_night", datetime(2023, 12, 31, 22, 30, tzinfo=UTC), "2023-Q4", "2023-12-31", "2023-12-31"),
        ("every_night", datetime(2024, 1, 2, 3, tzinfo=UTC), "2024-Q1", "2024-01-01", "2024-01-01"),
        ("every_quarter", datetime(2024, 1, 15, 5, tzinfo=UTC), "2023-Q4", "2023-12-31", "2024-01-14"),
        ("every_quarter", datetime(2024, 7, 15, 5, tzinfo=UTC), "2024-Q2", "2024-06-30", "2024-07-14"),
    ],
)
def test_schedules_ask_for_the_right_times(schedule, at, quarter, as_of, known_at):
    context = dg.build_schedule_context(scheduled_execution_time=at)
    request = defs.resolve_schedule_def(schedule)(context)
    assert request.partition_key == quarter
    assert request.run_config["resources"]["run"]["config"] == {"as_of": as_of, "known_at": known_at}


def _shown(settings, rule):
    key = dg.AssetCheckKey(dg.AssetKey(["snapshot", "coverage"]), rule)
    with open_instance(settings) as instance:
        record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key]).get(key)
    return record and record.status.value


def test_a_closed_gate_is_told_and_shown_until_it_opens(changed_store, tmp_path):
    dsn = changed_store(CHILDREN, SEED)
    settings = settings_for(tmp_path, dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("create table kept as select id, data from cases")
        connection.execute("""update cases set data = data || '{"registration_date": "yesterday"}' where id in
            (select id from cases order by id limit 100)""")
    with pytest.raises(RunError, match="SNP-05 closed the gate"):
        run_job(settings, TIME)
    assert _shown(settings, "SNP_05") == "FAILED"
    assert not (settings.builds / "current").exists()

    with psycopg.connect(dsn) as connection:
        connection.execute("update cases set data = kept.data from kept where kept.id = cases.id")
    run_job(settings, TIME)
    assert _shown(settings, "SNP_05") == "SUCCEEDED"
    assert (settings.builds / "current" / "warehouse.duckdb").exists()
