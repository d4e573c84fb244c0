"""Files that a learner's code wrote: collected by the supervisor while everything of the learner's stands still."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from autograder.judge.limits import Limits
from autograder.sandbox import linux, members

STOPPED_SECONDS = 2.0
DEEPEST = 8


class Refused(Exception):
    """Raised when what a learner's code left is not what may be collected; says what, for the learner."""


def collect(root: Path, folder: str, limits: Limits) -> dict[str, bytes]:
    """Path below `folder`, which lies below `root` → contents of every file there.

    No link is followed, no name is opened twice, and nothing but regular files with one name is read.

    Raises:
        Refused: something else is there, or too much.
    """
    try:
        start = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            top = _open_beneath(start, folder, os.O_RDONLY | os.O_DIRECTORY)
        finally:
            os.close(start)
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
                if not _is_text(entry.name):
                    raise Refused(f"Your code left {name[:100]!r}, whose name is no UTF-8.")
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


def _is_text(name: str) -> bool:
    """Whether its bytes are UTF-8: others Python keeps as characters that no message can carry."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _open(folder: int, entry: str, name: str) -> int:
    try:
        # NONBLOCK: to open a pipe would wait for its other end
        return _open_beneath(folder, entry, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        raise Refused(f"Your code left {name[:100]!r}, which is no regular file.") from None


def _open_beneath(folder: int, path: str, flags: int) -> int:
    if sys.platform == "linux":
        return linux.open_beneath(folder, path, flags)
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)  # without a sandbox, for one's own


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
