"""The real command line, each run a process of its own, forked from one that has imported everything once.

A fresh process needs seconds of imports before it does anything; a forked one starts at once, and no import starts a
thread, so the fork is safe. Every run leads a process group and has its own data, state, home and temporary folders.
"""

import multiprocessing
import multiprocessing.connection
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.process import BaseProcess
from pathlib import Path

from pipelines.run.settings import CHECKOUT

AS_OF = "2023-12-31"
RUN = ("run", "--as-of", AS_OF, "--known-at", AS_OF)

# starting one process asks after the others, and of two threads that ask at once one is told a wrong exit code
_bookkeeping = threading.Lock()
Sabotage = Callable[[], object]


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (below zero: killed by that signal) and all that it printed."""

    code: int
    printed: str


@dataclass(frozen=True)
class House:
    """Everything a run may write to, below one folder, and the store it reads."""

    root: Path
    dsn: str
    profile: str = ""  # the first one

    @cached_property
    def data(self) -> Path:
        return self.root / "data"

    @cached_property
    def state(self) -> Path:
        return self.root / "state"

    @cached_property
    def builds(self) -> Path:
        return self.data / "builds"

    def begin_anew(self, dsn: str) -> "House":
        """The same place, emptied, with another store and the key of all tests; what dbt parsed stays."""
        for folder in (*self.data.glob("*"), self.root / "home", self.root / "temporary", self.root / "printed"):
            if folder.name != "dbt":
                shutil.rmtree(folder) if folder.is_dir() else folder.unlink(missing_ok=True)
        write_key(self.state / "keys" / "pseudonym.key")
        return House(self.root, dsn)

    @cached_property
    def environment(self) -> dict[str, str]:
        folders = {
            "HOME": "home",
            "TMPDIR": "temporary",
            "XDG_CACHE_HOME": "home/.cache",
            "DAGSTER_HOME": "home/dagster",
        }
        for name in folders.values():
            (self.root / name).mkdir(parents=True, exist_ok=True)
        return {
            **{variable: str(self.root / name) for variable, name in folders.items()},
            "CASELIGHT_DATA": str(self.data),
            "CASELIGHT_STATE": str(self.state),
            "CASELIGHT_KEY_FILE": str(self.state / "keys" / "pseudonym.key"),
            "CASELIGHT_PROFILE": self.profile,
            "CASESTORE_DSN": self.dsn,
            "COLUMNS": "300",
        }

    def start(self, *arguments: str, sabotage: Sequence[Sabotage] = ()) -> "Run":
        """Start a command; give the run without waiting for it."""
        (self.root / "printed").mkdir(parents=True, exist_ok=True)
        output = Path(tempfile.mkstemp(dir=self.root / "printed", suffix=".txt")[1])
        process = _forkserver().Process(target=_enter, args=(self.environment, arguments, tuple(sabotage), output))
        with _bookkeeping:
            process.start()
        return Run(process, output)

    def run_fresh(self, *arguments: str, **environment: str) -> Ended:
        """Run a command in a process that shares nothing with this one, with more or other variables."""
        command = [sys.executable, "-c", "from pipelines.commands.cli import app; app()", *arguments]
        variables = {**os.environ, **self.environment, **environment}
        done = subprocess.run(command, env=variables, cwd=CHECKOUT, capture_output=True, text=True, umask=0o077)
        return Ended(done.returncode, done.stdout + done.stderr)

    def run(self, *arguments: str, sabotage: Sequence[Sabotage] = ()) -> Ended:
        """Run a command to its end."""
        return self.start(*arguments, sabotage=sabotage).wait()


def write_key(file: Path) -> Path:
    """Write a key that no real deployment has: stores with broken records have none made for them."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(bytes(range(32)))
    return file


@dataclass(frozen=True)
class Run:
    """A command under way."""

    process: BaseProcess
    output: Path

    def wait(self) -> Ended:
        """Wait until it has ended, by itself or killed."""
        multiprocessing.connection.wait([self.process.sentinel])
        with _bookkeeping:
            self.process.join()
        return Ended(self.process.exitcode or 0, self.output.read_text("utf-8", "replace"))


def _forkserver() -> multiprocessing.context.BaseContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.warm"])
    return context


def _enter(
    environment: dict[str, str], arguments: tuple[str, ...], sabotage: tuple[Sabotage, ...], output: Path
) -> None:
    os.setsid()
    os.environ.update(environment)
    tempfile.tempdir = None
    with output.open("wb", buffering=0) as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    from pipelines.commands.cli import app

    for spoil in sabotage:
        spoil()
    app(args=list(arguments), prog_name="caselight")
