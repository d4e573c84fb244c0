"""Framed msgpack messages over a Unix socket, with file descriptors where a process hands one on."""

from __future__ import annotations

import array
import contextlib
import select
import socket
import struct
import threading
import time
from typing import Any

import msgpack

HEADER = struct.Struct("<I")
MAX_FRAME = 64 << 20  # bytes; a larger frame ends the conversation
MAX_FDS = 4
CLOSE_ON_EXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class WireError(Exception):
    """Raised when the other side sent something that is not a message."""


class Closed(WireError):
    """Raised when the other side is gone."""


class DeadlinePassed(WireError):
    """Raised when no whole message came in time."""


class Wire:
    """One end of a conversation. Several threads may send; one thread receives.

    Args:
        max_frame: bytes of a message that is taken from the other side.
    """

    def __init__(self, sock: socket.socket, max_frame: int = MAX_FRAME) -> None:
        self.sock = sock
        self.max_frame = max_frame
        self._sending = threading.Lock()

    def send(self, message: Any, fds: tuple[int, ...] = (), seconds: float | None = None) -> None:
        """Send one message and, with it, open file descriptors.

        Args:
            seconds: the longest wait for the other side to take it; None waits for ever. Where it has passed, a part
                may have been sent: the conversation is of no more use.

        Raises:
            WireError: the message is larger than a frame may be, or holds what cannot be sent.
            Closed: the other side is gone.
            DeadlinePassed: the other side did not take it in time.
        """
        try:
            body = msgpack.packb(message, use_bin_type=True)
        except (ValueError, TypeError, OverflowError) as error:
            raise WireError(f"a message that cannot be packed: {type(error).__name__}") from None
        if len(body) > MAX_FRAME:
            raise WireError(f"a message of {len(body):,} bytes is larger than {MAX_FRAME:,}")
        with self._sending:
            try:
                if fds:
                    # The header carries the descriptors, so that they arrive with the message's first bytes.
                    socket.send_fds(self.sock, [HEADER.pack(len(body))], list(fds))
                else:
                    body = HEADER.pack(len(body)) + body
                if seconds is None:
                    self.sock.sendall(body)
                else:
                    self._send_until(body, time.monotonic() + seconds)
            except OSError as error:
                raise Closed("the other side is gone") from error

    def _send_until(self, body: bytes, deadline: float) -> None:
        view = memoryview(body)
        while view:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([], [self.sock], [], left)[1]:
                raise DeadlinePassed("the other side did not take a message in time")
            with contextlib.suppress(BlockingIOError):
                view = view[self.sock.send(view, socket.MSG_DONTWAIT) :]

    def receive(self, seconds: float | None = None) -> Any:
        """Return the next message. See `receive_with_fds`."""
        message, fds = self.receive_with_fds(seconds)
        for fd in fds:  # not expected here: a descriptor that nobody asked for must not stay open
            socket.close(fd)
        return message

    def receive_with_fds(self, seconds: float | None = None) -> tuple[Any, list[int]]:
        """Return the next message and the descriptors sent with it.

        Args:
            seconds: the longest wait for the whole message; None waits for ever.

        Raises:
            Closed: the other side is gone.
            DeadlinePassed: no whole message came within `seconds`.
            WireError: a frame is too large, or holds no msgpack.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        self._wait(deadline)
        fds: list[int] = []
        header = b""
        while len(header) < HEADER.size:
            part, new = self._part_with_fds(HEADER.size - len(header), deadline if header else None)
            header, fds = header + part, fds + new
        (length,) = HEADER.unpack(header)
        if length > self.max_frame:
            raise WireError(f"a message of {length:,} bytes is larger than {self.max_frame:,}")
        body = self._exactly(length, deadline)
        try:
            return msgpack.unpackb(body, raw=False, strict_map_key=False), fds
        except (ValueError, TypeError, RecursionError, msgpack.UnpackException) as error:
            raise WireError(f"not a message: {type(error).__name__}") from None

    def close(self) -> None:
        """End the conversation; the other side's `receive` raises Closed."""
        with contextlib.suppress(OSError):  # the other side was first
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    def _wait(self, deadline: float | None) -> None:
        if deadline is None:
            return
        left = deadline - time.monotonic()
        try:
            ready = left > 0 and select.select([self.sock], [], [], left)[0]
        except (OSError, ValueError) as error:
            raise Closed("this side is closed") from error
        if not ready:
            raise DeadlinePassed("no message in time")

    def _part_with_fds(self, size: int, deadline: float | None) -> tuple[bytes, list[int]]:
        self._wait(deadline)
        fds = array.array("i")
        try:
            part, ancillary, _, _ = self.sock.recvmsg(size, socket.CMSG_SPACE(MAX_FDS * fds.itemsize), CLOSE_ON_EXEC)
        except OSError as error:
            raise Closed("the other side is gone") from error
        if not part:
            raise Closed("the other side is gone")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                fds.frombytes(data[: len(data) - len(data) % fds.itemsize])
        return part, list(fds)

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        body = bytearray()
        while len(body) < size:
            self._wait(deadline)
            try:
                part = self.sock.recv(min(1 << 20, size - len(body)))
            except OSError as error:
                raise Closed("the other side is gone") from error
            if not part:
                raise Closed("the other side is gone")
            body += part
        return bytes(body)


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected stream sockets that an exec closes."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
