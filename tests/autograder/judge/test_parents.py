"""Do workers share what an assignment imports, and does each one's processes end with it?"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.judge.parents import SharedParents, WarmParents

SECONDS = 60
WORKER = """
import sys
from pathlib import Path
from autograder.judge.parents import WarmParents
warm = WarmParents((), shared=Path(sys.argv[1]))
print(warm.fork("learner", {}).pid, warm.fork("base", {}).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[SharedParents]:
    """Parents in a folder whose path is longer than a socket's name may be."""
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    with SharedParents(("json",), deep) as shared:
        yield shared


def test_they_fork_what_they_have_imported(shared: SharedParents) -> None:
    """A worker's own parents would be children of the worker."""
    with WarmParents(("json",), shared=shared.folder) as one, WarmParents(("json",), shared=shared.folder) as two:
        mine, theirs = ([_above(warm, role) for role in ("learner", "base")] for warm in (one, two))
        assert [parents[0] for parents in mine] != [parents[0] for parents in theirs]
        assert [parents[1:] for parents in mine] == [parents[1:] for parents in theirs]
        assert all(parents[2] == psutil.Process() for parents in mine)


def test_a_fork_holds_one_conversation(shared: SharedParents) -> None:
    """With the socket at which workers call, a learner's code could answer them."""
    with WarmParents((), shared=shared.folder) as warm:
        learner = warm.fork("learner", {})
        learner.run_cell("", SECONDS)  # it serves: what it closes is closed
        names = [str(path.readlink()) for path in Path(f"/proc/{learner.pid}/fd").iterdir()]
        assert len([name for name in names if name.startswith("socket:")]) == 1
        learner.end()


def test_a_worker_takes_its_own_with_it(shared: SharedParents) -> None:
    """Killed with -9, while another one goes on."""
    with WarmParents((), shared=shared.folder) as other, _worker(shared) as worker:
        assert worker.stdout is not None
        theirs = [psutil.Process(int(pid)) for pid in worker.stdout.readline().split()]
        theirs += [parent for process in theirs if (parent := process.parent())]
        assert len(theirs) == 4
        worker.kill()
        assert psutil.wait_procs(theirs, SECONDS)[1] == []
        assert len(_above(other, "base")) > 2


def test_without_them_a_worker_starts_its_own(shared: SharedParents) -> None:
    """They may have been killed, for want of memory."""
    for process in psutil.Process().children():
        process.kill()
        process.wait(SECONDS)
    with WarmParents((), shared=shared.folder) as warm:
        assert _above(warm, "base")[1] == psutil.Process()


def test_nothing_is_left(tmp_path: Path) -> None:
    others = set(psutil.Process().children(recursive=True))  # of tests that keep theirs
    with contextlib.ExitStack() as stack:
        shared = stack.enter_context(SharedParents((), tmp_path))
        warm = stack.enter_context(WarmParents((), shared=shared.folder))
        stack.enter_context(contextlib.closing(warm.fork("learner", {}).wire))
        family = [child for child in psutil.Process().children(recursive=True) if child not in others]
        assert len(family) == 5
    assert psutil.wait_procs(family, SECONDS)[1] == []
    assert not shared.folder.exists()


def _above(warm: WarmParents, role: str) -> list[psutil.Process]:
    """The process that forks a role, the one that this was started by, and so on."""
    fork = warm.fork(role, {})
    try:
        return psutil.Process(fork.pid).parents()
    finally:
        fork.end()


def _worker(shared: SharedParents) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, str(shared.folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
