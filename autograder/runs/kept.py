"""The process that judges for whoever keeps it (keeper.py): `labs grade`, or a worker of a Dask cluster.

    python -m autograder.runs.kept FD FOLDER TRIAL SHARED

answers orders on that socket until the other end is closed, or nothing was asked for a while, and then removes its
temporary folder. TRIAL says as JSON how the sandbox was tried here; empty, and it is tried again. SHARED is a folder
of warm parents (judge/parents.py), or empty.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError
from autograder.judge.wire import Wire, WireError
from autograder.runs import one
from autograder.runs.answers import differs, lost, refused
from autograder.runs.stamp import describe_task, grader_stamp
from autograder.sandbox import trial

IDLE_SECONDS = 120.0  # a run whose client was killed asks no more
ENDING_SECONDS = 20.0


def main(fd: int, home: str, tried: str, shared: str) -> None:
    """Answer each order with the text that its judging gave."""
    if shared:
        one.share_parents(Path(shared))
    if tried:
        trial.remember(trial.Trial(**json.loads(tried)))  # the same machine
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the client's affair
    signal.signal(signal.SIGTERM, _end)
    wire = Wire(socket.socket(fileno=fd))
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    tempfile.tempdir = home
    try:
        threading.Thread(target=_read, args=(wire, orders), daemon=True).start()
        with contextlib.suppress(queue.Empty, WireError):
            while True:
                wire.send(_judge(**orders.get(timeout=IDLE_SECONDS)))
    finally:
        one.end()
        shutil.rmtree(home, ignore_errors=True)


def _judge(task: bytes, submission: bytes, stamp: str = "", worker: str = "here") -> str:
    """What `grade_one` writes, or what answers.py has.

    Args:
        stamp: of what results depend on where the task comes from; empty on the same machine.
    """
    try:
        if stamp and (problem := _unfit(task, stamp, worker)):
            return problem
        return one.grade_one(task, submission)
    except Exception as error:  # costs one submission its run, not all
        return lost(f"worker {worker} failed: {type(error).__name__}: {error}")


_fit: set[tuple[bytes, str]] = set()


def _unfit(task: bytes, stamp: str, worker: str) -> str:
    """Why this machine must not judge the task; empty if it may."""
    if (task, stamp) not in _fit:
        counted = describe_task(task)
        if grader_stamp(counted) != stamp:
            return differs(worker, counted)
        try:
            one.require_sandbox(one.is_trusted(task))
        except AutograderError as error:
            return refused(worker, error)
        _fit.add((task, stamp))
    return ""


def _read(wire: Wire, orders: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Read orders. When there can be none any more, end what is under way, too."""
    with contextlib.suppress(WireError):
        while True:
            orders.put(wire.receive())
    main_thread = threading.main_thread()
    signal.pthread_kill(main_thread.ident or 0, signal.SIGTERM)  # wakes it wherever it waits
    main_thread.join(ENDING_SECONDS)
    os._exit(1)


def _end(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the end is not to be ended
    sys.exit()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
