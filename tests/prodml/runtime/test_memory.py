"""Is the peak memory of a process tree what its processes really held?"""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from prodml.runtime import memory as memory_module
from prodml.runtime.memory import PeakMemory, tree_memory

MB = 2**20
# Hold as many MB as the first argument says, say so, and end when stdin does.
HOLD = "import sys; x = b'x' * (int(sys.argv[1]) << 20); print('ready', flush=True); sys.stdin.read()"
# The same in a child of the child; then both are there.
HOLD_BELOW = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}, sys.argv[1]])"
# Two forks that share what the parent holds.
SHARED = """
import os, sys
x = b'x' * (int(sys.argv[1]) << 20)
ready, done = os.pipe()
for _ in range(2):
    if os.fork() == 0:
        os.write(done, b'.'); sys.stdin.read(); os._exit(0)
os.read(ready, 1); os.read(ready, 1)
print('ready', flush=True); sys.stdin.read()
"""


def held_by(program: str, mb: int) -> int:
    """Bytes of the tree below this process while `program` holds `mb` MB."""
    command = [sys.executable, "-c", program, str(mb)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        return tree_memory(itself=False)


@pytest.mark.parametrize("program", [HOLD, HOLD_BELOW], ids=["child", "grandchild"])
def test_memory_of_every_generation_counts(program: str) -> None:
    """Does what a child or a grandchild holds count?"""
    assert held_by(program, 200) - held_by(program, 1) == pytest.approx(199 * MB, abs=20 * MB)


def test_trees_are_added() -> None:
    """Does what two processes hold count, of which neither has started the other?"""
    command = [sys.executable, "-c", HOLD, "100"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
    ):
        one.stdout.readline(), other.stdout.readline()
        both = tree_memory(one.pid, other.pid)
        assert both - tree_memory(one.pid) == pytest.approx(100 * MB, abs=30 * MB)


def test_shared_memory_counts_once() -> None:
    """Do three processes that share 200 MB hold 200 MB, not 600?"""
    assert held_by(SHARED, 200) - held_by(SHARED, 1) == pytest.approx(199 * MB, abs=40 * MB)


def test_peak_stays_after_the_memory_is_freed() -> None:
    """Is the peak kept when the block ends with less memory than it once held?"""
    with PeakMemory(every=0.01) as memory:
        before = memory.peak
        held = np.ones(100 * MB, np.uint8)
        while memory.peak < before + 90 * MB:  # ends by pytest's time limit if it is never seen
            held += 1
        del held
    assert tree_memory() < memory.peak
    assert memory.peak == pytest.approx(before + 100 * MB, abs=30 * MB)


def test_ended_process_holds_nothing() -> None:
    """Is a process that has ended no error?"""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert tree_memory(process.pid) == 0


def test_an_error_leaves_the_block() -> None:
    """Does an exception inside pass through, and is the thread gone?"""
    memory = PeakMemory()
    with pytest.raises(ZeroDivisionError), memory:
        1 / 0  # noqa: B018
    assert not memory._thread.is_alive()


def test_sample_in_the_middle_of_a_fork_is_taken_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is what a process held before it forked not added to what it shares with its child afterwards?"""
    trees = iter([["parent"], ["parent", "child"], ["parent", "child"]])
    held = iter([300, 150, 150])  # alone; then half each
    monkeypatch.setattr(memory_module, "_trees", lambda pids, itself: next(trees))
    monkeypatch.setattr(memory_module, "_pss", lambda process: next(held))
    assert tree_memory() == 300
    assert next(held, None) is None  # both halves were read
