"""A ring of real processes, joined by sockets on loopback, that counts what goes through them.

    reports = run_ring(all_reduce, workers=4, size=1_000_003)

calls `all_reduce(x, rank, workers, send, receive)` in every process, with an `x` of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.runtime.processes.errors import GroupError
from prodml.runtime.processes.group import Group, Program
from prodml.runtime.processes.ports import LOOPBACK, free_ports
from prodml.runtime.processes.shipped import ship, unpack

HEADER = struct.Struct("<q")  # bytes of the array that follows
PATIENCE = 60.0  # seconds for all to start and to end
Array = NDArray[np.float32]


@dataclass(frozen=True)
class RingReport:
    """What one process of a ring says.

    Attributes:
        rank: its place. sent: bytes of arrays that it wrote to its socket. messages: how many arrays.
        seconds: of the all-reduce, from the moment when all were there (the best of the rounds).
        digest: of the result's bytes. error: largest difference from the sum in double precision.
    """

    rank: int
    sent: int
    messages: int
    seconds: float
    digest: str
    error: float


def part(rank: int, size: int) -> Array:
    """The array that a process begins with: standard normal, float32."""
    return np.random.default_rng(rank).standard_normal(size, dtype=np.float32)


@contextlib.contextmanager
def ring_group(all_reduce: Callable[..., Any], workers: int, size: int, rounds: int = 1) -> Iterator[Group]:
    """The processes "worker0", "worker1", …, running."""
    ports, text = free_ports(workers), ship(all_reduce)
    work = "prodml.runtime.processes.ring:work"
    programs = {f"worker{rank}": Program(work, [text, rank, ports, size, rounds]) for rank in range(workers)}
    with Group(programs) as group:
        yield group


def run_ring(all_reduce: Callable[..., Any], workers: int, size: int, rounds: int = 1) -> list[RingReport]:
    """All-reduce an array of `size` float32 once (or `rounds` times) between processes; their reports by rank.

    Raises:
        GroupError: one failed; the end of its log is in the message.
        NotImplementedError: `all_reduce` is a stub.
        subprocess.TimeoutExpired: they wait for each other.
    """
    with ring_group(all_reduce, workers, size, rounds) as group:
        status = group.wait(PATIENCE)
        logs = {name: group.log(name) for name in group}
    failed = [name for name in status if status[name]]
    if any(logs[name].rstrip().endswith("NotImplementedError") for name in failed):
        raise NotImplementedError  # a stub's own: its cell is calm about it
    if failed:
        raise GroupError(f"{failed[0]} of the ring failed. The end of its log:\n{logs[failed[0]]}", "Correct it.")
    return [RingReport(**json.loads(logs[name].splitlines()[-1])) for name in logs]


class Link:
    """The two sockets of a process: to its right neighbour and from its left one.

    Attributes:
        sent: bytes of arrays written. messages: how many.
    """

    def __init__(self, rank: int, ports: list[int], patience: float = PATIENCE) -> None:
        """Listen, connect to the right neighbour, and wait for the left one.

        Raises:
            OSError: a neighbour does not come in time.
        """
        self.sent = self.messages = 0
        with socket.create_server((LOOPBACK, ports[rank])) as server:
            server.settimeout(patience)
            self._right = _connect(ports[(rank + 1) % len(ports)], patience)
            self._left = server.accept()[0]
        for end in (self._right, self._left):
            end.settimeout(None)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sending: threading.Thread | None = None

    def send(self, x: Any) -> None:
        """Hand an array to the right neighbour, in a thread: if all wait until their socket takes it, all wait."""
        data = np.ascontiguousarray(x, dtype=np.float32).tobytes()
        self._sending = threading.Thread(target=self._write, args=(data, self._sending))
        self._sending.start()

    def receive(self) -> Array:
        """The next array from the left neighbour.

        Raises:
            ConnectionError: it is gone.
        """
        (length,) = HEADER.unpack(self._read(HEADER.size))
        return np.frombuffer(self._read(length), dtype=np.float32).copy()

    def close(self) -> None:
        """Send what is left, and hang up."""
        self._finish()
        self._right.close()
        self._left.close()

    def _write(self, data: bytes, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()
        with contextlib.suppress(OSError):  # the neighbour is gone: `receive` will say so
            self._right.sendall(HEADER.pack(len(data)) + data)
            self.sent += len(data)
            self.messages += 1

    def _finish(self) -> None:
        if self._sending is not None:
            self._sending.join()

    def _read(self, count: int) -> bytearray:
        data = bytearray(count)
        view = memoryview(data)
        while len(view):
            got = self._left.recv_into(view)
            if not got:
                raise ConnectionError("the left neighbour has hung up")
            view = view[got:]
        return data


def work(text: str, rank: int, ports: list[int], size: int, rounds: int) -> None:
    """What a process of the ring does; its last line is its report."""
    all_reduce, workers = unpack(text), len(ports)
    link = Link(rank, ports)
    x, seconds = part(rank, size), []
    for _ in range(rounds):
        link.send(x[:1])  # once round, so that all have come before the clock starts
        link.receive()
        link._finish()
        link.sent = link.messages = 0
        begun = time.perf_counter()
        result = np.asarray(all_reduce(x.copy(), rank, workers, link.send, link.receive), dtype=np.float32)
        link._finish()
        seconds.append(time.perf_counter() - begun)
    link.close()
    total = sum(part(r, size).astype(float) for r in range(workers))
    digest = hashlib.sha256(result.tobytes()).hexdigest()[:16]
    error = float(np.abs(result - total).max()) if size else 0.0
    print(json.dumps(asdict(RingReport(rank, link.sent, link.messages, min(seconds), digest, error))))


def _connect(port: int, patience: float) -> socket.socket:
    deadline = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection((LOOPBACK, port), timeout=patience)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
