"""Peak memory of processes and everything they started, while something runs.

Memory is the *proportional* set size (PSS): a page that n processes share counts 1/n in each of them, so that
forks and shared libraries are counted once over the whole tree. Linux only (`/proc/PID/smaps_rollup`).

What it does not see: a peak shorter than the pause between two samples; a process whose parent has ended (it
leaves the tree); processes of another user; memory that is swapped out; files in the page cache, and a mapped
file's pages in so far as processes outside of the tree map them too; what a file system in memory holds without
mapping it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from types import TracebackType

import psutil  # type: ignore[import-untyped]

# While a process forks or ends, shared pages are counted twice or not at all: such a sample is taken again.
ATTEMPTS = 5


def tree_memory(*pids: int, itself: bool = True) -> int:
    """Bytes of proportional memory that processes and their descendants hold now; 0 once they have ended.

    Args:
        pids: the roots of the trees, none of them in another one's; this process if there is none. A server's
            warm kernels are not its own children: its parent of warm kernels is a root beside it.
        itself: whether the roots count, or only what they started.
    """
    tree, held = _trees(pids, itself), 0
    for _ in range(ATTEMPTS):
        held = sum(_pss(process) for process in tree)
        before, tree = tree, _trees(pids, itself)
        if tree == before:
            break
    return held


def _trees(pids: Iterable[int], itself: bool) -> list[psutil.Process]:
    return [process for pid in tuple(pids) or (os.getpid(),) for process in _tree(pid, itself)]


def _tree(pid: int, itself: bool) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [*([root] if itself else []), *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


class PeakMemory:
    """The highest `tree_memory` seen in a `with` block: `with PeakMemory() as memory: …`, then `memory.peak`.

    Attributes:
        peak: bytes; it grows while the block runs, and is final after it. The first and the last sample are
            taken at the ends of the block.
    """

    def __init__(self, *pids: int, itself: bool = True, every: float = 0.1) -> None:
        """Args: `pids` and `itself` as in `tree_memory`; `every`: seconds between two samples."""
        self.peak = 0
        self._pids = pids
        self._itself = itself
        self._every = every
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peak-memory", daemon=True)

    def __enter__(self) -> PeakMemory:
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._sample()

    def _watch(self) -> None:
        while not self._ended.wait(self._every):
            self._sample()

    def _sample(self) -> None:
        self.peak = max(self.peak, tree_memory(*self._pids, itself=self._itself))


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it ended in the meantime, or belongs to another user
        return 0
