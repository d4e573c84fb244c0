"""A warm parent: an interpreter with an assignment's imports done, which forks processes on request.

    python -m autograder.judge.warm ROLE SOCKET_FD MODULE …

It is started by exec with an environment of its own and has never opened a source, a submission or a gradebook. With a
listening socket it forks a warm parent, as it is itself, for each connection.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

from autograder.judge.process import become_child, die_with_parent, reap
from autograder.judge.roles import load, new_shell, serve
from autograder.judge.wire import Closed, Wire
from autograder.sandbox import bubblewrap
from autograder.sandbox.enter import enter, prepare
from autograder.sandbox.fences import Fences, Sandbox

Enter = Callable[[str, socket.socket], None]  # role, its socket


def main(role: str, fd: str, *modules: str) -> None:
    """Import `modules`, then fork a `learner`, `examiner` or `base` per request, until the supervisor hangs up."""
    die_with_parent()
    given = socket.socket(fileno=int(fd))
    missing = load(modules)
    shell = new_shell() if role == "learner" else None
    gc.collect()
    gc.freeze()  # a collection in a child must not touch, and so copy, the parent's pages
    control = _each_connection(given) if given.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) else given
    wire = Wire(control)
    order = wire.receive()
    go_inside = _way_inside(order, modules) if order["fences"] else None
    wire.send({"ready": role, "missing": missing})
    while True:
        try:
            message, fds = wire.receive_with_fds()
        except Closed:
            return
        reap()
        wire.send({"pid": _fork(message, fds[0], shell, control, go_inside)})


def _each_connection(listening: socket.socket) -> socket.socket:
    """Return each connection in a fork of its own, and never here: this process ends when it is killed."""
    signal.signal(signal.SIGCHLD, lambda *_: reap())
    while True:
        connection, _ = listening.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with_parent()
            listening.close()
            return connection
        connection.close()


def _way_inside(order: dict[str, Any], modules: tuple[str, ...]) -> Enter:
    """How a forked process enters the sandbox and says so; by bubblewrap, it does not come back from there."""
    prepared = prepare(Sandbox(Fences(**order["fences"]), tuple(order["readable"])))

    def go_by_itself(_role: str, child: socket.socket) -> None:
        enter(prepared)
        Wire(child).send({"entered": True})

    def go_by_bubblewrap(role: str, child: socket.socket) -> None:
        fd = child.fileno()
        bubblewrap.enter_as(prepared, "autograder.judge.cold", role, str(fd), *modules, keep=[fd])

    return go_by_bubblewrap if order["bubblewrap"] else go_by_itself


def _fork(message: dict[str, Any], fd: int, shell: Any, control: socket.socket, go_inside: Enter | None) -> int:
    pid = os.fork()
    if pid == 0:
        with become_child(control):
            os.environ.update(message["env"])
            child = socket.socket(fileno=fd)
            if go_inside:
                go_inside(message["role"], child)
            else:
                os.chdir(message["folder"])
            serve(message["role"], child, shell)
    os.close(fd)
    return pid


if __name__ == "__main__":
    main(*sys.argv[1:])
