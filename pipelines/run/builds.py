"""Builds on disk: made aside, named when whole, shown by one pointer that is renamed into place."""

import os
import shutil
from pathlib import Path

from pipelines.errors import RunError

POINTER = "current"
KEPT = 2


def start_build(building: Path) -> None:
    """An empty private folder to build in; what a killed run left is removed first."""
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(mode=0o700, parents=True)


def name_build(building: Path, builds: Path, build_id: str) -> Path:
    """Gives the finished build its name. A build of the same name holds the same bytes already and is kept."""
    named = builds / build_id
    if named.exists():
        shutil.rmtree(building)
    else:
        building.rename(named)
        sync_folder(builds)
    return named


def point_to(builds: Path, build_id: str) -> None:
    """Makes `build_id` the build that readers resolve; the rename is atomic, so nobody sees half of one."""
    fresh = builds / f".{POINTER}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(build_id)
    fresh.rename(builds / POINTER)
    sync_folder(builds)


def current_build(builds: Path) -> Path:
    """The build to read now. Raises RunError when there is none yet."""
    try:
        return builds / (builds / POINTER).readlink()
    except OSError:
        raise RunError("there is no build yet; run 'caselight run --as-of YYYY-MM-DD --known-at YYYY-MM-DD'") from None


def current_serving(builds: Path) -> Path:
    """The serving folder to read now; before the first build, one that is not there."""
    return (builds / POINTER).resolve() / "serving"


def remove_old_builds(builds: Path) -> None:
    """Keeps the current build and the newest others, `KEPT` in all, so that a reader's build outlives a swap.

    A build loses its name before its files: one half removed must never pass for a whole one of that name.
    """
    current = current_build(builds)
    others = kept_builds(builds)
    others.sort(key=lambda p: (p != current, -p.stat().st_mtime_ns))
    for old in others[KEPT:]:
        old.rename(old.with_name(f".{old.name}.leaving"))
    for leaving in builds.glob(".*.leaving"):
        shutil.rmtree(leaving, ignore_errors=True)


def kept_builds(builds: Path) -> list[Path]:
    """Every whole build, in no order; the one that is being made is none."""
    return [p for p in builds.glob("[!.]*") if p.is_dir() and not p.is_symlink()]


def sync_folder(folder: Path) -> None:
    """Makes the renames in `folder` outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
