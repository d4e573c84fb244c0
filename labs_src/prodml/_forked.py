"""One question to a fork of this process: it has limits, hands back arrays and nothing else, and ends."""

from __future__ import annotations

import io
import os
import resource
import signal
import threading
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from prodml.warm.linux import die_with

Arrays = dict[str, NDArray[Any]]
SECONDS, FILE_BYTES, REPLY_BYTES = 60, 64 << 20, 64 << 20


def in_a_fork(function: Callable[[], Arrays]) -> Arrays | None:
    """What `function()` returns, computed in a fork; None if that died, took too long or answered too much.

    This process must not have run a TensorFlow operation: the threads that it starts are missing in a fork.
    """
    read, write = os.pipe()
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _child(function, parent, read, write)
    os.close(write)
    timer = threading.Timer(SECONDS, os.kill, [child, signal.SIGKILL])
    timer.daemon = True
    timer.start()
    try:
        with os.fdopen(read, "rb") as pipe:
            reply = pipe.read(REPLY_BYTES)
    finally:
        timer.cancel()
        os.kill(child, signal.SIGKILL)  # it has answered, or never will
        os.waitpid(child, 0)
    try:
        with np.load(io.BytesIO(reply), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError):
        return None


def _child(function: Callable[[], Arrays], parent: int, read: int, write: int) -> NoReturn:
    try:
        die_with(parent)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
        os.close(read)
        reply = io.BytesIO()
        np.savez(reply, **function())  # type: ignore[arg-type]
        with os.fdopen(write, "wb") as pipe:
            pipe.write(reply.getvalue())
    finally:
        os._exit(0)
