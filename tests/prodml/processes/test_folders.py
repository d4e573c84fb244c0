"""Does a folder go with its owner, and with it the processes that work there?"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodml.processes import OwnFolder

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


PIPELINE = """
import warnings
warnings.simplefilter("ignore")
from kfp import dsl
from prodml.local_pipelines import LocalRuns

@dsl.component(base_image="python:3.11", install_kfp_package=False)
def wait_long():
    import os, pathlib, time
    pathlib.Path(os.environ["TMPDIR"], "pid").write_text(str(os.getpid()))
    time.sleep(600)

@dsl.pipeline
def waiting():
    wait_long()

runs = LocalRuns()
print(runs._place.janitor, flush=True)
import threading, pathlib, time
def tell():
    file = runs.folder / "pid"
    while not (file.exists() and file.read_text()):
        time.sleep(0.02)
    pathlib.Path("told").write_text(file.read_text())
threading.Thread(target=tell, daemon=True).start()
"""


def until_told(folder: Path) -> int:
    """A descriptor of the step's process, once it runs."""
    for _ in range(3000):
        if (folder / "told").exists() and (text := (folder / "told").read_text()):
            return os.pidfd_open(int(text))
        time.sleep(0.02)
    pytest.fail("the step did not start")


def left(programs: Path) -> list[Path]:
    return list((programs / "temporary").glob("prodml-runs-*"))


@pytest.mark.parametrize("how", ["killed", "restart", "interrupt"])
def test_a_pipeline_cut_short(kernel: Any, programs: Path, over: Callable[[int], bool], how: str) -> None:
    """With a step at work: does it end with the kernel, killed or restarted, or with the interrupted cell?"""
    ran = kernel.run(PIPELINE)
    janitor = os.pidfd_open(int(ran.text))
    assert len(left(programs)) == 1
    asked = kernel.client.execute("runs.run(waiting)", stop_on_error=False)
    step = until_told(programs)
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
