"""Peak memory of a process and everything it started, while something runs.

Memory is the *proportional* set size (PSS): a page that n processes share counts 1/n in each of them, so that
forks and shared libraries are counted once over the whole tree. Linux only (`/proc/PID/smaps_rollup`).

What it does not see: a peak shorter than the pause between two samples; a process whose parent has ended (it
leaves the tree); processes of another user; memory that is swapped out; files in the page cache; what a file
system in memory holds without mapping it.
"""

from __future__ import annotations

import os
import threading
from types import TracebackType

import psutil  # type: ignore[import-untyped]

# While a process forks or ends, shared pages are counted twice or not at all: such a sample is taken again.
ATTEMPTS = 5


def tree_memory(pid: int | None = None, *, itself: bool = True) -> int:
    """Bytes of proportional memory that a process and its descendants hold now; 0 once they have ended.

    Args:
        pid: the root of the tree; None for this process.
        itself: whether the root counts, or only what it started.
    """
    tree, held = _tree(pid, itself), 0
    for _ in range(ATTEMPTS):
        held = sum(_pss(process) for process in tree)
        before, tree = tree, _tree(pid, itself)
        if tree == before:
            break
    return held


def _tree(pid: int | None, itself: bool) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid or os.getpid())
        return [*([root] if itself else []), *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


class PeakMemory:
    """The highest `tree_memory` seen in a `with` block: `with PeakMemory() as memory: …`, then `memory.peak`.

    Attributes:
        peak: bytes; it grows while the block runs, and is final after it. The first and the last sample are
            taken at the ends of the block.
    """

    def __init__(self, pid: int | None = None, *, itself: bool = True, every: float = 0.1) -> None:
        """Args: `pid` and `itself` as in `tree_memory`; `every`: seconds between two samples."""
        self.peak = 0
        self._pid = pid or os.getpid()
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
        self.peak = max(self.peak, tree_memory(self._pid, itself=self._itself))


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it ended in the meantime, or belongs to another user
        return 0
