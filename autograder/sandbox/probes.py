"""Try every fence from inside: what a hostile submission would do first. Used by `labs doctor` and by tests.

A probe returns normally if it got through, and raises OSError (or finds nothing) if the fence held.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
X32 = 0x40000000 + 39  # getpid in another numbering, which a filter that forgets it lets through
NEW_CALL = 900
HARMLESS = {"PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LC_CTYPE"}
UNSHARE, PTRACE, SHMGET = ({"x86_64": (272, 101, 29)}).get(platform.machine(), (97, 117, 194))


@dataclass(frozen=True)
class Secrets:
    """What must be out of reach: a file and a process, both outside."""

    file: str
    process: int


def _call(number: int, *args: int) -> None:
    if _libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, args)) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _through(reached: object) -> None:
    if not reached:
        raise OSError("nothing there")


def _write_outside() -> None:
    for path in ("/usr/x", "/etc/passwd", "/x", "/proc/sys/kernel/core_pattern"):
        try:
            Path(path).open("a").close()
            return
        except OSError:
            continue
    raise OSError("read-only")


def _environment() -> None:
    names = {
        entry.partition(b"=")[0].decode() for entry in Path("/proc/self/environ").read_bytes().split(b"\0") if entry
    }
    _through((names | set(os.environ)) - HARMLESS)


def _network() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("192.0.2.1", 9))  # sends nothing, but needs a route; the address is nobody's (RFC 5737)


def _capabilities() -> None:
    fields = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    held = [int(fields[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")]
    _through(any(held) or fields["NoNewPrivs"] != "1" or os.getuid() == 0)


def _many_processes() -> None:
    """Threads, for they count too and need little."""
    started = []
    gate = threading.Event()
    try:
        for _ in range(5000):
            thread = threading.Thread(target=gate.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        raise OSError(str(error)) from None
    finally:
        gate.set()


def _fill_box() -> None:
    block, files = bytes(1 << 20), [Path(f"fill{i}") for i in range(64)]
    try:
        for path in files:
            with path.open("wb", buffering=0) as file:
                for _ in range(64):
                    file.write(block)
    finally:
        for path in files:
            path.unlink(missing_ok=True)


PROBES: dict[str, Callable[[Secrets], object]] = {
    "read a file outside": lambda s: Path(s.file).read_text(),
    "read a file through /proc": lambda s: Path(f"/proc/1/root{s.file}").read_text(),
    "write outside /box": lambda s: _write_outside(),
    "see another process": lambda s: _through(len(list(Path("/proc").glob("[0-9]*"))) > 1),
    "signal another process": lambda s: os.kill(s.process, signal.SIGCONT),
    "read the grader's environment": lambda s: _environment(),
    "reach the network": lambda s: _network(),
    "open an odd socket": lambda s: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "have capabilities or be root": lambda s: _capabilities(),
    "make a namespace": lambda s: _call(UNSHARE, 0x10000000),
    "trace a process": lambda s: _call(PTRACE, 0, 0, 0, 0),
    "use memory that no limit counts": lambda s: _call(SHMGET, 0, 4096, 0o1600),
    "make a call newer than the filter": lambda s: _call(NEW_CALL),
    "make a call in another numbering": lambda s: _call(X32),
    "start thousands of threads": lambda s: _many_processes(),
    "fill the disk": lambda s: _fill_box(),
}


def run(secrets: Secrets) -> dict[str, str | None]:
    """Name of each probe → why it failed, or None if it got through."""
    found: dict[str, str | None] = {}
    for name, probe in PROBES.items():
        try:
            probe(secrets)
            found[name] = None
        except OSError as error:
            found[name] = str(error)
    return found


def loopback_works() -> bool:
    """127.0.0.1 is there: a learner's server and client may talk."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=5):
        return True


def report(secrets: Secrets) -> bytes:
    """Everything, as JSON."""
    return json.dumps({"probes": run(secrets), "loopback": loopback_works()}).encode()
