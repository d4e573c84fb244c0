"""A warm parent: an interpreter with an assignment's imports done, which forks processes on request.

    python -m autograder.judge.warm ROLE SOCKET_FD MODULE …

It is started by exec with an environment of its own and has never opened a source, a submission or a gradebook.
"""

from __future__ import annotations

import gc
import importlib
import os
import socket
import sys
from typing import Any

from autograder.judge import base, examiner, learner
from autograder.judge.process import become_child, die_with_parent, reap
from autograder.judge.wire import Closed, Wire
from autograder.sandbox.enter import Prepared, enter, prepare
from autograder.sandbox.fences import Fences, Sandbox


def main(role: str, fd: str, *modules: str) -> None:
    """Import `modules`, then fork a `learner`, `examiner` or `base` per request, until the supervisor hangs up."""
    die_with_parent()
    control = socket.socket(fileno=int(fd))
    wire = Wire(control)
    order = wire.receive()
    missing = _import(modules)
    shell = _shell() if role == "learner" else None
    prepared = prepare(Sandbox(Fences(**order["fences"]), tuple(order["readable"]))) if order["fences"] else None
    gc.collect()
    gc.freeze()  # a collection in a child must not touch, and so copy, the parent's pages
    wire.send({"ready": role, "missing": missing})
    while True:
        try:
            message, fds = wire.receive_with_fds()
        except Closed:
            return
        reap()
        wire.send({"pid": _fork(message, fds[0], shell, control, prepared)})


def _import(modules: tuple[str, ...]) -> list[str]:
    missing = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # the setup cell itself will say what is wrong, where it can be reported
            missing.append(name)
    return missing


def _shell() -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):  # type: ignore[misc]
        """Knows the magics that a notebook's kernel knows."""

        def enable_gui(self, gui: Any = None) -> None:
            """There is no window here: `%matplotlib inline` draws into memory."""

    config = Config()
    config.HistoryManager.enabled = False  # its thread would not survive the fork
    config.InteractiveShell.colors = "nocolor"
    return Shell.instance(config=config)


def _fork(message: dict[str, Any], fd: int, shell: Any, control: socket.socket, prepared: Prepared | None) -> int:
    pid = os.fork()
    if pid == 0:
        with become_child(control):
            os.environ.update(message["env"])
            child = socket.socket(fileno=fd)
            if prepared:
                enter(prepared)
                Wire(child).send({"entered": True})
            else:
                os.chdir(message["folder"])
            if message["role"] == "base":
                base.main(child)
            sys.argv, sys.path[:] = [""], [p for p in sys.path if p]
            if message["role"] == "learner":
                learner.main(child, shell)
            else:
                examiner.main(child)
    os.close(fd)
    return pid


if __name__ == "__main__":
    main(*sys.argv[1:])
