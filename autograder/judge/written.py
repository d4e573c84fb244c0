"""Files that a learner's code wrote: collected by the supervisor while everything of the learner's stands still."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from autograder.judge.limits import Limits
from autograder.sandbox import members

STOPPED_SECONDS = 2.0
DEEPEST = 8


class Refused(Exception):
    """Raised when what a learner's code left is not what may be collected; says what, for the learner."""


def collect(folder: Path, limits: Limits) -> dict[str, bytes]:
    """Path below `folder` → contents of every file there.

    No link is followed, no name is opened twice, and nothing but regular files with one name is read.

    Raises:
        Refused: something else is there, or too much.
    """
    try:
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        raise Refused("Your code replaced the folder that it was given.") from None
    found: dict[str, bytes | None] = {}
    _collect(top, "", found, limits)
    return {name: contents for name, contents in found.items() if contents is not None}


def _collect(folder: int, prefix: str, found: dict[str, bytes | None], limits: Limits) -> None:
    """Put what is in a folder into `found`; a folder in it has no contents, but counts."""
    try:
        if prefix.count("/") > DEEPEST:
            raise Refused(f"Your code wrote folders more than {DEEPEST} deep.")
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                if len(found) >= limits.written_files:
                    raise Refused(f"Your code wrote more than {limits.written_files} files and folders.")
                inside = _open(folder, entry.name, name)
                if stat.S_ISDIR(os.fstat(inside).st_mode):
                    found[name] = None
                    _collect(inside, name + "/", found, limits)
                else:
                    left = limits.written_bytes - sum(len(contents or b"") for contents in found.values())
                    found[name] = _read(inside, name, left, limits)
    finally:
        os.close(folder)


def _open(folder: int, entry: str, name: str) -> int:
    try:
        # NONBLOCK: to open a pipe would wait for its other end
        return os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        raise Refused(f"Your code left {name[:100]!r}, which is no regular file.") from None


def _read(fd: int, name: str, left: int, limits: Limits) -> bytes:
    with os.fdopen(fd, "rb") as file:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1:
            raise Refused(f"Your code left {name[:100]!r}, which is no regular file.")
        contents = file.read(left + 1) if about.st_size <= left else None
        if contents is None or len(contents) > left:
            raise Refused(f"Your code wrote more than {limits.written_bytes:,} bytes.")
        return contents


@contextlib.contextmanager
def frozen_sandbox(first: int) -> Iterator[None]:
    """Every process of a sandbox stands still in the block.

    Raises:
        Refused: they could not be stopped, or are gone.
    """
    try:
        if not members.freeze(first):
            raise Refused("Your code could not be stopped for its files to be read.")
        yield
    finally:
        members.thaw(first)


@contextlib.contextmanager
def frozen_group(pid: int) -> Iterator[None]:
    """Everything in the process group of `pid` stands still in the block.

    Raises:
        Refused: it could not be stopped, or is gone.
    """
    try:
        os.killpg(pid, signal.SIGSTOP)
        deadline = time.monotonic() + STOPPED_SECONDS
        while not (states := _states(pid)) <= {"T", "t"}:
            if time.monotonic() > deadline:
                raise Refused("Your code could not be stopped for its files to be read.")
            time.sleep(0.001)
        if not states:
            raise ProcessLookupError
        yield
    except ProcessLookupError:
        raise Refused("Your code ended its own process.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGCONT)


def _states(group: int) -> set[str]:
    """States of the processes in a group that have not ended, as /proc names them."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, its_group = (process / "stat").read_text().rpartition(") ")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                found.add(state)
    return found
