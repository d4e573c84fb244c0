"""Probes of the limits: each takes more than was promised. See probes.py."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import mmap
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from autograder.sandbox.promised import Promised

_libc = ctypes.CDLL(None, use_errno=True)


def lock_memory() -> None:
    """One page that the machine can then not swap out."""
    with mmap.mmap(-1, mmap.PAGESIZE) as page:
        held = ctypes.c_char.from_buffer(page)
        failed = _libc.mlock(ctypes.c_void_p(ctypes.addressof(held)), ctypes.c_size_t(mmap.PAGESIZE))
        del held
    if failed:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def message_queue() -> None:
    """A POSIX message queue: memory that no process holds."""
    if _libc.mq_open(b"/probe", os.O_CREAT | os.O_RDWR, 0o600, None) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def fill(promised: Promised) -> None:
    """All that can be written, in each place that can be."""
    block, done = bytes(1 << 16), 0
    files: list[Path] = []
    try:
        for folder in ("/box", "/tmp", "/dev/shm"):
            with contextlib.suppress(OSError):
                while done <= promised.box:
                    files.append(Path(folder, f"fill{len(files)}"))
                    with files[-1].open("wb", buffering=0) as file:
                        for _ in range(64):
                            done += file.write(block)
    finally:
        for path in files:
            path.unlink(missing_ok=True)
    if done <= promised.box:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def large_file(promised: Promised) -> None:
    """One byte more than a file may have."""
    path = Path("/box/large")
    try:
        path.touch()
        os.truncate(path, promised.file_size + 1)  # a hole: it takes no room
    finally:
        path.unlink(missing_ok=True)


def many_files(promised: Promised) -> None:
    """One open file too many."""
    opened: list[int] = []
    try:
        while len(opened) <= promised.open_files:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    finally:
        for fd in opened:
            os.close(fd)


def take_threads(promised: Promised) -> list[threading.Thread]:
    """Threads, for they count as processes do and need little."""
    started = []
    for _ in range(promised.processes + 8):
        started.append(threading.Thread(target=time.sleep, args=(600,), daemon=True))
        try:
            started[-1].start()
        except RuntimeError as error:
            raise OSError(str(error)) from None
    return started


def take_memory(promised: Promised) -> list[bytearray]:
    """In memory of its own, and a little more than there may be."""
    return [bytearray(os.urandom(1)) * (1 << 20) for _ in range((promised.memory >> 20) + 16)]


def take_memory_by_files(promised: Promised) -> bytearray:
    """Half of it as files, which no process holds."""
    half = promised.memory // 2
    Path("/box/half").write_bytes(bytes(half))
    return bytearray(b"x") * half


def take_cpu_time(promised: Promised) -> None:
    """In two processes, of which neither has more than there may be."""
    os.fork()
    while time.process_time() < 0.8 * promised.cpu_seconds:
        pass


# Ended from outside where no process takes too much by itself: name → how, and the reason that is then given.
GREED: dict[str, tuple[Callable[[Promised], object], str]] = {
    "start too many threads": (take_threads, "threads"),
    "use too much memory": (take_memory, "memory"),
    "use too much memory by files": (take_memory_by_files, "memory"),
    "use too much CPU time": (take_cpu_time, "cpu"),
}
