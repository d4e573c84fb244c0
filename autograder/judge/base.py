"""The base process: runs an assignment's setup cells once, then forks one judge per check and pass.

It knows no check and no submission beforehand; a judge inherits the namespace after the setup cells before its check,
and nothing else.
"""

from __future__ import annotations

import dataclasses
import os
import socket
from typing import Any

from autograder.judge.judging import Order, judge
from autograder.judge.limits import Limits
from autograder.judge.process import become_child, kill_group, reap
from autograder.judge.wire import Wire


def main(control: socket.socket) -> None:
    """Serve the supervisor until it hangs up: `setup` once, then any number of `judge`."""
    wire = Wire(control)
    names: dict[str, Any] = {"__name__": "__main__"}
    kept: dict[str, dict[str, Any]] = {}
    while True:
        message, fds = wire.receive_with_fds()
        reap()
        if message["op"] == "kill":  # a process id out there is another's
            kill_group(message["pid"])
        elif message["op"] == "setup":
            wire.send({"id": message["id"], "error": _run_setup(message, names, kept)})
        else:
            wire.send({"id": message["id"], "pid": _fork_judge(message, fds, names, kept, control)})


def _run_setup(message: dict[str, Any], names: dict[str, Any], kept: dict[str, dict[str, Any]]) -> str | None:
    """Run the setup cells, and keep what names are bound to where a test stands; what went wrong.

    In a plain course (`lenient`) a cell may raise, as in nbgrader: the next one runs all the same.
    """
    for kind, cell, source in message["cells"]:
        if kind == "test":
            kept[cell] = dict(names)
            continue
        try:
            exec(compile(source, f"<setup {cell}>", "exec"), names)
        except (Exception, SystemExit) as error:
            if not message["lenient"]:
                return f"setup cell {cell}: {type(error).__name__}: {error}"
    return None


def _fork_judge(
    message: dict[str, Any],
    fds: list[int],
    names: dict[str, Any],
    kept: dict[str, dict[str, Any]],
    control: socket.socket,
) -> int:
    session, desk = (socket.socket(fileno=fd) for fd in fds)
    pid = os.fork()
    if pid == 0:
        with become_child(control):
            order, limits = Order(**message["order"]), Limits(**message["limits"])
            supervisor = Wire(desk)
            before = kept[message["at"]]
            for later in names.keys() - before.keys():
                del names[later]
            names.update(before)
            verdict = judge(order, names, Wire(session), limits, supervisor)
            supervisor.send({"verdict": dataclasses.asdict(verdict)})
    session.close()
    desk.close()
    return pid
