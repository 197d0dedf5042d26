"""Snapshot -> warehouse: the dbt project, one asset a model, built by one dbt run in this process."""

from collections.abc import Iterator

import dagster as dg

from pipelines.assets.partitions import quarters
from pipelines.assets.resources import CaselightRun
from pipelines.warehouse.build_warehouse import PROJECT, build_warehouse
from pipelines.warehouse.model_graph import Model, read_models

MODELS = read_models(PROJECT)
LAYERS = {model.name: model.layer for model in MODELS}


def _spec(model: Model) -> dg.AssetSpec:
    deps = [dg.AssetKey([LAYERS[name], name]) for name in sorted(model.models)]
    deps += [dg.AssetKey(["snapshot", name]) for name in sorted(model.sources)]
    return dg.AssetSpec([model.layer, model.name], description=model.description, group_name=model.layer, deps=deps)


@dg.multi_asset(specs=[_spec(model) for model in MODELS], partitions_def=quarters)
def warehouse(context: dg.AssetExecutionContext, run: CaselightRun) -> Iterator[dg.MaterializeResult]:
    """Builds staging, intermediate and marts into the running build's own file."""
    seconds = {node.name: node.seconds for node in build_warehouse(run.settings, run.snapshot(context.partition_key))}
    for model in MODELS:
        yield dg.MaterializeResult(
            asset_key=[model.layer, model.name], metadata={"seconds": seconds.get(model.name, 0.0)}
        )
