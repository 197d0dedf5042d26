"""From nothing to the golden table: `make demo` in a fresh clone of what is committed, and what it installed."""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from pipelines.run.settings import CHECKOUT


def measure() -> dict[str, Any]:
    """Seconds of `make demo`, of its installation, and the environment's size without bytecode."""
    root = Path(tempfile.mkdtemp(prefix="caselight-bench-", dir="/tmp"))
    root.chmod(0o711 if os.geteuid() == 0 else 0o700)
    clone = root / "clone"
    state = {"CASELIGHT_DATA": str(root / "data"), "CASELIGHT_STATE": str(root / "state"), "CASESTORE_DSN": ""}
    # our own variables must not steer it, nor may tools of this environment be found before its own
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"} | state
    try:
        _call(["git", "clone", "--quiet", str(CHECKOUT), str(clone)], root, environment)
        began = time.monotonic()
        _call(["make", "--quiet", ".venv/demo.stamp"], clone, environment)
        installed = time.monotonic() - began
        megabytes = size(clone / ".venv") / 10**6
        _call(["make", "--quiet", "demo"], clone, environment)
        whole = time.monotonic() - began
        _call([".venv/bin/caselight", "case-store", "stop"], clone, environment)
    finally:
        shutil.rmtree(root)
    return {"megabytes": round(megabytes), "installation_wall": round(installed), "demo_wall": round(whole)}


def size(folder: Path) -> int:
    """Bytes of the files below a folder, without bytecode, which Python makes again."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files if path.suffix != ".pyc")


def _call(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=folder, env=environment, check=True)
