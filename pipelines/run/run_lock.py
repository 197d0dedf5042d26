"""One run at a time, whoever starts it: command line, daemon or page."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.errors import RunError


@contextmanager
def only_run(lock_file: Path, what: str) -> Iterator[None]:
    """Holds the lock for a whole run. Raises RunError that says who holds it. A killed run leaves no lock behind."""
    holder = lock_file.with_suffix(".holder")
    try:
        with FileLock(lock_file, timeout=0, mode=0o600):
            with suppress(OSError):  # on a full disk the second run is not told a name; the first says what is wrong
                holder.touch(mode=0o600)
                holder.write_text(f"{what}, process {os.getpid()}", "utf-8")
            yield
    except Timeout:
        name = ""
        with suppress(OSError, ValueError):  # not written yet, or broken: the lock tells all the same
            name = holder.read_text("utf-8")
        name = name or "another process"
        raise RunError(f"another run is under way ({name}); wait until it has ended, then run again") from None
