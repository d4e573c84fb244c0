"""How much freed memory glibc keeps for a process: little, if it is asked.

TensorFlow starts about a hundred threads in each process of a cluster. glibc gives them up to eight heaps of
their own per core, and each keeps what was freed in it. Other C libraries are left as they are.
"""

from __future__ import annotations

import ctypes
import platform

ARENA_MAX, MMAP_THRESHOLD = -8, -3  # glibc's <malloc.h>
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
