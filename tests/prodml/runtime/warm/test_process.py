"""Does the handle of a forked process behave like a Popen, whatever the other side does?"""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Iterator
from socket import socket

import pytest

from prodml.runtime.warm import wire
from prodml.runtime.warm.process import Process, WarmError


@pytest.fixture
def ends() -> Iterator[tuple[socket, socket]]:
    ours, theirs = wire.pair()
    with ours, theirs:
        yield ours, theirs


def test_a_life(ends: tuple[socket, socket]) -> None:
    """Is it started, signalled, and its status kept?"""
    ours, theirs = ends
    wire.tell(theirs, {"pid": 17})
    process = Process.start(ours, {"fork": {}}, [])
    assert (wire.asked(theirs) or ({},))[0] == {"fork": {}}
    assert (process.pid, process.poll()) == (17, None)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    process.terminate()
    process.kill()
    assert [wire.hear(theirs), wire.hear(theirs)] == [{"signal": 15}, {"signal": 9}]
    wire.tell(theirs, {"exit": -9})
    assert process.wait() == process.poll() == process.returncode == -9
    process.send_signal(signal.SIGTERM)  # it has ended: nothing happens
    assert wire.hear(theirs) is None


def test_wait_is_woken(ends: tuple[socket, socket]) -> None:
    """Does waiting end with the process?"""
    ours, theirs = ends
    process = Process(ours, 17)
    thread = threading.Thread(target=lambda: wire.tell(theirs, {"exit": 4}))
    thread.start()
    assert process.wait(60) == 4
    thread.join()


def test_who_forked_it_is_gone(ends: tuple[socket, socket]) -> None:
    """Does it count as killed then?"""
    ours, theirs = ends
    theirs.close()
    assert Process(ours, 17).poll() == -signal.SIGKILL


@pytest.mark.parametrize("answer", [{"error": "it has 3 threads"}, None])
def test_refused(ends: tuple[socket, socket], answer: dict[str, str] | None) -> None:
    """Is the reason in the error?"""
    ours, theirs = ends
    if answer:
        wire.tell(theirs, answer)
    else:
        theirs.close()
    with pytest.raises(WarmError, match="3 threads" if answer else "No process was forked"):
        Process.start(ours, {}, [])
    assert ours.fileno() == -1


def test_no_answer(ends: tuple[socket, socket]) -> None:
    """Is a silent other side given up?"""
    with pytest.raises(WarmError, match="no answer within"):
        Process.start(ends[0], {}, [], patience=0.001)


def test_forgotten(ends: tuple[socket, socket]) -> None:
    """Is the connection closed with the handle, which kills the process?"""
    ours, theirs = ends
    process = Process(ours, 17)
    assert "running" in repr(process)
    del process
    assert wire.hear(theirs) is None
