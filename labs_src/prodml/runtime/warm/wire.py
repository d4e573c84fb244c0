"""Small JSON messages between processes of one user, over sockets that keep messages apart.

A request (an environment, arguments: any size) travels as a file in memory beside other file descriptors; everything
else (a process id, a signal, an exit status) is one short message.
"""

from __future__ import annotations

import array
import contextlib
import json
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

MESSAGE = 1 << 16  # bytes of a short message; a reason with a traceback fits
MAX_FDS = 8


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected ends."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def tell(end: socket.socket, message: Mapping[str, Any]) -> None:
    """Send a short message. Raises: OSError if the other side is gone."""
    end.send(json.dumps(message).encode(), socket.MSG_NOSIGNAL)


def hear(end: socket.socket, flags: int = 0) -> dict[str, Any] | None:
    """The next short message; None if the other side is gone. Raises: BlockingIOError, TimeoutError."""
    try:
        data = end.recv(MESSAGE, flags)
    except ConnectionResetError:
        return None
    return dict(json.loads(data)) if data else None


def ask(end: socket.socket, request: Mapping[str, Any], fds: Sequence[int] = ()) -> None:
    """Send a request of any size, with file descriptors. Raises: OSError if the other side is gone."""
    with os.fdopen(os.memfd_create("request"), "w+b") as body:
        body.write(json.dumps(request).encode())
        body.flush()
        send_fds(end, [body.fileno(), *fds])


def asked(end: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """The next request and its file descriptors (the caller's to close); None if the other side is gone."""
    fds = receive_fds(end)
    if not fds:
        return None
    with os.fdopen(fds[0], "rb") as body:
        body.seek(0)
        return dict(json.load(body)), fds[1:]


def send_fds(end: socket.socket, fds: Sequence[int]) -> None:
    """Send file descriptors in one message."""
    packed = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))
    end.sendmsg([b"."], [packed], socket.MSG_NOSIGNAL)


def receive_fds(end: socket.socket) -> list[int]:
    """The file descriptors of the next message; none if the other side is gone."""
    fds: list[int] = []
    with contextlib.suppress(ConnectionResetError):
        fds = list(socket.recv_fds(end, 1, MAX_FDS)[1])
    for fd in fds:  # Python 3.11 drops MSG_CMSG_CLOEXEC; the receivers have one thread, so nothing is started between
        os.set_inheritable(fd, False)
    return fds
