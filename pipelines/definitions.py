"""The table of contents: from the case store to the publication and the dashboards, one module an arrow."""

import pipelines.run.quiet  # noqa: F401  telemetry off before anything else is imported

import dagster as dg  # isort: skip

from pipelines.assets.gates import gate_1, gate_2
from pipelines.assets.release import draft, protected_cells
from pipelines.assets.resources import CaselightRun
from pipelines.assets.schedules import build_quarter, every_night, every_quarter
from pipelines.assets.serving import current_build, graph_1, serving_files
from pipelines.assets.snapshot import case_store, snapshot
from pipelines.assets.warehouse import warehouse

defs = dg.Definitions(
    assets=[
        case_store,  # the identifiable zone; PostgreSQL in Primero's shape
        snapshot,  # pseudonymised tables as known at one moment
        warehouse,  # staging -> intermediate -> marts, by dbt
        protected_cells,  # every public table, protected jointly and audited
        draft,  # workbook, CSV and metadata, waiting for two people
        serving_files,  # one file an audience
        graph_1,  # registrations per month, as a picture
        current_build,  # what readers follow
    ],
    asset_checks=[
        gate_1,  # between the snapshot and the warehouse
        gate_2,  # between the marts and everything that leaves
    ],
    jobs=[build_quarter],
    schedules=[every_night, every_quarter],
    resources={"run": CaselightRun()},
    executor=dg.in_process_executor,
)
