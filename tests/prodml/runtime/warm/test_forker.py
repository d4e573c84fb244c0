"""Does a process refuse to fork when a fork could hang, and take its children with it?"""

from __future__ import annotations

import subprocess
import sys

import pytest

FORKER = """
import sys
from prodml.runtime.warm import wire
from prodml.runtime.warm.forker import Forker
from prodml.runtime.warm.process import Process

ours, theirs = wire.pair()
forker = Forker(lambda request, fds: request["status"])
{before}
forker.serve(theirs)
wire.ask(ours, {{"fork": {{"status": 5}}}})
forker.step()
print(wire.hear(ours))
{after}
forker.end()
print(forker.children)
"""


def run(before: str = "", after: str = "") -> str:
    code = FORKER.format(before=before, after=after)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout


def test_forks() -> None:
    """Does a child return its status, and is it waited for?"""
    out = run(after="forker.step()\nprint(wire.hear(ours), wire.hear(ours))")
    assert "{'exit': 5} None\n{}" in out


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("raise SystemExit", 0),
        ("raise SystemExit(3)", 3),
        ("raise SystemExit('text')", 1),
        ("1 / 0", 1),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import signal; signal.raise_signal(signal.SIGTERM)", -15),
    ],
)
def test_ways_to_end(end: str, status: int) -> None:
    """Is each way in which a child ends told as a Popen tells it?"""
    before = f"def become(request, fds):\n    {end}\nforker = Forker(become)"
    assert f"{{'exit': {status}}}" in run(before, after="forker.step()\nprint(wire.hear(ours))")


def test_threads_are_a_reason_not_to() -> None:
    """Is a process with a second thread refused?"""
    before = "import threading; end = threading.Event(); threading.Thread(target=end.wait).start()"
    assert "has 2 threads" in run(before, after="end.set()")


def test_an_operation_is_a_reason_not_to() -> None:
    """Is a process that has run a TensorFlow operation refused, even if it had one thread?"""
    before = "import tensorflow as tf\ntf.constant(1.0)\nfrom prodml import linux\nlinux._threads = lambda: 1"
    assert "has run a TensorFlow operation" in run(before)


def test_ends_them() -> None:
    """Are children killed and waited for at the end?"""
    before = "import time\nforker = Forker(lambda request, fds: time.sleep(600))"
    assert run(before).splitlines()[-1] == "{}"
