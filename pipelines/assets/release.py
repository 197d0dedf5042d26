"""Marts -> protected cells -> draft. What is public later is what is audited here, and nothing else."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.partitions import quarters
from pipelines.assets.resources import CaselightRun
from pipelines.assets.warehouse import MODELS
from pipelines.release.design_advice import Advised, advise_on_tables
from pipelines.release.drafts import draft_release, ends_a_quarter
from pipelines.release.protect_release import protect_cells
from pipelines.run.policy_in_force import public_policy
from pipelines.warehouse.not_asked import Tables, public_tables
from publications.public_tables import load_tables

PROTECTED_MARTS = sorted({table.mart for table in load_tables()})
MARTS = [dg.AssetKey([model.layer, model.name]) for model in MODELS if model.layer == "marts"]

DESIGN, NOT_ASKED = "table_design", "tables_not_asked"
NOTHING = {"published": "nothing: tables are of whole quarters, and as_of does not end one"}
NOTHING_ASKED = {"published": "nothing: every public table needs what this deployment does not ask"}


@dg.asset(
    partitions_def=quarters,
    group_name="protection",
    deps=[dg.AssetKey(["marts", mart]) for mart in PROTECTED_MARTS],
    check_specs=[
        dg.AssetCheckSpec(DESIGN, asset="protected_cells", description="Are the tables coarse enough?"),
        dg.AssetCheckSpec(NOT_ASKED, asset="protected_cells", description="Does the deployment ask what they count?"),
    ],
)
def protected_cells(
    context: dg.AssetExecutionContext, run: CaselightRun
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Every cell of every public table of the quarter, hidden or shown, with the audit that says it is safe."""
    time = run.time(context.partition_key)
    tables = public_tables(run.settings.building) if ends_a_quarter(time) else Tables((), ())
    yield _not_asked(tables)
    if not tables.made:
        yield _verdict(Advised(False, 0, 0, ()))
        yield dg.MaterializeResult(metadata=NOTHING_ASKED if tables.refused else NOTHING)
        return
    yield _verdict(advise_on_tables(public_policy(run.settings), run.settings.building, time))
    yield dg.MaterializeResult(metadata=protect_cells(run.settings, run.settings.building, time))


def _not_asked(tables: Tables) -> dg.AssetCheckResult:
    """A warning: the other tables are published."""
    return dg.AssetCheckResult(
        check_name=NOT_ASKED,
        passed=not tables.refused,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(tables.sentences) if tables.refused else "",
        metadata={"failing": len(tables.refused), "total": len(tables.refused) + len(tables.made)},
    )


def _verdict(advised: Advised) -> dg.AssetCheckResult:
    """A warning: the advisor proposes, and never stops a run."""
    return dg.AssetCheckResult(
        check_name=DESIGN,
        passed=not advised.is_too_fine,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(advised.words),
        metadata={"failing": advised.hidden, "total": advised.cells},
    )


@dg.asset(partitions_def=quarters, group_name="publication", deps=[protected_cells])
def draft(context: dg.AssetExecutionContext, run: CaselightRun) -> dg.MaterializeResult:
    """The quarter's workbook, CSV and metadata, waiting for two people's approval."""
    time = run.time(context.partition_key)
    if not ends_a_quarter(time):
        return dg.MaterializeResult(metadata=NOTHING)
    if not public_tables(run.settings.building).made:
        return dg.MaterializeResult(metadata=NOTHING_ASKED)
    vintage = draft_release(run.settings, run.settings.building, run.snapshot(context.partition_key), time)
    return dg.MaterializeResult(metadata={"vintage": vintage.name, "state": vintage.state.value})
