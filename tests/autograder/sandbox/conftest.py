"""A sandbox in which a test runs a function."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.sandbox.fences import read_fences
from autograder.sandbox.members import first_inside
from autograder.sandbox.trial import try_sandbox
from autograder.sandbox.watch import Watch

PARENT = """
import os, socket, sys
from autograder.sandbox.enter import enter, prepare
from autograder.sandbox.fences import Fences, Sandbox
fences = eval(sys.stdin.readline(), {"Fences": Fences})
code = sys.stdin.read()
prepared = prepare(Sandbox(fences))
wire = socket.socket(fileno=int(sys.argv[1]))
if os.fork() == 0:
    try:
        enter(prepared)
        wire.send(b"in")
        wire.recv(1)  # watched from here on
        exec(code, {"tell": lambda x: wire.send(str(x).encode()), "wait": lambda: wire.recv(1)})
    finally:
        os._exit(0)
wire.close()
os.wait()
"""


class Inside:
    """Code that runs in a sandbox, seen from outside."""

    def __init__(self, code: str, **limits: int) -> None:
        fences = dataclasses.replace(read_fences(), **limits)
        self.wire, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.wire.settimeout(60)
        command = [sys.executable, "-c", PARENT, str(theirs.fileno())]
        self.parent = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[theirs.fileno()], text=True)
        theirs.close()
        assert self.parent.stdin is not None
        with self.parent.stdin as stdin:
            stdin.write(repr(fences) + "\n" + code)
        assert self.heard() == "in"
        keeper = first_inside(self.parent.pid)
        assert keeper is not None
        first = first_inside(keeper)
        assert first is not None
        self.first = first
        self.watch = Watch(first, fences)
        self.go()

    def heard(self) -> str:
        """The next thing that the code tells; empty when it has ended."""
        try:
            return self.wire.recv(1 << 16).decode()
        except ConnectionResetError:
            return ""

    def go(self) -> None:
        """Let the code that waits go on."""
        self.wire.send(b"x")

    def end(self) -> None:
        """Kill it."""
        self.watch.end()
        self.parent.wait(60)
        self.wire.close()


@pytest.fixture
def inside() -> Iterator[Callable[..., Inside]]:
    """Run code in a sandbox with these limits changed."""
    assert not try_sandbox().problem, "this machine allows no sandbox: `labs doctor` says why"
    started: list[Inside] = []

    def run(code: str, **limits: Any) -> Inside:
        started.append(Inside(code, **limits))
        return started[-1]

    yield run
    for one in started:
        one.end()


@pytest.fixture
def other_user() -> int | None:
    """A user without rights, where the tests run as root; else None."""
    return 61235 if os.geteuid() == 0 else None
