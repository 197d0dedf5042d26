"""The case store's PostgreSQL: the one a DSN names, else one of our own, which holds synthetic children only.

Our own server listens on a socket in a folder that only its account can enter (so it asks for no password), and on no
network. The wheel's own way of starting is not used: as root it opens every parent folder up to the root.
"""

import errno
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from psycopg import pq

from case_store.binaries import Account, find_binaries, major_version, run_as, server_account
from case_store.cluster import (
    full_disk,
    local_dsn,
    make_cluster,
    make_folders,
    remove_stale_locks,
    server_error,
    server_lives,
    store_folder,
    write_settings,
)
from case_store.errors import CaseStoreError

PATIENCE = 60  # seconds for a start, a stop, or another process's start


@dataclass(frozen=True)
class StoreAddress:
    """Where the case store is; `is_embedded` when it is our own server, which may hold synthetic children only."""

    dsn: str
    is_embedded: bool


def resolve_store(dsn: str | None, state: Path, cluster: str) -> StoreAddress:
    """Give the address of a case store; a given DSN is used as it is, and nothing is started then.

    Else our own server is started if need be, as `start` does. Raises CaseStoreError naming the three ways when no
    PostgreSQL can be had.
    """
    return StoreAddress(dsn, False) if dsn else StoreAddress(start(state, cluster), True)


def is_running(state: Path, cluster: str) -> bool:
    """Whether our own server answers."""
    folder = store_folder(state, cluster)
    with _plain_errors(folder):
        return _answer(folder) == pq.Ping.OK


def start(state: Path, cluster: str) -> str:
    """Start our own server if it does not run, making its cluster the first time, and give its DSN.

    Safe against a second process starting it at once, and after earlier starts and servers that were killed.
    Raises CaseStoreError when there is no PostgreSQL, no way into the state folder, or no room on the disk.
    """
    folder = store_folder(state, cluster)
    with _plain_errors(folder):
        if _answer(folder) != pq.Ping.OK:
            account = server_account()
            make_folders(folder, account)
            with _lock(folder):
                _start_locked(folder, account)
        return local_dsn(folder)


def programs(state: Path, cluster: str) -> Path:
    """Give the folder of the PostgreSQL programs that `start` uses. Raises CaseStoreError as `start` does."""
    folder, account = store_folder(state, cluster), server_account()
    with _plain_errors(folder):
        make_folders(folder, account)
        return find_binaries(account, folder.parent)


def stop(state: Path, cluster: str) -> bool:
    """Stop our own server; give whether there was one to stop."""
    folder = store_folder(state, cluster)
    if not server_lives(folder):
        return False
    account = server_account()
    with _plain_errors(folder), _lock(folder):
        _stop_locked(folder, account, find_binaries(account, folder.parent))
    return True


def _start_locked(folder: Path, account: Account | None) -> None:
    if _answer(folder) == pq.Ping.NO_RESPONSE:
        binaries = find_binaries(account, folder.parent)
        if not (folder / "data").exists():
            make_cluster(folder, account, binaries)
        _check_version(folder, major_version(account, binaries))
        _stop_locked(folder, account, binaries)
        write_settings(folder, account)
        remove_stale_locks(folder)
        _launch(folder, account, binaries)
    _await_ready(folder)


def _stop_locked(folder: Path, account: Account | None, binaries: Path) -> None:
    """Stop a server that lives, even one that cannot be reached since its socket's folder was swept away."""
    if server_lives(folder):
        command = [str(binaries / "pg_ctl"), "stop", "-D", str(folder / "data"), "--mode=fast", f"--timeout={PATIENCE}"]
        code, printed = run_as(account, command)
        if code != 0 and server_lives(folder):
            raise server_error(folder, printed)


def _launch(folder: Path, account: Account | None, binaries: Path) -> None:
    """Start the server; processes left by a killed one hold its memory for a moment, so it is tried again."""
    data = folder / "data"
    command = [str(binaries / "pg_ctl"), "start", "-D", str(data), f"--timeout={PATIENCE}", "--log"]
    for pause in (0.2, 0.5, 1, 2, None):
        code, printed = run_as(account, [*command, str(data / "server.log")])
        if code == 0:
            return
        if pause is None:
            raise server_error(folder, printed)
        time.sleep(pause)


def _check_version(folder: Path, version: str) -> None:
    made_by = (folder / "data" / "PG_VERSION").read_text().strip()
    if made_by != version:
        raise CaseStoreError(
            f"The case store in {folder} was made by PostgreSQL {made_by}, and this machine now has {version}: remove "
            "that folder (its children are synthetic) and seed again, or install the older one."
        )


def _answer(folder: Path) -> int:
    return pq.PGconn.ping(local_dsn(folder).encode())


def _await_ready(folder: Path) -> None:
    """Wait for a server on its way up, such as one whose starter was killed."""
    deadline = time.monotonic() + PATIENCE
    while _answer(folder) != pq.Ping.OK:
        if time.monotonic() > deadline:
            raise server_error(folder)
        time.sleep(0.1)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    try:
        with FileLock(folder / "start.lock", timeout=2 * PATIENCE):
            yield
    except Timeout:
        raise CaseStoreError(f"Another process is starting or stopping the server in {folder}: try again.") from None


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    """Put what the system refuses into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC or "No space left on device" in str(error):
            raise full_disk(folder) from error
        raise CaseStoreError(
            f"The folder {folder} cannot be used ({error.strerror or type(error).__name__}): set CASELIGHT_STATE to a "
            "folder of yours."
        ) from error
