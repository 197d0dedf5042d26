"""Marts -> serving files -> the current build. Readers see a build only after both gates, and only whole."""

import dagster as dg

from case_store.profile import load_profile
from pipelines.assets.partitions import quarters
from pipelines.assets.release import MARTS
from pipelines.assets.resources import CaselightRun
from pipelines.serving.current_build import build_name, finish_build
from pipelines.serving.graph_picture import draw_graph_1
from pipelines.serving.serving_files import write_serving
from pipelines.snapshot.accepted_runs import accept, accepted_run
from pipelines.snapshot.snapshot_hashes import read_manifest


@dg.asset(partitions_def=quarters, group_name="serving", deps=MARTS)
def serving_files(context: dg.AssetExecutionContext, run: CaselightRun) -> dg.MaterializeResult:
    """One file for each area of coordinators and one for the country, each with that audience's figures only."""
    time = run.time(context.partition_key)
    profile = load_profile(run.settings.profile)
    audiences = write_serving(run.settings.building, build_name(run.settings, time), time, profile)
    return dg.MaterializeResult(metadata={"audiences": len(audiences)})


@dg.asset(partitions_def=quarters, group_name="serving", deps=[dg.AssetKey(["marts", "registrations"])])
def graph_1(context: dg.AssetExecutionContext, run: CaselightRun) -> dg.MaterializeResult:
    """Registrations per month since the launch, as a picture in each language."""
    return dg.MaterializeResult(
        metadata={"files": ", ".join(draw_graph_1(run.settings.building, load_profile(run.settings.profile)))}
    )


@dg.asset(partitions_def=quarters, group_name="serving", deps=[serving_files, graph_1, "draft"])
def current_build(context: dg.AssetExecutionContext, run: CaselightRun) -> dg.MaterializeResult:
    """The pointer that every reader follows, moved in one rename."""
    build = finish_build(run.settings, run.time(context.partition_key))
    manifest = read_manifest(run.snapshot(context.partition_key))
    accept(run.settings.data, accepted_run(manifest, run.accepted))
    return dg.MaterializeResult(metadata={"build": build})
