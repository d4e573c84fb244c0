"""The processes in a sandbox, seen and signalled from outside.

`first` is the process id, out here, of the first process inside. Its own /proc lists the sandbox's processes and no
others, and a folder of it works as a pidfd: no process id can be mistaken for another's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

STOPPED = {"T", "t", "Z", "X", "D", ""}  # D: a vfork's parent waits there for its stopped child
INODE = 1024  # bytes, about: of kernel memory for an empty file
TICKS = os.sysconf("SC_CLK_TCK")


def first_inside(keeper: int) -> int | None:
    """The first process of the sandbox that `keeper` made, or None if it is not there."""
    try:
        return int(Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return None


def members(first: int) -> list[str]:
    """Folders of the sandbox's processes."""
    proc = f"/proc/{first}/root/proc"
    try:
        return [f"{proc}/{path.name}" for path in Path(proc).iterdir() if path.name.isdigit()]
    except OSError:
        return []


def users(process: int) -> list[int]:
    """Who a process is out here: its real, effective, saved and file system's user."""
    return [int(x) for x in _read(f"/proc/{process}/status").partition("\nUid:")[2].splitlines()[0].split()]


def send(member: str, number: signal.Signals) -> None:
    """Signal one process, if it is still there."""
    with contextlib.suppress(OSError):
        fd = os.open(member, os.O_RDONLY | os.O_DIRECTORY)
        try:
            signal.pidfd_send_signal(fd, number)
        finally:
            os.close(fd)


def freeze(first: int, seconds: float = 2.0) -> bool:
    """Stop every process and thread, the first one too; whether all stand still."""
    deadline = time.monotonic() + seconds
    signalled: set[str] = set()
    while time.monotonic() < deadline:
        moving = [m for m in members(first) if m not in signalled or {_state(t) for t in _tasks(m)} - STOPPED]
        if not moving:
            return bool(signalled)
        for member in moving:
            send(member, signal.SIGSTOP)
        signalled.update(moving)
        time.sleep(0.001)
    return False


def thaw(first: int) -> None:
    """Let them go on."""
    for member in members(first):
        send(member, signal.SIGCONT)


def threads(all_members: Iterable[str]) -> int:
    """Threads of all processes."""
    return sum(len(_tasks(m)) for m in all_members)


def resident(all_members: Iterable[str]) -> int:
    """Anonymous and shared memory, bytes: a quick upper bound, for pages that a fork shares are counted each time."""
    return sum(
        max((_kib(t + "/status", "RssAnon:", "RssShmem:", "VmPTE:") for t in _tasks(m)[:2]), default=0)
        for m in all_members
    )


def proportional(all_members: Iterable[str]) -> int:
    """Proportional memory, bytes: exact, and some milliseconds per process."""
    return sum(_kib(m + "/smaps_rollup", "Pss:") or _kib(m + "/status", "RssAnon:") for m in all_members)


def written(first: int, places: Iterable[str]) -> int:
    """Bytes of the files that the sandbox's file systems at `places` hold, and of what the kernel needs per file."""
    systems = {}
    for place in places:
        with contextlib.suppress(OSError):
            path = Path(f"/proc/{first}/root{place}")
            systems[path.stat().st_dev] = os.statvfs(path)
    return sum((s.f_blocks - s.f_bfree) * s.f_frsize + (s.f_files - s.f_ffree) * INODE for s in systems.values())


def cpu_seconds(all_members: Iterable[str]) -> float:
    """CPU time of all processes and of the children that they have waited for."""
    return sum(sum(map(int, fields[11:15])) for m in all_members if (fields := _stat(m))) / TICKS


def _tasks(member: str) -> list[str]:
    """Its threads: when the first one has ended, only another's status tells the memory."""
    try:
        return [str(path) for path in Path(member, "task").iterdir()]
    except OSError:
        return []


def _state(task: str) -> str:
    fields = _stat(task)
    return fields[0] if fields else ""


def _stat(folder: str) -> list[str]:
    return _read(folder + "/stat").rpartition(") ")[2].split()


def _kib(path: str, *names: str) -> int:
    text = _read(path)
    return 1024 * sum(int(text.partition(name)[2].split(None, 1)[0]) for name in names if name in text)


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
