"""Our own PostgreSQL for a test: in a state folder of its own, stopped and removed at the end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from case_store import server

CLUSTER = "tests"


@contextmanager
def temporary_state() -> Iterator[Path]:
    """Give a short-lived state folder that the server's account can pass through, unlike pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="caselight-test-", dir="/tmp"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    try:
        yield folder
    finally:
        server.stop(folder / "state", CLUSTER)
        shutil.rmtree(folder)
