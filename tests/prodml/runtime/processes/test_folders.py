"""Does a folder go with its owner, and with it the processes that work there?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodml.runtime.processes import OwnFolder

SLEEP = ["sh", "-c", "sleep 600 & wait"]  # a process, and one that it has started


def test_removed(over: Callable[[int], bool]) -> None:
    """Do folder and processes go, and nothing else?"""
    folder = OwnFolder("prodml-test-")
    (folder.path / "file").write_text("x")
    with subprocess.Popen(SLEEP, env={**os.environ, **folder.environment}) as inside, subprocess.Popen(SLEEP) as other:
        folder.remove()
        assert not folder.path.exists()
        assert inside.wait(30) == -signal.SIGKILL
        assert other.poll() is None
        other.kill()
    folder.remove()


def test_only_the_processes() -> None:
    """Does the folder stay when only its processes are ended?"""
    folder = OwnFolder("prodml-test-")
    with subprocess.Popen(SLEEP, env={**os.environ, **folder.environment}) as inside:
        folder.end_processes()
        assert inside.wait(30) == -signal.SIGKILL
    assert folder.path.is_dir()
    path = folder.path
    del folder
    assert not path.exists()


OWNER = """
from prodml.runtime.processes import OwnFolder
folder = OwnFolder("prodml-test-")
(folder / "file").write_text("x")
print(folder.janitor, flush=True)
input()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_owner(tmp_path: Path, over: Callable[[int], bool], how: signal.Signals) -> None:
    """Is it removed when its process is killed?"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", OWNER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as owner:
        janitor = os.pidfd_open(int(owner.stdout.readline()))
        assert len(list(tmp_path.iterdir())) == 1
        owner.send_signal(how)
    assert over(janitor)
    assert not list(tmp_path.iterdir())


def test_a_killed_janitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is it removed all the same when somebody has killed the shell?"""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = OwnFolder("prodml-test-")
    os.kill(folder.janitor, signal.SIGKILL)
    folder.remove()
    assert not list(tmp_path.iterdir())


PIPELINE = """
import warnings
warnings.simplefilter("ignore")
from kfp import dsl, local
from prodml.anywhere.kubeflow.local_pipelines import LocalRuns

@dsl.component(base_image="python:3.11", install_kfp_package=False)
def wait_long():
    import os, pathlib, time
    pathlib.Path(os.environ["STEP"]).write_text(str(os.getpid()))
    time.sleep(600)

@dsl.pipeline
def waiting():
    wait_long()

runs = LocalRuns()
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(runs.artifacts))
print(runs._place.janitor, flush=True)
"""


def left(programs: Path) -> list[Path]:
    return list((programs / "temporary").glob("prodml-runs-*"))


@pytest.mark.parametrize("how", ["killed", "restart", "interrupt"])
def test_a_pipeline_cut_short(kernel: Any, programs: Path, over: Callable[[int], bool], how: str) -> None:
    """With a step at work: does it end with the kernel, killed or restarted, or with the interrupted cell?"""
    pipe = programs / "step"  # to read from it waits until the step has written
    os.mkfifo(pipe)
    ran = kernel.run(f"import os; os.environ['STEP'] = {str(pipe)!r}\n{PIPELINE}")
    janitor = os.pidfd_open(int(ran.text))
    assert len(left(programs)) == 1
    asked = kernel.client.execute("with runs.recorded():\n    waiting()", stop_on_error=False)
    step = os.pidfd_open(int(pipe.read_text()))
    if how == "killed":
        os.kill(kernel.pid, signal.SIGKILL)
    elif how == "restart":
        kernel.restart(now=True)
    else:
        kernel.manager.interrupt_kernel()
        while (reply := kernel.client.get_shell_msg(timeout=30))["parent_header"]["msg_id"] != asked:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
    assert over(step)
    if how == "interrupt":
        assert kernel.run("runs.close()").reply["status"] == "ok"
    assert over(janitor)
    assert not left(programs)
