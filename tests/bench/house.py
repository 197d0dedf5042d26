"""A place of its own for a measurement: data, state, PostgreSQL and children, all in a folder that is removed."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from case_store import server
from case_store.cluster import store_folder
from pipelines.run.settings import Settings

MEMORY = Path("/dev/shm")
CASELIGHT = str(Path(sys.executable).with_name("caselight"))
PYTHON = sys.executable


@dataclass(frozen=True)
class House:
    """Where a measured run may write, and the server it reads."""

    root: Path
    settings: Settings
    dsn: str
    postmaster: int

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to work here. Bytecode is kept as Python does by itself, whatever this shell says."""
        return {
            "CASELIGHT_DATA": str(self.settings.data),
            "CASELIGHT_STATE": str(self.settings.state),
            "CASELIGHT_KEY_FILE": str(self.settings.key_file),
            "CASELIGHT_PROFILE": "",
            "CASESTORE_DSN": "",
            "PYTHONDONTWRITEBYTECODE": "",
        }

    def forget_runs(self) -> None:
        """Remove what runs made; the parsed dbt project stays, as it does on a machine in use."""
        for path in self.settings.data.iterdir():
            if path.name != "dbt":
                shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def new_house() -> Iterator[House]:
    """Start our own PostgreSQL in a new folder; stop it and remove everything at the end."""
    root = Path(tempfile.mkdtemp(prefix="caselight-bench-", dir="/tmp"))
    root.chmod(0o711 if os.geteuid() == 0 else 0o700)
    settings = Settings(root / "data", root / "state", root / "state" / "keys" / "pseudonym.key", None)
    try:
        dsn = server.start(settings.state, settings.cluster)
        pid_file = store_folder(settings.state, settings.cluster) / "data" / "postmaster.pid"
        yield House(root, settings, dsn, int(pid_file.read_text().split()[0]))
    finally:
        server.stop(settings.state, settings.cluster)
        shutil.rmtree(root)
