"""Free ports on this machine, and whether one answers."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable

from prodml.runtime.processes.errors import GroupError

LOOPBACK = "127.0.0.1"
# Below those that Linux gives to outgoing connections (from 32768): a client that tries again and again to reach a
# server that is being restarted would in the end get the server's port for itself, and connect to itself.
CANDIDATES = range(15_000, 32_768)


def free_ports(count: int) -> list[int]:
    """Ports on 127.0.0.1 that nothing listens on now, all different.

    Nothing holds them for the caller: start what should listen on them soon.

    Raises:
        GroupError: there are not so many.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(CANDIDATES, len(CANDIDATES)):
        if len(found) == count:
            break
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((LOOPBACK, port))
            found.append(port)
    if len(found) < count:
        raise GroupError(f"Of {count} ports only {len(found)} are free.", "End processes that listen on many ports.")
    return found


def accepts(port: int) -> Callable[[], bool]:
    """A check for `Program.ready`: whether something accepts connections on that port of 127.0.0.1."""

    def ready() -> bool:
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return True
        return False

    return ready
