"""What this machine has and lacks, and how to get what it lacks."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from case_store.errors import CaseStoreError
from case_store.server import programs
from pipelines.configuration_check import mistakes
from pipelines.settings import Settings

ROOM_NEEDED = 2 * 1024**3  # bytes: environment, demo store and two builds


@dataclass(frozen=True)
class Finding:
    """One thing looked at; `remedy` is empty when all is well."""

    what: str
    found: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Looks at Python, PostgreSQL, the browser, the disk, the data folder and all configuration."""
    yield _python()
    yield _postgresql(settings)
    yield _browser()
    yield _room(settings)
    yield _data_folder(settings)
    yield from _configuration(settings)


def _configuration(settings: Settings) -> Iterator[Finding]:
    wrong = list(mistakes(settings))
    yield from (Finding("Configuration", "a mistake", sentence) for sentence in wrong)
    if not wrong:
        yield Finding("Configuration", "each file can be read, and they agree")


def _python() -> Finding:
    remedy = "" if sys.version_info >= (3, 11) else "install Python 3.11 and run 'make clean demo'"
    return Finding("Python", sys.version.split()[0], remedy)


def _postgresql(settings: Settings) -> Finding:
    if settings.dsn:
        return Finding("PostgreSQL", "given by CASESTORE_DSN")
    try:
        return Finding("PostgreSQL", str(programs(settings.state, settings.cluster)))
    except CaseStoreError as refusal:
        return Finding("PostgreSQL", "none", str(refusal))


def _browser() -> Finding:
    path = shutil.which("chromium")
    return Finding("Chromium (tests only)", path or "none", "" if path else "apt-get install chromium")


def _room(settings: Settings) -> Finding:
    folder = next(p for p in (settings.data, *settings.data.parents) if p.exists())
    free = shutil.disk_usage(folder).free
    remedy = (
        "" if free > ROOM_NEEDED else f"free at least {ROOM_NEEDED // 1024**3} GiB, or set CASELIGHT_DATA elsewhere"
    )
    return Finding("Free disk", f"{free / 1024**3:.1f} GiB", remedy)


def _data_folder(settings: Settings) -> Finding:
    if not settings.data.exists():
        return Finding("Data folder", "not made yet; the first run makes it")
    is_private = settings.data.stat().st_mode & 0o077 == 0
    remedy = "" if is_private else f"chmod 700 {settings.data}: others can read it"
    return Finding("Data folder", str(settings.data), remedy)
