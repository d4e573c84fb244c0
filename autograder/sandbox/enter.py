"""Enter the sandbox: `prepare` once in a warm parent, `enter` in each process that it forks."""

from __future__ import annotations

import os
import resource
import signal
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import linux, root
from autograder.sandbox.fences import Fences, Sandbox

ALL = linux.NEWUSER | linux.NEWNS | linux.NEWPID | linux.NEWNET | linux.NEWIPC | linux.NEWUTS | linux.NEWCGROUP
HOST = "sandbox"  # its name inside, in place of the machine's
ENVIRONMENT = {"HOME": root.BOX, "TMPDIR": root.BOX, "USER": "learner", "LOGNAME": "learner"}


@dataclass(frozen=True)
class Prepared:
    """What a forked process needs to enter. `program` is the filter of system calls."""

    fences: Fences
    seen: root.Seen
    program: bytes


def prepare(sandbox: Sandbox) -> Prepared:
    """Find what will be seen in the sandbox, and stop being root.

    Raises:
        OSError: this system does not allow it.
    """
    from autograder.sandbox.seccomp import program  # needs libseccomp, which a machine without a sandbox may lack

    fences = sandbox.fences
    seen = root.find([*fences.read_only, *sandbox.readable])
    filter_program = program(fences)
    if os.geteuid() == 0:
        seen = root.within_reach(seen)
        _become(fences.uid)
    return Prepared(fences, seen, filter_program)


def enter(prepared: Prepared) -> None:
    """Leave the machine. Returns in the first process of a new PID namespace, with `/box` as its folder.

    The process that called stays outside, without anything to do, until the one inside has ended.

    Raises:
        OSError: this system does not allow it; the caller must end.
    """
    fences = prepared.fences
    uid, gid = os.getuid(), os.getgid()
    linux.unshare(ALL)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{fences.inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{fences.inside} {gid} 1")
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL, "die with the parent")  # new rights have undone it
    _fork_inside()
    root.build(prepared.seen, fences)
    linux.loopback_up()
    socket.sethostname(HOST)
    os.chdir(root.BOX)
    os.environ |= ENVIRONMENT
    tempfile.tempdir = None  # the parent may have looked it up
    limit(limits(fences))
    linux.drop_capabilities()
    linux.no_new_privileges()
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL, "die with the parent")
    linux.seccomp(prepared.program)


def limits(fences: Fences) -> dict[int, int]:
    """Kind of limit → value, for `limit`: what the kernel itself holds, per process or for all of the sandbox's."""
    return {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: fences.open_files,
        resource.RLIMIT_FSIZE: fences.file_size,
        resource.RLIMIT_NPROC: fences.processes,
        resource.RLIMIT_CPU: fences.cpu_seconds,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }


def limit(values: dict[int, int]) -> None:
    """Limit this process and all that it starts, for good. To be called inside: processes then count per sandbox."""
    for which, value in values.items():
        resource.setrlimit(which, (value, value))


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    linux.prctl(linux.PR_SET_DUMPABLE, 1, "own /proc/self again")


def _fork_inside() -> None:
    inside = os.fork()
    if inside:
        os.closerange(3, 1 << 16)  # a socket held here would hide that the process inside has ended
        os._exit(os.waitstatus_to_exitcode(os.waitpid(inside, 0)[1]) & 0xFF)
    os.setsid()  # a signal to one's own group would also reach the process outside
    linux.prctl(linux.PR_SET_PDEATHSIG, signal.SIGKILL, "die with the parent")
