"""Marts -> protected cells -> draft. What is public later is what is audited here, and nothing else."""

import dagster as dg

from pipelines.assets.warehouse import MODELS
from pipelines.partitions import quarters
from pipelines.release_stage import draft_release, ends_a_quarter, protect_cells
from pipelines.resources import CaselightRun
from publications.specification import load_tables

PROTECTED_MARTS = sorted({table.mart for table in load_tables()})
MARTS = [dg.AssetKey([model.layer, model.name]) for model in MODELS if model.layer == "marts"]


NOTHING = {"published": "nothing: tables are of whole quarters, and as_of does not end one"}


@dg.asset(
    partitions_def=quarters,
    group_name="protection",
    deps=[dg.AssetKey(["marts", mart]) for mart in PROTECTED_MARTS],
)
def protected_cells(context: dg.AssetExecutionContext, run: CaselightRun) -> dg.MaterializeResult:
    """Every cell of every public table of the quarter, hidden or shown, with the audit that says it is safe."""
    time = run.time(context.partition_key)
    if not ends_a_quarter(time):
        return dg.MaterializeResult(metadata=NOTHING)
    return dg.MaterializeResult(metadata=protect_cells(run.settings.building, time.quarter))


@dg.asset(partitions_def=quarters, group_name="publication", deps=[protected_cells])
def draft(context: dg.AssetExecutionContext, run: CaselightRun) -> dg.MaterializeResult:
    """The quarter's workbook, CSV and metadata, waiting for two people's approval."""
    time = run.time(context.partition_key)
    if not ends_a_quarter(time):
        return dg.MaterializeResult(metadata=NOTHING)
    vintage = draft_release(run.settings, run.settings.building, run.snapshot(context.partition_key), time)
    return dg.MaterializeResult(metadata={"vintage": vintage.name, "state": vintage.state.value})
