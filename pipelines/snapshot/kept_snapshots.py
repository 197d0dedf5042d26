"""Which snapshots stay: those that a kept build, a draft or a publication was made from, and no other."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from pipelines.run.builds import kept_builds, sync_folder
from pipelines.run.settings import Settings
from publications.errors import PublicationError
from publications.publishing import all_published, read_draft, times_of
from publications.register import State, register, registered_quarters

DAY = r"\d{4}-\d\d-\d\d"
BUILD = re.compile(rf"({DAY})_({DAY})_[0-9a-f]+")
SNAPSHOT = re.compile(rf"{DAY}/{DAY}")
LEFT = re.compile(rf"{DAY}/\.{DAY}\.(making|replaced|leaving)")


def remove_unneeded_snapshots(settings: Settings, running: str = "") -> int:
    """Removes every snapshot that nothing kept was made from, and what killed runs left; gives how many.

    `running`: as_of/known_at of the snapshot that the run at hand may use again. A snapshot loses its name before its
    files, so that one half removed never passes for a whole one. Raises PublicationError when a publication was
    touched, so that nobody can tell what it was made from.
    """
    # a draft that is approved meanwhile is found as the one or as the other
    needed = {running, *_of_builds(settings.builds), *_of_drafts(settings), *_of_publications(settings)}
    unneeded = [one for one in _folders(settings, SNAPSHOT) if _name(one) not in needed]
    for folder in unneeded:
        folder.rename(folder.with_name(f".{folder.name}.leaving"))
    for left in _folders(settings, LEFT):
        shutil.rmtree(left, ignore_errors=True)
    for day in settings.snapshots.glob("*"):
        with suppress(OSError):  # others of that day are needed
            day.rmdir()
    if unneeded:
        sync_folder(settings.snapshots)
    return len(unneeded)


def _folders(settings: Settings, names: re.Pattern[str]) -> list[Path]:
    """What lies there itself: nothing is removed through a link."""
    if settings.snapshots.is_symlink():
        return []
    found = (one for day in settings.snapshots.glob("*") if not day.is_symlink() for one in day.glob("*"))
    return [folder for folder in found if names.fullmatch(_name(folder)) and not folder.is_symlink()]


def _name(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def _of_builds(builds: Path) -> Iterator[str]:
    for build in kept_builds(builds):
        if made_of := BUILD.fullmatch(build.name):
            yield f"{made_of[1]}/{made_of[2]}"


def _of_publications(settings: Settings) -> Iterator[str]:
    for publication in all_published(settings.publications).values():
        yield f"{publication.record['as_of']}/{publication.record['known_at']}"


def _of_drafts(settings: Settings) -> Iterator[str]:
    """A draft may become a publication; one that was touched cannot, and needs nothing."""
    for quarter in registered_quarters(settings.drafts, settings.publications):
        for vintage in register(settings.drafts, settings.publications, quarter):
            if vintage.state is State.DRAFT:
                with suppress(PublicationError, KeyError):
                    as_of, known_at = times_of(read_draft(settings.drafts, quarter, vintage.name))
                    yield f"{as_of}/{known_at}"
