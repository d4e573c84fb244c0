"""Does an honest answer get its points each time, whatever is drawn, and however busy the machine is?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from autograder.proving.sheet import repeat_reference
from labs_cli.places import sandbox

TIMES = 30
# Busy until its parent has ended, in whatever way.
SPIN = "import os\nos.sched_setaffinity(0, [{core}])\nprint(flush=True)\nwhile os.getppid() == {parent}: pass"


@pytest.fixture
def busy_cores() -> Iterator[int]:
    """Each core has a process that takes all it can get, until the test is over; how many there are."""
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        for core in cores:
            command = [sys.executable, "-S", "-c", SPIN.format(core=core, parent=os.getpid())]
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            stack.callback(process.kill)
            assert process.stdout
            process.stdout.readline()
        yield len(cores)


def test_the_cores_are_busy(busy_cores: int) -> None:
    """Does each core have work of ours, which ends with the test?"""
    mine = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    used = [os.sched_getaffinity(int(pid)) for pid in mine]
    assert all({core} in used for core in os.sched_getaffinity(0))
    assert busy_cores == len(os.sched_getaffinity(0))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_an_honest_answer_never_fails(lab_dir: Path, busy_cores: int, report: Callable[..., None]) -> None:
    """Does the reference get all points in each run, with another variant and other hidden inputs each time?"""
    started = time.monotonic()
    results = repeat_reference(
        lab_dir,
        range(TIMES),
        sandbox=sandbox(),
        on_result=lambda r: print(f"{r.answer}, {r.exercise}: {r.message}"),
    )
    failed = [f"exercise {r.exercise}, {r.answer} of {TIMES}: {r.message}" for r in results if not r.ok]
    runs = Counter(r.exercise for r in results)
    seconds = round(time.monotonic() - started)
    longest = max(r.seconds * len(runs) for r in results)
    report("judged", lab_dir.name, exercises=len(runs), judged=len(results), seconds=seconds, longest=round(longest, 1))
    assert set(runs.values()) == {TIMES}
    assert not failed, "\n".join(failed)
