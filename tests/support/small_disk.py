"""A disk that fills: a small file system in memory, mounted where only one run and what it starts can see it."""

import ctypes
import json
import os
import resource
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

NEW_NAMESPACE, NEW_USER = 0x00020000, 0x10000000  # unshare(2): CLONE_NEWNS, CLONE_NEWUSER
PRIVATE_AND_BELOW = (1 << 18) | (1 << 14)  # mount(2): MS_PRIVATE | MS_REC
MEGABYTES = 256
LARGEST_FILE = 65_536  # bytes: less than a warehouse, more than a run prints
BETWEEN = "\n-- the disk has room again --\n"


def run_on_small_disk(data: Path, saved: Path, free: int, look: Callable[[], object], told: Path, twice: bool) -> None:
    """Let this process go on with `data` on a disk with `free` bytes left beside `saved`; if `twice`, again with room.

    After each run `look` is asked what it sees there, and `told` gets a list of (exit code, what was seen).
    """
    make_room = _fill(data, saved, free) if _mount(data) else _limit(data, saved)
    seen = []
    for _ in range(1 + twice):
        code = _in_a_child(None)
        if code is None:
            return  # in the child: go on as the run
        seen.append((code, _look(look, told)))
        told.write_text(json.dumps(seen), "utf-8")
        make_room()
        os.write(1, BETWEEN.encode())
    os._exit(0)


def _mount(folder: Path) -> bool:
    """Mount an empty disk for this process and those it starts; give whether that was allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if libc.unshare(NEW_NAMESPACE if user == 0 else NEW_NAMESPACE | NEW_USER):
        return False
    if user:  # nobody but itself is known in the namespace of an ordinary user
        for file, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", file).write_text(line, "utf-8")
    libc.mount(b"none", b"/", None, PRIVATE_AND_BELOW, None)
    return libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={MEGABYTES}m,mode=0700".encode()) == 0


def _fill(data: Path, saved: Path, free: int) -> Callable[[], object]:
    """Leave so much room and no more; give what makes room again."""
    shutil.copytree(saved, data, symlinks=True, dirs_exist_ok=True)
    ballast = data / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(data).free - free)
    return ballast.unlink


def _limit(data: Path, saved: Path) -> Callable[[], object]:
    """Where nothing may be mounted: no file may grow beyond a small size; give what takes the limit away."""
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(saved, data, symlinks=True)
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE)
    limit((LARGEST_FILE, resource.RLIM_INFINITY))
    return partial(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


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
