"""Imported once by the parent of all runs: all that a run imports, so that no run waits for it."""

import importlib

IMPORTS = (
    "adbc_driver_postgresql.dbapi",
    "dbt.adapters.duckdb.connections",
    "dbt.adapters.duckdb.impl",
    "dbt.cli.main",
    "dbt.task.build",
    "great_expectations",
    "highspy",
    "pipelines.cli",
    "pipelines.demo",
    "publications.release",
    "tests.faults.sabotage",
)

for name in IMPORTS:
    importlib.import_module(name)
import pipelines.runner
from pipelines.definitions import defs

defs.resolve_job_def(pipelines.runner.JOB)
