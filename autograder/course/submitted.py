"""What stands in a course's `submitted/`, which learners fill: read with care, and each oddity said."""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.course.students import ALLOWED, is_student_id
from autograder.judge.limits import LIMITS
from autograder.marking.intake import Rejected
from autograder.plain_text import plain

NO_ID = f"The name of this folder is no student id, and nothing in it is read. Allowed are {ALLOWED}. Rename it."
NAMES = 5  # of other files that a message tells
TIMESTAMP = "timestamp.txt"
AHEAD = dt.timedelta(minutes=5)  # clocks may differ by that much
NO_TIME = "timestamp.txt beside it names no time: when it was handed in is not known."
UNKNOWN_TIME = "There is no timestamp.txt beside it: when it was handed in is not known."
FUTURE = "Its time, {time} UTC, is still to come: the clock of the machine that took it, or of this one, is wrong."
SECRET = "submission_secret.txt"  # nbgrader's, written with a submission; feedback is released under a name made of it


@dataclass(frozen=True)
class HandedIn:
    """One learner's folder of an assignment.

    Attributes:
        student: name of the learner's folder.
        folder: where the notebook belongs.
        expected: names of the notebooks' files.
        named: the time in the folder's name, where it is one of several attempts.
    """

    student: str
    folder: Path
    expected: tuple[str, ...]
    named: dt.datetime | None = None

    @property
    def has_id(self) -> bool:
        """Whether the gradebook can hold the student's name."""
        return is_student_id(self.student)

    def read(self, name: str) -> bytes | None:
        """The content of a notebook; None where nothing was handed in.

        Raises:
            Rejected: there is something else.
            OSError: it cannot be read.
        """
        if not self.has_id:
            raise Rejected(NO_ID)
        for folder in (self.folder,) if self.named else (self.folder.parent, self.folder):
            if folder.is_symlink():
                raise Rejected(f"The folder {folder.name} is a symbolic link. Hand in the folder itself.")
        if not self.folder.is_dir():
            return None
        path = self.folder / name
        if path.is_symlink():
            raise Rejected(f"{name} is a symbolic link. Hand in the file itself.")
        if not path.exists():
            if others := self._others():
                raise Rejected(f"{name} is expected, but found was only: {', '.join(others)}. Give it its name again.")
            return None
        if not path.is_file():
            raise Rejected(f"{name} is no file. Hand in the notebook itself.")
        return _read_file(path, LIMITS.submission_bytes + 1)

    def _others(self) -> list[str]:
        """Names of what else is there, none of which is expected."""
        names = sorted(p.name for p in self.folder.iterdir() if not p.name.startswith("."))
        odd = [f"‘{plain(name)[:80]}’" for name in names if name not in (TIMESTAMP, SECRET, *self.expected)]
        return odd[:NAMES] + ["…"] * (len(odd) > NAMES)

    @property
    def time(self) -> dt.datetime | None:
        """When it was handed in, in UTC, as nbgrader's `timestamp.txt` or the name of an attempt's folder says."""
        try:
            return read_time(_read_file(self.folder / TIMESTAMP, 100).decode()) or self.named
        except (OSError, UnicodeDecodeError):
            return self.named

    def remark_on_time(self, now: dt.datetime, due: dt.datetime | None) -> str:
        """What is odd about its time; empty where nothing is.

        Args:
            now: in UTC, without a zone.
            due: when the assignment is, if ever: where nothing is due, a time may be missing.
        """
        time = self.time
        if time is not None:
            return FUTURE.format(time=f"{time:%Y-%m-%d %H:%M:%S}") if time > now + AHEAD else ""
        if os.path.lexists(self.folder / TIMESTAMP):
            return NO_TIME
        return UNKNOWN_TIME if due else ""

    @property
    def secret(self) -> bytes:
        """What `nbgrader release_feedback` needs; empty where there is none."""
        try:
            found = _read_file(self.folder / SECRET, 200)
        except OSError:
            return b""
        return found if found.isascii() and found.decode().strip().isprintable() else b""


def read_time(text: str) -> dt.datetime | None:
    """A moment in UTC, as nbgrader reads it; None if the text names none."""
    try:
        found: dt.datetime | None = parse_utc(text.strip()) if text.strip() else None
    except (ValueError, OverflowError):
        return None
    return found


def find_submitted(course: Path, assignment: str, expected: tuple[str, ...]) -> Iterator[HandedIn]:
    """Every learner's folder, whether there is something of this assignment or not.

    Args:
        expected: names of the assignment's notebook files.

    Raises:
        OSError: the folder cannot be read.
    """
    folder = course / "submitted"
    for path in sorted(folder.iterdir()) if folder.exists() else ():
        if path.is_dir() and not path.name.startswith("."):
            yield HandedIn(path.name, path / assignment, expected)


def _read_file(path: Path, most: int) -> bytes:
    """At most so many bytes of a regular file that is no link.

    Raises:
        OSError: it is none, or it cannot be read.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(f"{path} is no file")
        return file.read(most)
