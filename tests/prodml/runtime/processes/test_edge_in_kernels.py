"""Do the processes of lab 19 end in whatever way its kernel does, and is no file left?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from prodml.anywhere.kubeflow.flight_steps import to_lite

SERVE = """
import pathlib, time
from prodml.anywhere.kubeflow.model_server import model_server
with model_server(pathlib.Path("linear.tflite").read_bytes()) as server:
    print(server.process.pid, server.url.rsplit(":", 1)[1], flush=True)
    time.sleep(600)
"""
EXAMINE = """
from prodml.models.litert import examine
SLOW = "import os, pathlib, time; pathlib.Path('pid').write_text(str(os.getpid())); time.sleep(600)"
class Slow:  # the real work would be done before we look
    def __reduce__(self):
        return exec, (SLOW,)
examine.seconds = 600
examine(b"", Slow())
"""


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model of one layer."""
    import numpy as np

    path = tmp_path_factory.mktemp("model") / "linear.tflite"
    to_lite(np.ones(3, np.float32), path)
    return path.read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_server_is_left(
    kernel: Any, programs: Path, over: Callable[[int], bool], lite: bytes, number: signal.Signals
) -> None:
    """Interrupted while it serves, or killed with the server running: are process, port and files gone?"""
    (programs / "linear.tflite").write_bytes(lite)
    before = set((programs / "temporary").iterdir())
    found: list[int] = []

    def end(message: dict[str, Any]) -> None:
        if message["msg_type"] == "stream" and not found and message["content"]["name"] == "stdout":
            pid, port = map(int, message["content"]["text"].split())
            (folder,) = set((programs / "temporary").iterdir()) - before
            found.extend((os.pidfd_open(pid), port, os.pidfd_open(janitor_of(folder))))
            os.kill(kernel.pid, number)

    _run_until_the_end(kernel, SERVE, end, number)
    assert over(found[0])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", found[1])) != 0
    assert over(found[2])
    assert set((programs / "temporary").iterdir()) - before == set()


def janitor_of(folder: Path) -> int:
    """Process id of the shell that removes a folder when its owner has ended."""
    return next(p.pid for p in psutil.process_iter(["cmdline"]) if (p.info["cmdline"] or [""])[-1] == str(folder))


def _run_until_the_end(kernel: Any, source: str, end: Callable[[dict[str, Any]], None], number: signal.Signals) -> None:
    if number == signal.SIGINT:
        assert kernel.run(source, on=end).reply["ename"] == "KeyboardInterrupt"
        return
    kernel.client.execute(source)
    while True:
        message = kernel.client.get_iopub_msg(timeout=60)
        end(message)
        if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
            return


def test_the_worker_dies_with_its_parent(tmp_path: Path, over: Callable[[int], bool]) -> None:
    """Is the process that opens a model gone when the one that asked is killed?"""
    os.mkfifo(tmp_path / "pid")  # to read from it waits until the worker has written
    asking = subprocess.Popen([sys.executable, "-c", EXAMINE], cwd=tmp_path)
    worker = os.pidfd_open(int((tmp_path / "pid").read_text()))
    asking.kill()
    asking.wait()
    assert over(worker)
