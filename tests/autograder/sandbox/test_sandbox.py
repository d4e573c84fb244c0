"""Does every fence hold, is the whole group counted and stopped, and is nothing left?"""

from __future__ import annotations

import dataclasses
import json
import os
import select
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.sandbox import members
from autograder.sandbox.fences import Sandbox, read_fences
from autograder.sandbox.probe_limits import GREED
from autograder.sandbox.probes import PROBES
from autograder.sandbox.root import COVERS, free_folder
from autograder.sandbox.seccomp import program
from autograder.sandbox.trial import Trial, sandbox_here, try_sandbox
from autograder.sandbox.trying import BE_ROOT
from autograder.sandbox.watch import Watch

Run = Callable[..., Any]
FORKS = """
import os
came, here = os.pipe()
for _ in range(3):
    os.fork()
os.write(here, b"x")
if os.getpid() == 1:
    for _ in range(8):
        os.read(came, 1)
    tell("forked")
"""


def test_every_probe_is_stopped() -> None:
    """Each of them, by a reason that the kernel gave?"""
    trial = try_sandbox()
    assert trial.usable, trial.why
    assert set(trial.passed) == {*PROBES, *GREED, BE_ROOT}
    assert sandbox_here(("/data",)) == Sandbox(read_fences(), ("/data",))


def test_a_fence_that_is_down_is_named() -> None:
    assert Trial("", {}, ("read a file outside",)).why == "submissions could read a file outside"
    assert not Trial("no namespaces", {}, ()).usable


def test_the_filter_denies_what_the_file_names() -> None:
    """Does a name that is added change the program, and one that no machine knows not break it?"""
    fences = read_fences()
    assert program(fences) != program(dataclasses.replace(fences, denied=(*fences.denied, "getcwd")))
    assert program(dataclasses.replace(fences, denied=(*fences.denied, "no_such_call"))) == program(fences)


def test_what_a_course_changes_holds_inside(inside: Run, tmp_path: Path) -> None:
    """A limit, a mount and a denied call of its own?"""
    (tmp_path / "data").mkdir()
    defaults = read_fences()
    seen, denied = [*defaults.read_only, str(tmp_path / "data")], [*defaults.denied, "getcwd"]
    text = (
        f"[limits]\nopen_files = 40\n[mounts]\nread_only = {json.dumps(seen)}\n[calls]\ndenied = {json.dumps(denied)}\n"
    )
    (tmp_path / "fences.toml").write_text(text)
    fences = read_fences(tmp_path)
    code = (
        f"import os, resource\ntold = [resource.getrlimit(resource.RLIMIT_NOFILE)[1], os.path.isdir({seen[-1]!r})]\n"
        "try:\n    os.getcwd()\nexcept PermissionError:\n    told.append('denied')\ntell(told)"
    )
    run = inside(code, open_files=fences.open_files, read_only=fences.read_only, denied=fences.denied)
    assert run.heard() == "[40, True, 'denied']"


def test_all_processes_are_frozen_and_go_on(inside: Run) -> None:
    """Also those that fork all the time?"""
    run = inside(FORKS + "while True:\n    if os.fork() == 0: os._exit(0)\n    os.wait()\n", processes=120)
    assert run.heard() == "forked"
    assert members.freeze(run.first)
    before = {m: members.cpu_seconds([m]) for m in members.members(run.first)}
    assert len(before) >= 8
    for member, seconds in before.items():
        assert Path(member, "stat").read_text().rpartition(") ")[2][0] in "TtZD"
        assert members.cpu_seconds([member]) == seconds
    members.thaw(run.first)
    assert any(Path(m, "stat").read_text().rpartition(") ")[2][0] in "RS" for m in members.members(run.first))


def test_memory_counts_all_processes(inside: Run) -> None:
    """Four with a quarter each, and more: ended, with the reason?"""
    code = "import os\nwait()\nfor _ in range(3):\n    if os.fork() == 0: break\nkept = bytearray(os.urandom(1)) * (100 << 20)\nimport time\ntime.sleep(600)"
    run = inside(code, memory=250 << 20)
    run.go()
    assert run.heard() == ""
    assert run.watch.reason == "memory"


def test_memory_counts_files_that_hold_nothing(inside: Run) -> None:
    """The kernel needs some for each."""
    code = "i = 0\nwhile True:\n    open(f'/box/{i}', 'w').close()\n    i += 1"
    run = inside(code, memory=80 << 20)
    assert run.heard() == ""
    assert run.watch.reason == "memory"


def test_cpu_time_counts_all_processes(inside: Run) -> None:
    """Four that take a quarter each: before the kernel's limit on any one of them?"""
    run = inside("import os\nos.fork(), os.fork()\nwhile True: pass", cpu_seconds=2)
    assert run.heard() == ""
    assert run.watch.reason == "cpu"


def test_the_watch_counts_threads_whatever_the_kernel_lets_through(inside: Run) -> None:
    run = inside(FORKS + "import time\ntime.sleep(600)", processes=120)
    assert run.heard() == "forked"
    assert run.watch.reason is None
    stricter = Watch(run.first, dataclasses.replace(read_fences(), processes=3))
    assert run.heard() == ""
    stricter.end()
    assert stricter.reason == "threads"


def test_too_many_processes_cannot_start(inside: Run) -> None:
    code = "import os, time\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(600)\nexcept OSError as error:\n    tell(error)"
    assert "temporarily unavailable" in inside(code, processes=20).heard()


def test_everything_is_gone_afterwards(inside: Run) -> None:
    """Also what made itself a daemon?"""
    code = (
        FORKS
        + "if os.getpid() > 1: os.setsid()\nimport signal, time\n[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]\ntime.sleep(600)"
    )
    run = inside(code)
    assert run.heard() == "forked"
    within = [psutil.Process(run.first), *psutil.Process(run.first).children(recursive=True)]
    run.watch.end()
    assert len(within) == 8
    assert psutil.wait_procs(within, timeout=30)[1] == []


def test_it_ends_with_its_parent(inside: Run) -> None:
    """The warm parent killed: is the sandbox gone too?"""
    run = inside("import time\ntell('on')\ntime.sleep(600)")
    assert run.heard() == "on"
    first = os.pidfd_open(run.first)
    os.kill(run.parent.pid, signal.SIGKILL)
    assert select.select([first], [], [], 60)[0]
    os.close(first)


def test_what_is_seen_is_never_covered(tmp_path: Path, inside: Run) -> None:
    """A checkout in /tmp, /opt or /dev/shm: still there, and where there is no room, said so?"""
    assert free_folder(["/usr", "/mnt/course"]) not in ("/mnt", "/usr")
    with pytest.raises(OSError, match="lies in each of"):
        free_folder([f"{folder}/x" for folder in COVERS])
    here = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else tmp_path) / f"seen-{os.getpid()}"
    for folder in (tmp_path / "seen", here):
        folder.mkdir(exist_ok=True)
        (folder / "file").write_text("there")
    try:
        code = f"tell([open(p + '/file').read() for p in ({str(tmp_path / 'seen')!r}, {str(here)!r})])"
        seen = (*read_fences().read_only, str(tmp_path / "seen"), str(here))
        assert inside(code, read_only=seen).heard() == "['there', 'there']"
    finally:
        (here / "file").unlink()
        here.rmdir()
