"""Does freed memory go back to the system, and do threads share few heaps?"""

from __future__ import annotations

import subprocess
import sys

import pytest

from prodml.runtime import heap

pytestmark = pytest.mark.skipif(not heap._glibc(), reason="another C library")

FREED = """
import ctypes, threading
from prodml.runtime import heap
from prodml.runtime.memory import tree_memory

libc = ctypes.CDLL(None)
libc.malloc.restype = libc.memset.restype = ctypes.c_void_p
libc.memset.argtypes, libc.free.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t], [ctypes.c_void_p]
{first}
before = tree_memory()
blocks = [libc.malloc(60_000) for _ in range(1000)]
for block in blocks:
    libc.memset(block, 1, 60_000)
held = tree_memory() - before
for block in blocks[:-1]:  # the last one keeps the top of the heap
    libc.free(block)
{then}
print(held, tree_memory() - before)
"""


def kept(first: str = "", then: str = "") -> tuple[float, float]:
    """MB that 60 MB of small blocks take, and that stay when all but one are freed."""
    code = FREED.format(first=first, then=then)
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    held, left = map(int, said.split())
    return held / 1e6, left / 1e6


def test_give_back() -> None:
    """Does what was freed below a block that is used stay, and go when it is given back?"""
    held, left = kept()
    assert held > 50
    assert left > 50
    held, left = kept("heap.keep_little()", "heap.give_back()")
    assert held > 50
    assert left < 10


LET_GO = r"""
import re, numpy
from pathlib import Path
from prodml.runtime import heap

def read_only():
    found = re.search(r"Pss_File:\\s+(\\d+)", Path("/proc/self/smaps_rollup").read_text())
    rss = re.search(r"RssFile:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(rss[1])

before = read_only()
heap.unmap_clean()
after = read_only()
assert numpy.linalg.solve(numpy.eye(300), numpy.ones(300)).sum() == 300
print(before, after)
"""


def test_unmap_clean() -> None:
    """Are file pages that were only read let go, and does the process work on?"""
    said = subprocess.run([sys.executable, "-c", LET_GO], check=True, capture_output=True, text=True).stdout
    before, after = map(int, said.split())
    assert after < 0.5 * before
