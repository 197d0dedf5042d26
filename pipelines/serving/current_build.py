"""The running build gets its name, and readers are pointed to it."""

from pipelines.run.builds import name_build, point_to, remove_old_builds
from pipelines.run.progress import report
from pipelines.run.reference_time import ReferenceTime
from pipelines.run.sealing import sealed
from pipelines.run.settings import Settings
from pipelines.snapshot.kept_snapshots import remove_unneeded_snapshots
from pipelines.snapshot.snapshot_hashes import manifest_hash


def build_name(settings: Settings, time: ReferenceTime) -> str:
    """Names a build by its times and by what it was made from: the same snapshot gives the same name."""
    return f"{time.as_of}_{time.known_at}_{manifest_hash(settings.snapshots / time.folder)}"


@sealed("the swap to the new build")
def finish_build(settings: Settings, time: ReferenceTime) -> str:
    """Makes the running build the current one, whole and at once; gives its name."""
    name = build_name(settings, time)
    name_build(settings.building, settings.builds, name)
    point_to(settings.builds, name)
    remove_old_builds(settings.builds)
    remove_unneeded_snapshots(settings)
    report("Switched readers to the new build", 1, 1)
    return name
