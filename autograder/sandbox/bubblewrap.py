"""Enter the sandbox by bubblewrap, where a machine allows namespaces to that program and not to this Python.

It ends in an exec, so what was imported is gone: a process starts anew inside, some seconds later.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from typing import NoReturn

from autograder.sandbox import root
from autograder.sandbox.enter import ENVIRONMENT, HOST, Prepared, limit, limits

WHERE = "/usr/bin:/bin:/usr/local/bin"
NAMESPACES = ("user", "pid", "net", "ipc", "uts", "cgroup")  # and mounts, always
ITS_DEVICES = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}  # made with terminals by --dev
PARTS = {root.BOX: 2, "/tmp": 4, "/dev/shm": 4}  # each a file system of its own: a half, a quarter, a quarter


def program_here() -> str | None:
    """Path of bubblewrap, if it is installed."""
    return shutil.which("bwrap", path=WHERE)


def enter_as(prepared: Prepared, module: str, *arguments: str, keep: Iterable[int] = ()) -> NoReturn:
    """Become `python -m module LIMITS arguments …` inside. LIMITS are for `settle`, which must come first there.

    Args:
        keep: descriptors that stay open.

    Raises:
        OSError: there is no bubblewrap.
    """
    program = program_here()
    if program is None:
        raise OSError("bubblewrap is not installed")
    for fd in keep:
        os.set_inheritable(fd, True)
    python = [sys.executable, "-P", "-m", module, json.dumps(limits(prepared.fences)), *arguments]
    os.environ |= ENVIRONMENT
    os.execv(program, [program, *options(prepared), "--", *python])


def settle(values: str) -> None:
    """The rest, from inside: limits on processes would be the user's, not the sandbox's, if they were set before."""
    limit({int(which): value for which, value in json.loads(values).items()})


def options(prepared: Prepared) -> list[str]:
    """What bubblewrap is told; contents of files and the filter of calls are in descriptors that are open now."""
    fences, inside = prepared.fences, str(prepared.fences.inside)
    told = [f"--unshare-{name}" for name in NAMESPACES]
    told += ["--uid", inside, "--gid", inside, "--hostname", HOST, "--cap-drop", "ALL"]
    told += ["--die-with-parent", "--new-session", "--as-pid-1", "--dev", "/dev", "--proc", "/proc"]
    for path, mode in root.WRITABLE.items():  # before the rest: what is seen may lie in one of these
        told += ["--perms", f"{mode:o}", "--size", str(fences.box // PARTS[path]), "--tmpfs", path]
    for path in [path for path in fences.devices if path not in ITS_DEVICES]:
        told += ["--dev-bind", path, path]
    for path, source in prepared.seen.mounts.items():
        told += ["--ro-bind", source, path]
    for path, target in prepared.seen.links.items():
        told += ["--symlink", target, path]
    for path, text in fences.files.items():
        told += ["--file", str(_descriptor(text.encode())), path]
    told += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", root.BOX]
    return [*told, "--seccomp", str(_descriptor(prepared.program))]


def _descriptor(contents: bytes) -> int:
    """An open file with these contents, which an exec leaves open."""
    fd = os.memfd_create("given", 0)
    os.write(fd, contents)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
