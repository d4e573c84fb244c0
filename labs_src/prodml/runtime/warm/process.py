"""The handle of a process that another process has forked for us."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any

from prodml.errors import ProdmlError
from prodml.runtime.warm import wire

PATIENCE = 120.0  # seconds until a request is answered: a parent that has just been started imports TensorFlow first


class WarmError(ProdmlError):
    """Raised when a warm parent or a spare cannot be reached, or does not fork."""


class Process:
    """A forked process, used like a `subprocess.Popen`. Whoever forked it is asked to signal it and tells how it ended.

    The process lives as long as its handle: it is killed when the handle is closed or forgotten, and when the process
    that holds the handle ends.

    Attributes:
        pid: its process id; it leads a session of its own.
        returncode: exit status, or minus the signal that ended it; None as long as `poll` has not seen it end.
    """

    stdin = stdout = stderr = None  # as a Popen without pipes has them

    def __init__(self, end: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._end = end

    @classmethod
    def start(
        cls, end: socket.socket, request: Mapping[str, Any], fds: Sequence[int], patience: float = PATIENCE
    ) -> Process:
        """Ask for a fork over a new connection, which becomes the process's own.

        Raises:
            WarmError: nobody answered, or the answer is a reason why not.
        """
        try:
            end.settimeout(patience)
            wire.ask(end, request, fds)
            answer = wire.hear(end)
        except TimeoutError:
            answer = {"error": f"no answer within {patience:g} seconds"}
        except OSError as error:
            answer = {"error": str(error)}
        except BaseException:  # an interrupt: closing the connection takes the process back
            end.close()
            raise
        if answer is None or "pid" not in answer:
            end.close()
            reason = answer["error"] if answer else "it ended"
            raise WarmError(f"No process was forked: {reason}.", "Restart the kernel, or use the kernel python3.")
        end.settimeout(None)
        return cls(end, answer["pid"])

    def poll(self) -> int | None:
        """The exit status, or None as long as it runs."""
        if self.returncode is None:
            try:
                message = wire.hear(self._end, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            # Who forked it is gone without a word: then the kernel has killed the process with it.
            self.returncode = message["exit"] if message else -signal.SIGKILL
            self._end.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; returns the exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs after `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            poller = select.poll()  # select.select fails on descriptors above 1023
            poller.register(self._end, select.POLLIN)
            poller.poll(None if left is None else left * 1000)
        return status

    def send_signal(self, number: int) -> None:
        """Signal the process and what it has started in its group; nothing happens if it has ended."""
        if self.poll() is None:
            with contextlib.suppress(OSError):  # it has ended in the meantime
                wire.tell(self._end, {"signal": int(number)})

    def terminate(self) -> None:
        """Ask it to end: SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and its group: SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Kill it, if it still runs, without waiting."""
        self._end.close()

    def __del__(self) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "running" if self.returncode is None else f"exit status {self.returncode}"
        return f"<Process {self.pid}: {state}>"
