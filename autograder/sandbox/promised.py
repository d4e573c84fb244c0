"""What a sandbox promises, as the probes inside need to know it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import linux
from autograder.sandbox.fences import Fences


@dataclass(frozen=True)
class Promised:
    """What is out of reach, and how much there may be of what is not.

    Attributes:
        file: one that every user outside can read. shown: a folder that can be read inside; outside, also written.
        process: one of the same user. port: on 127.0.0.1, where somebody listens. queue: number of a message queue.
        host: the machine's name. groups: identity of its namespace of control groups.
        calls: name of each denied call → number.
        box, file_size, open_files, processes, memory, cpu_seconds: see `Fences`.
    """

    file: str
    shown: str
    process: int
    port: int
    queue: int
    host: str
    groups: str
    calls: Mapping[str, int]
    box: int
    file_size: int
    open_files: int
    processes: int
    memory: int
    cpu_seconds: int


@contextmanager
def outside(fences: Fences, calls: Mapping[str, int], file: str, shown: str) -> Iterator[Promised]:
    """Things of this user's, outside, for the probes to reach for; gone after the block."""
    queue = linux.new_message_queue()
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield Promised(
                file=file,
                shown=shown,
                process=os.getpid(),
                port=server.getsockname()[1],
                queue=queue,
                host=socket.gethostname(),
                groups=str(Path("/proc/self/ns/cgroup").readlink()),
                calls=calls,
                box=fences.box,
                file_size=fences.file_size,
                open_files=fences.open_files,
                processes=fences.processes,
                memory=fences.memory,
                cpu_seconds=fences.cpu_seconds,
            )
    finally:
        linux.remove_message_queue(queue)
