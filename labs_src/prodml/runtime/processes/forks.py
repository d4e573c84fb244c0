"""A process that imports modules once and forks others: what a stock kernel, which has no spare, gets for a group.

Four processes that import TensorFlow each hold 430 MB of their own; forked from one that has, they hold 30 to 100.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from prodml.runtime.warm import Spare, wire
from prodml.runtime.warm.spare import live

COMMAND = "import sys; from prodml.runtime.processes.forks import main; main(sys.argv[1])"
# A forker has one thread. pyarrow, which TensorFlow imports where it is there, would start one more.
ONE_THREAD = {
    "MALLOC_ARENA_MAX": "2",  # else each of the forks has an arena per thread
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class Forks:
    """Starts such a process. It ends with `end`, and with the process that started it, however that ends.

    Attributes:
        spare: what forks; its first fork waits until the imports are done.
    """

    def __init__(self, preload: Sequence[str], log_path: Path) -> None:
        ours, theirs = wire.pair()
        request = {"owner": os.getpid(), "path": sys.path, "preload": list(preload), "control": theirs.fileno()}
        with theirs, log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, json.dumps(request)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **ONE_THREAD},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = ours
        self.spare = Spare(ours, self._process.pid)

    def end(self) -> None:
        """End it and all that it has forked, and wait until it is gone."""
        self._control.close()
        try:
            self._process.wait(10)
        finally:
            self._process.kill()
            self._process.wait()


def main(text: str) -> None:
    """What such a process does."""
    request = json.loads(text)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.path[:] = request["path"]
    for name in request["preload"]:
        importlib.import_module(name)
    gc.disable()  # a fork switches it on again
    gc.freeze()  # what has been imported is left alone, so that its pages stay shared
    if os.getppid() != request["owner"]:
        return
    live(socket.socket(fileno=request["control"]), request["owner"])
