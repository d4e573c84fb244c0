"""Are the ports free?"""

from __future__ import annotations

import socket

import pytest

from prodml.runtime.processes import GroupError, accepts, free_ports, ports


def test_free() -> None:
    """Are they different, and can a server have each?"""
    found = free_ports(20)
    assert len(set(found)) == 20
    for port in found:
        assert not accepts(port)()
        with socket.create_server(("127.0.0.1", port)):
            assert accepts(port)()


def test_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a port that something listens on left out, and an error when no other is left?"""
    (port,) = free_ports(1)
    monkeypatch.setattr(ports, "CANDIDATES", range(port, port + 1))
    assert free_ports(1) == [port]
    with socket.create_server(("127.0.0.1", port)), pytest.raises(GroupError, match="only 0 are free"):
        free_ports(1)
