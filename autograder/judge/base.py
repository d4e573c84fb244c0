"""The base process: runs an assignment's setup cells once, then forks one judge per check and pass.

It knows no check and no submission beforehand; a judge inherits the namespace after the setup and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import os
import socket
from typing import Any

from autograder.judge.judging import Order, Verdict, judge
from autograder.judge.limits import Limits
from autograder.judge.process import become_child, reap
from autograder.judge.wire import Wire


def main(control: socket.socket) -> None:
    """Serve the supervisor until it hangs up: `setup` once, then any number of `judge`."""
    wire = Wire(control)
    names: dict[str, Any] = {"__name__": "__main__"}
    while True:
        message, fds = wire.receive_with_fds()
        reap()
        if message["op"] == "setup":
            wire.send({"error": _run_setup(message["cells"], names)})
        else:
            wire.send({"pid": _fork_judge(message, fds, names, control)})


def _run_setup(cells: list[tuple[str, str]], names: dict[str, Any]) -> str | None:
    for cell, source in cells:
        try:
            exec(compile(source, f"<setup {cell}>", "exec"), names)
        except Exception as error:
            return f"setup cell {cell}: {type(error).__name__}: {error}"
    return None


def _fork_judge(message: dict[str, Any], fds: list[int], names: dict[str, Any], control: socket.socket) -> int:
    session, verdict = fds
    pid = os.fork()
    if pid == 0:
        with become_child(control):
            result = _judge(message, session, names)
            os.write(verdict, json.dumps(dataclasses.asdict(result)).encode())
    for fd in fds:
        os.close(fd)
    return pid


def _judge(message: dict[str, Any], session: int, names: dict[str, Any]) -> Verdict:
    order, limits = Order(**message["order"]), Limits(**message["limits"])
    return judge(order, names, Wire(socket.socket(fileno=session)), limits)
