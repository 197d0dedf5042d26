"""What something costs: CPU seconds of our processes, of PostgreSQL's apart, and the most memory that was resident."""

import os
import resource
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """CPU seconds are user and system time together; `peak_mib` is resident memory of the largest of our processes."""

    cpu: float
    server_cpu: float
    wall: float
    peak_mib: int

    def as_row(self) -> dict[str, Any]:
        return {name: round(value, 2) for name, value in asdict(self).items()}


def cost_of_command(command: Sequence[str], environment: Mapping[str, str], server: int | None = None) -> Cost:
    """Run a command to its end in a process of its own; raises CalledProcessError where it fails.

    The kernel counts the CPU of all its children that it waited for, and the greatest memory of any of them.
    """
    before, began = _of_server(server), time.monotonic()
    process = subprocess.Popen(command, env={**os.environ, **environment})
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    wall, spent = time.monotonic() - began, used.ru_utime + used.ru_stime
    return Cost(spent, _of_server(server) - before, wall, used.ru_maxrss // 1024)


def cost_of_call(call: Callable[[], object], server: int | None = None) -> Cost:
    """The cost of a call in this process; its peak is that of the process so far."""
    before, began, spent = _of_server(server), time.monotonic(), time.process_time()
    call()
    spent = time.process_time() - spent
    after = _of_server(server)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Cost(spent, after - before, time.monotonic() - began, peak)


def server_cpu(postmaster: int) -> float:
    """CPU seconds of a PostgreSQL server until now: the postmaster, its living children, and those it has reaped."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    own, reaped = _times(postmaster)
    return own + reaped + sum(_times(int(child))[0] for child in children)


def _of_server(server: int | None) -> float:
    return 0.0 if server is None else server_cpu(server)


def _times(pid: int) -> tuple[float, float]:
    """CPU seconds of a process itself, and of the children it has waited for; none where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0, 0.0
    user, system, children_user, children_system = (int(field) / TICKS for field in fields[11:15])
    return user + system, children_user + children_system
