"""The folders of our own PostgreSQL: made private, made whole or not at all, and never by changing what stood before.

Below the state folder:

    case_store/<cluster>/data           the cluster, which only its account can enter
    case_store/<cluster>/socket         the socket's folder, likewise; elsewhere when its path would be too long
    case_store/<cluster>/server.conf    our settings, written at every start
"""

import os
import re
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

from case_store.binaries import Account, can_enter, run_as
from case_store.errors import CaseStoreError

DATABASE = USER = "caselight"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107  # bytes, on Linux; macOS allows 103
ROOM_FOR_SHORT_FOLDER = 40
SETTINGS = Path(__file__).with_name("embedded.conf")


def store_folder(state: Path, cluster: str) -> Path:
    """Give the folder of one cluster below the state folder; the caller names the cluster after its checkout."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", cluster):
        raise CaseStoreError("A cluster's name may hold letters, digits, hyphens and underscores only: choose another.")
    return state.resolve() / "case_store" / cluster


def local_dsn(folder: Path) -> str:
    """Give the DSN of our own server, as psql and every other client reads it."""
    host = quote(str(_recorded_socket_folder(folder) or folder / "socket"), safe="/")
    return f"postgresql:///{DATABASE}?host={host}&port=5432&user={USER}"


def make_folders(folder: Path, account: Account | None) -> None:
    """Make what is missing of the way to the cluster's folder, open for the account to pass through and no more.

    Raises CaseStoreError when a folder that stood before keeps the account out: its mode is not ours to change.
    """
    for path in [*reversed(folder.parents), folder]:
        _make_folder(path, 0o711 if account else 0o700)
    if not can_enter(account, folder):
        user = f"the user {account.name}" if account else "this user"
        raise CaseStoreError(
            f"PostgreSQL runs as {user}, who cannot enter {folder}: set CASELIGHT_STATE to a folder on a way that is "
            "open to that user, such as /var/lib/caselight."
        )


def make_cluster(folder: Path, account: Account | None, binaries: Path) -> None:
    """Make the cluster under another name, then rename it: a start cut short leaves nothing that looks finished."""
    making = folder / "data.new"
    shutil.rmtree(making, ignore_errors=True)
    try:
        _make_folder(making, 0o700, account)
        _initialise(making, account, binaries)
        making.rename(folder / "data")
    finally:
        shutil.rmtree(making, ignore_errors=True)


def write_settings(folder: Path, account: Account | None) -> None:
    """Write our settings beside the cluster, with a private socket folder that is made if need be."""
    quoted = str(_make_socket_folder(folder, account)).replace("'", "''")
    settings = SETTINGS.read_text(encoding="utf-8")
    configuration = folder / "server.conf"
    configuration.write_text(f"{settings}unix_socket_directories = '\"{quoted}\"'\n", encoding="utf-8")
    configuration.chmod(0o644)  # the account reads it; it is ours, and holds no secret


def server_lives(folder: Path) -> bool:
    """Whether the server named in postmaster.pid lives, and is not another process that bears its number by now."""
    try:
        number = int((folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(number, 0)
        if Path("/proc/self/cmdline").exists():
            return os.fsencode(folder / "data") in Path(f"/proc/{number}/cmdline").read_bytes()
    except (OSError, ValueError):
        return False
    return True


def remove_stale_locks(folder: Path) -> None:
    """Remove what a killed server left: PostgreSQL would heed it when another process, or its corpse, bears its number.

    Only for a server that `server_lives` denies; a killed one's children are still told by the memory they hold.
    """
    socket_folder = _recorded_socket_folder(folder) or folder / "socket"
    for lock in (folder / "data" / "postmaster.pid", socket_folder / f"{SOCKET_NAME}.lock"):
        lock.unlink(missing_ok=True)


def server_error(folder: Path, printed: str = "") -> CaseStoreError:
    """Put into one sentence why a PostgreSQL program failed, from what it printed and the end of the server's log."""
    log = folder / "data" / "server.log"
    text = printed + (log.read_text(errors="replace")[-4000:] if log.is_file() else "")
    if "No space left on device" in text:
        return full_disk(folder)
    reasons = [line.strip() for line in text.splitlines() if "FATAL" in line or "error" in line.lower()]
    reason = reasons[-1] if reasons else "it gave no reason"
    return CaseStoreError(f"PostgreSQL could not do its work in {folder} ({reason}): see {log}.")


def full_disk(folder: Path) -> CaseStoreError:
    """Say that the disk is full."""
    return CaseStoreError(
        f"The disk that holds {folder} is full: free some space, or set CASELIGHT_STATE to a folder on another disk."
    )


def _initialise(making: Path, account: Account | None, binaries: Path) -> None:
    """Make a cluster with our database in it; bytewise order, since every machine knows it."""
    options = ["--username", USER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    single = [str(binaries / "postgres"), "--single", "-j", "-F", "-D", str(making), "postgres"]
    for command, stdin in (
        ([str(binaries / "initdb"), "-D", str(making), *options], ""),
        (single, f"create database {DATABASE};\n\n"),
    ):
        code, printed = run_as(account, command, stdin)
        if code != 0:
            raise server_error(making.parent, printed)
    with (making / "postgresql.conf").open("a", encoding="utf-8") as configuration:
        configuration.write("include '../server.conf'\n")


def _make_folder(folder: Path, mode: int, owner: Account | None = None) -> None:
    """Make one folder with exactly this mode, whatever the umask; a folder that stands is left as it is."""
    if folder.exists():
        return
    folder.mkdir(mode=0o700)
    folder.chmod(mode)
    if owner is not None:
        os.chown(folder, owner.uid, owner.gid)


def _make_socket_folder(folder: Path, account: Account | None) -> Path:
    """Give a private folder whose path is short enough for a socket, and record it beside the cluster."""
    chosen = _recorded_socket_folder(folder)
    if chosen is None or not chosen.is_dir():
        chosen = folder / "socket"
        if len(os.fsencode(chosen / SOCKET_NAME)) > LONGEST_SOCKET_PATH:
            chosen = _make_short_folder(account)
        _make_folder(chosen, 0o700, account)
        (folder / "socket_folder").write_text(str(chosen), encoding="utf-8")
    return chosen


def _make_short_folder(account: Account | None) -> Path:
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        if len(os.fsencode(parent)) <= LONGEST_SOCKET_PATH - ROOM_FOR_SHORT_FOLDER and can_enter(account, parent):
            made = Path(tempfile.mkdtemp(prefix="caselight-", dir=parent))
            if account is not None:
                os.chown(made, account.uid, account.gid)
            return made
    raise CaseStoreError("No folder has a path short enough for a socket: set CASELIGHT_STATE to a shorter path.")


def _recorded_socket_folder(folder: Path) -> Path | None:
    record = folder / "socket_folder"
    return Path(record.read_text(encoding="utf-8")) if record.is_file() else None
