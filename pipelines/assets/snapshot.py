"""Case store -> snapshot. Extract and pseudonymise are one asset: nothing identifiable is at rest outside the store."""

from collections.abc import Iterator

import dagster as dg

from anonymization.pseudonyms.snapshot_columns import COLUMNS
from pipelines.assets.partitions import quarters
from pipelines.assets.resources import CaselightRun
from pipelines.run.builds import start_build
from pipelines.snapshot.kept_snapshots import remove_unneeded_snapshots
from pipelines.snapshot.snapshot_hashes import read_manifest
from pipelines.snapshot.take_snapshot import take_snapshot

REFERENCE = (
    "ref_codes",
    "ref_concepts",
    "ref_locations",
    "ref_groups",
    "ref_fields",
    "ref_languages",
    "ref_dimensions",
    "ref_levels",
    "ref_level_codes",
    "ref_areas",
    "ref_age_bands",
    "ref_labels",
    "ref_follow_up_intervals",
    "ref_placement_services",
    "ref_run",
)
ACCOUNTS = {
    "coverage": "What became of every record read: loaded, quarantined, or excluded for a listed reason.",
    "findings": "What was kept but is not as it should be: counts by rule, table and field.",
    "quarantine": "Records set aside, by pseudonym, with the reason and the field; never the value.",
}


def _specs() -> list[dg.AssetSpec]:
    pseudonymised = {name: f"{name}: {', '.join(columns)}" for name, columns in COLUMNS.items()}
    described = pseudonymised | ACCOUNTS | dict.fromkeys(REFERENCE, "From the profile; travels with the snapshot.")
    return [
        dg.AssetSpec(["snapshot", name], description=text, group_name="snapshot", deps=[["case_store"]])
        for name, text in described.items()
    ]


case_store = dg.AssetSpec(
    "case_store", group_name="case_store", description="PostgreSQL in Primero's shape: the only place that knows names."
)


@dg.multi_asset(specs=_specs(), partitions_def=quarters)
def snapshot(context: dg.AssetExecutionContext, run: CaselightRun) -> Iterator[dg.MaterializeResult]:
    """Reads the case store in one transaction and writes pseudonymised tables, with counts that add up."""
    time = run.time(context.partition_key)
    start_build(run.settings.building)
    remove_unneeded_snapshots(run.settings, running=time.folder)
    folder = take_snapshot(run.settings, time, run.accepted)
    for name, table in read_manifest(folder)["tables"].items():
        yield dg.MaterializeResult(asset_key=["snapshot", name], metadata={"dagster/row_count": table["rows"]})
