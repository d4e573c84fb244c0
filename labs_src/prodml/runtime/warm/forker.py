"""A process with one thread that forks children on request, looks after them and takes them with it.

Each child has a connection of its own to whoever asked for it. Over it go the request, the child's process id,
signals for it, and how it ended. When the connection closes, the child is killed.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from prodml.linux import default_signals, die_with, signal_group, unfit_to_fork
from prodml.runtime.warm import wire

Become = Callable[[dict[str, Any], list[int]], int | None]
BLOCKED = (signal.SIGTERM, signal.SIGINT)  # while forking: a handler must not run in the child


class Forker:
    """Forks children that `become` something.

    Attributes:
        children: process id → connection, None once it has closed; a child is here until it has been waited for.
        new: connections that have not asked for anything yet.
        held: connections that have asked for something else than a child, and stay.
    """

    def __init__(self, become: Become, about: Callable[[], dict[str, Any]] = dict) -> None:
        """Args: `become`, run in the child with request and descriptors; `about`, the answer to other requests."""
        self.children: dict[int, socket.socket | None] = {}
        self.new: set[socket.socket] = set()
        self.held: set[socket.socket] = set()
        self._become = become
        self._about = about
        self._pid = os.getpid()
        self._selector = selectors.DefaultSelector()
        self._descriptors: set[int] = set()  # to close in a child, beside the connections

    def watch(self, descriptor: int, call: Callable[[], None]) -> None:
        """Call `call` when `descriptor` can be read. The Forker closes it, in its children too."""
        self._descriptors.add(descriptor)
        self._selector.register(descriptor, selectors.EVENT_READ, call)

    def serve(self, connection: socket.socket) -> None:
        """Answer what comes over a new connection."""
        self.new.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._request(connection))

    def step(self, timeout: float | None = None) -> None:
        """Wait for one event, and handle it. One at a time: handling it may make another one of the batch void."""
        for key, _ in self._selector.select(timeout)[:1]:
            key.data()

    def end(self) -> None:
        """Kill the children and what they have started, and wait until they are gone."""
        for pid in list(self.children):
            signal_group(pid, signal.SIGKILL)
            self._ended(pid)

    def _request(self, connection: socket.socket) -> None:
        asked = wire.asked(connection)
        self.new.discard(connection)
        if asked is None:
            self.held.discard(connection)
            self._drop(connection)
            return
        request, fds = asked
        try:
            if "fork" in request:
                self._fork(connection, request["fork"], fds)
            else:
                self.held.add(connection)
                _tell(connection, self._about())
        finally:
            for fd in fds:
                os.close(fd)

    def _fork(self, connection: socket.socket, request: dict[str, Any], fds: list[int]) -> None:
        reason = unfit_to_fork()
        if reason is not None:
            _tell(connection, {"error": reason})
            self._drop(connection)
            return
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, BLOCKED)
        try:
            pid = os.fork()
            if pid == 0:
                self._child(connection, request, fds)
            self.children[pid] = connection
            self._selector.modify(connection, selectors.EVENT_READ, lambda: self._message(pid, connection))
            pidfd = os.pidfd_open(pid)
            self.watch(pidfd, lambda: self._ended(pid, pidfd))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _tell(connection, {"pid": pid})

    def _child(self, own: socket.socket, request: dict[str, Any], fds: list[int]) -> NoReturn:
        status: Any = 1
        try:
            die_with(self._pid)
            os.setsid()
            default_signals()
            self._let_go(own)
            status = self._become(request, fds)
        except SystemExit as end:
            status = end.code
            if isinstance(status, str):
                print(status, file=sys.stderr)
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status & 0xFF if isinstance(status, int) else int(status is not None))

    def _let_go(self, own: socket.socket) -> None:
        self._selector.close()
        for connection in (own, *self.new, *self.held, *filter(None, self.children.values())):
            connection.close()
        for descriptor in self._descriptors:
            os.close(descriptor)

    def _message(self, pid: int, connection: socket.socket) -> None:
        message = wire.hear(connection)
        if message is not None:
            signal_group(pid, message["signal"])
            return
        self.children[pid] = None
        self._drop(connection)
        signal_group(pid, signal.SIGKILL)

    def _ended(self, pid: int, pidfd: int | None = None) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # what it has left behind; its own id is taken until we wait for it
        _, status = os.waitpid(pid, 0)
        connection = self.children.pop(pid)
        if pidfd is not None:
            self._selector.unregister(pidfd)
            self._descriptors.discard(pidfd)
            os.close(pidfd)
        if connection is not None:
            _tell(connection, {"exit": os.waitstatus_to_exitcode(status)})
            self._drop(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()


def _tell(connection: socket.socket, message: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # the other side has gone; the next event says so
        wire.tell(connection, message)
