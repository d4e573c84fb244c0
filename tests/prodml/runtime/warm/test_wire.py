"""Do messages, requests and descriptors arrive whole, and is the end of the other side told?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from socket import MSG_DONTWAIT, socket

import pytest

from prodml.runtime.warm import wire


@pytest.fixture
def ends() -> Iterator[tuple[socket, socket]]:
    ours, theirs = wire.pair()
    with ours, theirs:
        yield ours, theirs


def test_messages_keep_apart(ends: tuple[socket, socket]) -> None:
    """Do two messages stay two?"""
    ours, theirs = ends
    wire.tell(ours, {"signal": 2})
    wire.tell(ours, {"signal": 9})
    assert [wire.hear(theirs), wire.hear(theirs)] == [{"signal": 2}, {"signal": 9}]
    with pytest.raises(BlockingIOError):
        wire.hear(theirs, MSG_DONTWAIT)


def test_a_request_has_any_size(ends: tuple[socket, socket]) -> None:
    """Does a request arrive that is larger than a socket's buffer, with a descriptor that works?"""
    ours, theirs = ends
    reading, writing = os.pipe()
    wire.ask(ours, {"fork": {"text": "é" * 2_000_000}}, [writing])
    request, (arrived,) = wire.asked(theirs) or ({}, [0])
    assert request["fork"]["text"] == "é" * 2_000_000
    assert not os.get_inheritable(arrived)
    os.write(arrived, b"through")
    assert os.read(reading, 7) == b"through"
    for fd in (reading, writing, arrived):
        os.close(fd)


def test_the_other_side_has_gone(ends: tuple[socket, socket]) -> None:
    """Is its end None, or an OSError of the sender?"""
    ours, theirs = ends
    theirs.close()
    assert wire.hear(ours) is None
    assert wire.asked(ours) is None
    with pytest.raises(OSError, match="pipe"):
        wire.tell(ours, {})
    with pytest.raises(OSError, match="pipe"):
        wire.ask(ours, {})


def test_what_was_not_read_is_no_error(ends: tuple[socket, socket]) -> None:
    """Is a side that ends with unread messages just gone?"""
    ours, theirs = ends
    wire.tell(ours, {})
    theirs.close()
    assert wire.hear(ours) is None
    assert wire.asked(ours) is None
