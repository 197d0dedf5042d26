"""What this machine has and lacks, and how to get what it lacks."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from case_store.errors import CaseStoreError
from case_store.server import programs
from pipelines.gates.configuration_check import mistakes
from pipelines.run.settings import Settings

ROOM_NEEDED = 2 * 1024**3  # bytes: environment, demo store and two builds


@dataclass(frozen=True)
class MachineFinding:
    """One thing looked at; `remedy` is empty when all is well."""

    what: str
    found: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[MachineFinding]:
    """Looks at Python, PostgreSQL, the browser, the disk, the data folder and all configuration."""
    yield _python()
    yield _postgresql(settings)
    yield _browser()
    yield _room(settings)
    yield _data_folder(settings)
    yield from _configuration(settings)


def _configuration(settings: Settings) -> Iterator[MachineFinding]:
    wrong = list(mistakes(settings))
    yield from (MachineFinding("Configuration", "a mistake", sentence) for sentence in wrong)
    if not wrong:
        yield MachineFinding("Configuration", "each file can be read, and they agree")


def _python() -> MachineFinding:
    remedy = "" if sys.version_info >= (3, 11) else "install Python 3.11 and run 'make clean demo'"
    return MachineFinding("Python", sys.version.split()[0], remedy)


def _postgresql(settings: Settings) -> MachineFinding:
    if settings.dsn:
        return MachineFinding("PostgreSQL", "given by CASESTORE_DSN")
    try:
        return MachineFinding("PostgreSQL", str(programs(settings.state, settings.cluster)))
    except CaseStoreError as refusal:
        return MachineFinding("PostgreSQL", "none", str(refusal))


def _browser() -> MachineFinding:
    path = shutil.which("chromium")
    return MachineFinding("Chromium (tests only)", path or "none", "" if path else "apt-get install chromium")


def _room(settings: Settings) -> MachineFinding:
    folder = next(p for p in (settings.data, *settings.data.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    remedy = (
        "" if free > ROOM_NEEDED else f"free at least {ROOM_NEEDED // 1024**3} GiB, or set CASELIGHT_DATA elsewhere"
    )
    return MachineFinding("Free disk", f"{free / 1024**3:.1f} GiB", remedy)


def _data_folder(settings: Settings) -> MachineFinding:
    if not settings.data.exists():
        return MachineFinding("Data folder", "not made yet; the first run makes it")
    is_private = settings.data.stat().st_mode & 0o077 == 0
    remedy = "" if is_private else f"chmod 700 {settings.data}: others can read it"
    return MachineFinding("Data folder", str(settings.data), remedy)
