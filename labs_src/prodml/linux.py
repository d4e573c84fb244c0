"""What every forked process does first, and what it must not be when it forks."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with(parent: int, number: signal.Signals = signal.SIGKILL) -> None:
    """Get `number` when `parent`, which has just forked this process, ends.

    It is the end of the parent's *thread* that counts: only the main thread of a parent should fork.
    """
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def default_signals() -> None:
    """The signal handling of a new Python process, whatever the parent had set or blocked."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def signal_group(pid: int, number: int) -> None:
    """Signal a child and its group. The child must not have been waited for: its id could be another's by then."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:  # forked just now, not yet a leader
        os.kill(pid, number)


def unfit_to_fork() -> str | None:
    """Why a fork of this process could hang; None if it could not."""
    threads = _threads()
    if threads != 1:
        return f"the process that should fork has {threads} threads"
    context = sys.modules.get("tensorflow.python.eager.context")
    if getattr(getattr(context, "_context", None), "_context_handle", None) is not None:
        return "the process that should fork has run a TensorFlow operation"
    return None


def _threads() -> int:
    """Also those that Python does not know of."""
    return len(list(Path("/proc/self/task").iterdir()))
