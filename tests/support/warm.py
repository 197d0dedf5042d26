"""Imported once by the parent of all runs: all that a run imports, so that no run waits for it."""

import importlib

from pipelines.commands.runner import JOB
from pipelines.definitions import defs

IMPORTED_LATE = (
    "adbc_driver_postgresql.dbapi",
    "dbt.adapters.duckdb.connections",
    "dbt.adapters.duckdb.impl",
    "dbt.cli.main",
    "dbt.task.build",
    "great_expectations",
    "highspy",
    "pipelines.commands.cli",
    "pipelines.commands.demo",
    "publications.publishing",
    "tests.support.sabotage",
)

for name in IMPORTED_LATE:
    importlib.import_module(name)
defs.resolve_job_def(JOB)
