"""Do messages arrive whole, and does a bad or silent other side end the conversation instead of hanging it?"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from autograder.judge import wire
from autograder.judge.wire import HEADER, Closed, DeadlinePassed, Wire, WireError, pair


@pytest.fixture
def ends() -> Iterator[tuple[Wire, Wire]]:
    one, two = pair()
    a, b = Wire(one), Wire(two)
    yield a, b
    a.close()
    b.close()


def test_a_message_arrives_as_it_was_sent(ends: tuple[Wire, Wire]) -> None:
    message = {"list": [1, None, 2.5, "é", b"\x00"], "big": "x" * 3_000_000}
    sender = threading.Thread(target=ends[0].send, args=(message,))
    sender.start()
    assert ends[1].receive(30) == message
    sender.join()


def test_a_descriptor_comes_along(ends: tuple[Wire, Wire]) -> None:
    read, write = os.pipe()
    ends[0].send({"op": "hand over"}, (write,))
    os.close(write)
    message, (received,) = ends[1].receive_with_fds(30)
    os.write(received, b"here")
    os.close(received)
    assert (message, os.read(read, 10)) == ({"op": "hand over"}, b"here")
    os.close(read)


def test_silence_ends_at_the_deadline(ends: tuple[Wire, Wire]) -> None:
    with pytest.raises(DeadlinePassed):
        ends[0].receive(0.01)


def test_half_a_message_ends_at_the_deadline(ends: tuple[Wire, Wire]) -> None:
    ends[1].sock.sendall(HEADER.pack(100) + b"half")
    with pytest.raises(DeadlinePassed):
        ends[0].receive(0.05)


def test_the_other_side_gone_is_said(ends: tuple[Wire, Wire]) -> None:
    ends[1].close()
    with pytest.raises(Closed):
        ends[0].receive(30)


@pytest.mark.parametrize("frame", [HEADER.pack(2**31), HEADER.pack(3) + b"\xc1\xc1\xc1", HEADER.pack(1) + b"\x92"])
def test_what_is_no_message_is_refused(ends: tuple[Wire, Wire], frame: bytes) -> None:
    ends[1].sock.sendall(frame)
    with pytest.raises(WireError):
        ends[0].receive(30)


def test_a_message_too_large_is_refused_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_FRAME", 10)
    one, two = pair()
    with one, two, pytest.raises(WireError, match="larger"):
        Wire(one).send("x" * 100)


def test_what_may_be_received_limits_nothing_that_is_sent(ends: tuple[Wire, Wire]) -> None:
    Wire(ends[0].sock, max_frame=10).send("x" * 100)
    assert ends[1].receive(30) == "x" * 100
    ends[1].send("x" * 100)
    with pytest.raises(WireError, match="larger than 10"):
        Wire(ends[0].sock, max_frame=10).receive(30)


@pytest.mark.parametrize("message", [{"text": "\ud800"}, {"x": object()}, {"n": 2**64}])
def test_what_cannot_be_packed_is_an_error_of_the_wire_and_sends_nothing(message: dict[str, object]) -> None:
    ours, theirs = pair()
    with ours, theirs:
        with pytest.raises(WireError, match="cannot be packed"):
            Wire(ours).send(message)
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(1)
