"""A disk that fills: a small file system in memory, mounted where only one run and what it starts can see it."""

import ctypes
import json
import os
import resource
import shutil
from collections.abc import Callable
from pathlib import Path

NEW_NAMESPACE, NEW_USER = 0x00020000, 0x10000000  # unshare(2): CLONE_NEWNS, CLONE_NEWUSER
PRIVATE_AND_BELOW = (1 << 18) | (1 << 14)  # mount(2): MS_PRIVATE | MS_REC
MEGABYTES = 256
BETWEEN = "\n-- the disk has room again --\n"


def run_on_small_disk(data: Path, saved: Path, free: int, look: Callable[[], object], told: Path, twice: bool) -> None:
    """Let this process go on with `data` on a disk with `free` bytes left beside `saved`; if `twice`, again with room.

    After each run `look` is asked what it sees there, and `told` gets a list of (exit code, what was seen).
    """
    ballast = _fill(data, saved, free) if _mount(data) else _limit(data, saved, free)
    seen = []
    for _ in range(1 + twice):
        code = _in_a_child(None)
        if code is None:
            return  # in the child: go on as the run
        seen.append((code, _look(look, told)))
        told.write_text(json.dumps(seen), "utf-8")
        ballast.unlink(missing_ok=True)
        os.write(1, BETWEEN.encode())
    os._exit(0)


def _mount(folder: Path) -> bool:
    """Mount an empty disk for this process and those it starts; give whether that was allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_NAMESPACE if os.geteuid() == 0 else NEW_NAMESPACE | NEW_USER):
        return False
    libc.mount(b"none", b"/", None, PRIVATE_AND_BELOW, None)
    return libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={MEGABYTES}m,mode=0700".encode()) == 0


def _fill(data: Path, saved: Path, free: int) -> Path:
    shutil.copytree(saved, data, symlinks=True, dirs_exist_ok=True)
    ballast = data / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(data).free - free)
    return ballast


def _limit(data: Path, saved: Path, free: int) -> Path:
    """Where nothing may be mounted: no file of this process may grow beyond a part of what is free."""
    shutil.copytree(saved, data, symlinks=True, dirs_exist_ok=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free // 8, resource.RLIM_INFINITY))
    return data / "ballast"


def _in_a_child(work: Callable[[], object] | None) -> int | None:
    """Do the work in a child and give its exit code; without work, return None in the child and let it go on."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if work is None:
        return None
    work()
    os._exit(0)


def _look(look: Callable[[], object], told: Path) -> object:
    """What `look` sees, asked in a child: this process may not start threads, for it forks again."""
    answer = told.with_suffix(".look")
    code = _in_a_child(lambda: answer.write_text(json.dumps(look()), "utf-8"))
    return json.loads(answer.read_text("utf-8")) if code == 0 else f"looking ended with {code}"
