"""How much freed memory glibc keeps for a process: little, if it is asked.

TensorFlow starts about a hundred threads in each process of a cluster. glibc gives them up to eight heaps of
their own per core, and each keeps what was freed in it. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import platform
import re
from pathlib import Path

ARENA_MAX, MMAP_THRESHOLD = -8, -3  # glibc's <malloc.h>
DONTNEED = 4  # Linux's <sys/mman.h>
HEAD = re.compile(r"(?P<first>[0-9a-f]+)-(?P<last>[0-9a-f]+) (?P<rights>\S+) \S+ \S+ \S+\s*(?P<path>.*)")
HEAPS = 2
LARGE = 1 << 20  # bytes; a block of this size or more goes back to the system as soon as it is freed


def keep_little() -> None:
    """From now on, in this process: few heaps, and large blocks outside of them."""
    if _glibc():
        libc = ctypes.CDLL(None)
        libc.mallopt(ARENA_MAX, HEAPS)
        libc.mallopt(MMAP_THRESHOLD, LARGE)


def give_back() -> None:
    """What this process has freed goes back to the system now."""
    if _glibc():
        ctypes.CDLL(None).malloc_trim(0)


def _glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"


def unmap_clean() -> None:
    """Let go of file pages that this process has only read; whoever needs one maps it again, from the page cache.

    Importing a large library maps all of it, and a process that only forks needs little. Pages that were written,
    those of the linker among them, stay.
    """
    if not _glibc():
        return
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for first, last in _clean():
        madvise(first, last - first, DONTNEED)


def _clean() -> list[tuple[int, int]]:
    """Address ranges of read-only files without a written page."""
    found, current = [], None
    for line in Path("/proc/self/smaps").read_text().splitlines():
        head = HEAD.match(line)
        if head:
            unwritten = "w" not in head["rights"] and head["path"].startswith("/")
            current = (int(head["first"], 16), int(head["last"], 16)) if unwritten else None
        elif current and line.startswith("Anonymous:") and line.split()[1] == "0":
            found.append(current)
    return found
