"""What every forked process does first and last."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import sys
import traceback
from collections.abc import Iterator

PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def become_child(*close: socket.socket) -> Iterator[None]:
    """Run a forked child's work in the block; never return from it.

    The child has a session of its own, dies with its parent, and writes nowhere.
    """
    status = 1
    try:
        die_with_parent()
        with contextlib.suppress(PermissionError):  # bubblewrap has done it
            os.setsid()
        for sock in close:
            sock.close()
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 (lives as long as the process)
        yield
        status = 0
    except BaseException:
        if os.environ.get("AUTOGRADER_DEBUG"):
            with open(os.environ["AUTOGRADER_DEBUG"], "a") as log:  # noqa: PTH123
                traceback.print_exc(file=log)
    finally:
        os._exit(status)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it ends (Linux; elsewhere, end of file does)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def reap() -> None:
    """Collect children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def kill_group(pid: int) -> None:
    """End a forked process and what it started in its own session."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)
