"""Try every fence from inside: what a hostile submission would do first. Used by `labs doctor` and by tests.

    python -m autograder.sandbox.probes LIMITS TASK PROMISED

does a task in the sandbox that bubblewrap started it in. A probe returns normally if it got through, and raises OSError
(or finds nothing) if the fence held.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from autograder.sandbox import probe_calls, probe_limits
from autograder.sandbox.bubblewrap import settle
from autograder.sandbox.promised import Promised

HARMLESS = {"PATH", "HOME", "TMPDIR", "USER", "LOGNAME", "LC_CTYPE", "PWD"}
IN, REPORT, TAKEN, REFUSED = "in", "report", "taken", "refused: "  # words between a sandbox that is tried and the trial


def _through(reached: object) -> None:
    if not reached:
        raise OSError("nothing there")


def _status() -> dict[str, str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return dict(line.split(":\t") for line in lines if ":\t" in line)


def _write_outside() -> None:
    for path in ("/usr/x", "/etc/passwd", "/proc/sys/kernel/core_pattern", "/x"):
        with contextlib.suppress(OSError):
            Path(path).open("a").close()
            return
    raise OSError("read-only")


def _environment() -> None:
    entries = Path("/proc/self/environ").read_bytes().split(b"\0")
    names = {entry.partition(b"=")[0].decode() for entry in entries if entry}
    _through((names | set(os.environ)) - HARMLESS)


def _see_queues(promised: Promised) -> None:
    rows = [line.split() for line in Path("/proc/sysvipc/msg").read_text().splitlines()]
    _through([row for row in rows if row[1] == str(promised.queue)])


def _capabilities() -> None:
    _through(any(int(_status()[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")))


PROBES: dict[str, Callable[[Promised], object]] = {
    "read a file outside": lambda p: Path(p.file).read_text(),
    "read a file through /proc": lambda p: Path(f"/proc/1/root{p.file}").read_text(),
    "write what is only to be read": lambda p: Path(p.shown, "written").touch(),
    "write beside /box": lambda p: _write_outside(),
    "see another process": lambda p: _through(len(list(Path("/proc").glob("[0-9]*"))) > 1),
    "signal another process": lambda p: os.kill(p.process, 0),
    "signal what keeps the sandbox": lambda p: _through(os.getpgrp() == 0),  # the group of a process outside
    "read the grader's environment": lambda p: _environment(),
    "reach a server outside": lambda p: socket.create_connection(("127.0.0.1", p.port), timeout=5).close(),
    "see the machine's message queues": lambda p: _see_queues(p),
    "read the machine's name": lambda p: _through(socket.gethostname() == p.host),
    "see the machine's control groups": lambda p: _through(str(Path("/proc/self/ns/cgroup").readlink()) == p.groups),
    "be root": lambda p: _through(0 in (os.getuid(), os.geteuid(), os.getgid(), os.getegid())),
    "have capabilities": lambda p: _capabilities(),
    "gain rights by a program": lambda p: _through(_status()["NoNewPrivs"] != "1"),
    "make a denied call": lambda p: _through(probe_calls.not_denied(p.calls)),
    "make a namespace by clone": lambda p: probe_calls.in_a_child(probe_calls.namespace_by_clone),
    "make a process by clone3": lambda p: probe_calls.clone3(),
    "make a call newer than the filter": lambda p: probe_calls.newer_call(),
    "make a call in another numbering": lambda p: probe_calls.other_numbering(),
    "make a call of 32 bits": lambda p: probe_calls.in_a_child(probe_calls.call_of_32_bits),
    "open an odd socket": lambda p: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "type into a terminal": lambda p: probe_calls.type_into_terminal(),
    "leave a core dump": lambda p: _through(resource.getrlimit(resource.RLIMIT_CORE)[1]),
    "lock memory": lambda p: probe_limits.lock_memory(),
    "open too many files": probe_limits.many_files,
    "write too large a file": probe_limits.large_file,
    "write too much": probe_limits.fill,
    "make a message queue": lambda p: probe_limits.message_queue(),
}


def run(promised: Promised, names: Iterable[str] = PROBES) -> dict[str, str | None]:
    """Name of each probe → why it failed, or None if it got through."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            PROBES[name](promised)
            found[name] = None
        except OSError as error:
            found[name] = str(error)
    return found


def loopback_works() -> bool:
    """127.0.0.1 is there: a learner's server and client may talk."""
    with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
        return True
    return False


def _take(task: str, promised: Promised) -> None:
    try:
        _kept = probe_limits.GREED[task][0](promised)
        print(TAKEN, flush=True)
        time.sleep(600)  # until it is ended
    except OSError as error:
        print(REFUSED, error, sep="", flush=True)


def perform(task: str, promised: Promised) -> None:
    """Say that it is inside, do a task there, and say how it went: a report, or that too much is taken."""
    print(IN, flush=True)
    if task == REPORT:
        print(json.dumps({"probes": run(promised), "loopback": loopback_works()}), flush=True)
    elif task in PROBES:
        print(json.dumps({"probes": run(promised, [task]), "loopback": loopback_works()}), flush=True)
    else:
        _take(task, promised)
    time.sleep(600)  # until it is ended


if __name__ == "__main__":
    settle(sys.argv[1])
    perform(sys.argv[2], Promised(**json.loads(sys.argv[3])))
