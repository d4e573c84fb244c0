"""The handle of a process of a group: the same for a fork of the spare and for a plain subprocess."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prodml.runtime.processes.plain import Plain
from prodml.runtime.warm import Process, Spare, spare


class Running:
    """A running process. Safe from several threads: a table may look at it while a cell waits for it.

    Attributes:
        pid: its process id; it leads a session of its own, so interrupting a cell does not reach it.
        forked: whether the spare of a warm kernel has forked it; else it is a plain subprocess.
    """

    def __init__(self, process: Process | Plain) -> None:
        self.pid: int = process.pid
        self.forked = isinstance(process, Process)
        self._process = process
        self._lock = threading.Lock()
        self._pidfd: int | None = None
        with contextlib.suppress(ProcessLookupError):  # it has ended already
            self._pidfd = os.pidfd_open(process.pid)

    @classmethod
    def start(
        cls, function: str, args: Sequence[Any], env: Mapping[str, str], log_path: Path, forker: Spare | None = None
    ) -> Running:
        """Call "module:function" in a new process, whose output is appended to a file.

        Args:
            forker: what forks it where this kernel has no spare; None: a plain subprocess.

        Raises:
            WarmError: this kernel's spare could not fork.
            TypeError: an argument is not JSON.
        """
        here = spare() or forker
        if here is not None:
            return cls(here.fork(function, args, env=env, log_path=log_path))
        return cls(Plain(function, args, env, log_path))

    def poll(self) -> int | None:
        """The exit status, or minus the signal that ended it; None as long as it runs."""
        with self._lock:
            return self._process.poll()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; returns the exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        if self._pidfd is not None and self.poll() is None:
            poller = select.poll()
            poller.register(self._pidfd, select.POLLIN)
            if not poller.poll(None if timeout is None else max(timeout, 0) * 1000):
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        while True:  # it has ended: its status is here, or on its way from the spare
            status = self.poll()
            if status is not None:
                return status
            with self._lock:
                self._process.wait(1)

    def send_signal(self, number: int) -> None:
        """Signal it and what it has started; nothing happens if it has ended."""
        with self._lock:
            self._process.send_signal(number)

    def terminate(self) -> None:
        """Ask it to end: SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and what it has started: SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def __del__(self) -> None:
        if getattr(self, "_pidfd", None) is not None:
            os.close(self._pidfd)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"<Running {self.pid}: {self.state}>"

    @property
    def state(self) -> str:
        """In words: "running", "ended", "exit status 1", "killed by SIGTERM"."""
        status = self.poll()
        if status is None:
            return "running"
        if status < 0:
            return f"killed by {signal.Signals(-status).name}"
        return f"exit status {status}" if status else "ended"
