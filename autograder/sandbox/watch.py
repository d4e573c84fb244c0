"""Holds the limits of a sandbox that no single process has: memory, threads and CPU time of all together."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading

from autograder.sandbox import members
from autograder.sandbox.fences import Fences
from autograder.sandbox.root import WRITABLE

SECONDS = 0.03  # between two looks


class Watch:
    """Ends a sandbox that uses too much.

    Attributes:
        reason: `memory`, `threads` or `cpu` if that is why it was ended, else None.
    """

    def __init__(self, first: int, fences: Fences) -> None:
        self.first, self.fences = first, fences
        self.reason: str | None = None
        self._ended = False
        self._over = os.eventfd(0)
        self._pidfd = os.pidfd_open(first)
        self._thread = threading.Thread(target=self._run, name="sandbox-watch", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Kill everything inside and wait until it is gone. Again, it does nothing."""
        if self._ended:
            return
        self._ended = True
        self._kill()
        select.select([self._pidfd], [], [])
        os.eventfd_write(self._over, 1)
        self._thread.join()
        os.close(self._pidfd)
        os.close(self._over)

    def _run(self) -> None:
        while not select.select([self._pidfd, self._over], [], [], SECONDS)[0]:
            self.reason = self._too_much()
            if self.reason:
                self._kill()
                return

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)  # the first process: the kernel ends the others

    def _too_much(self) -> str | None:
        inside = members.members(self.first)
        if members.threads(inside) > self.fences.processes:
            return "threads"
        if members.cpu_seconds(inside) > self.fences.cpu_seconds:
            return "cpu"
        left = self.fences.memory - members.written(self.first, WRITABLE)
        if members.resident(inside) > left and members.proportional(inside) > left:
            return "memory"
        return None
