"""A course's folders: the source, what was handed in, and what the grader keeps for itself."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.errors import CourseError

PRIVATE = ".judge"  # secret, records and lock, readable by their owner only


@dataclass(frozen=True)
class Handed:
    """What one student handed in. `path` is None where there is nothing."""

    student: str
    path: Path | None

    @property
    def stamp(self) -> str:
        """The text of nbgrader's timestamp.txt, or an empty one."""
        path = self.path.with_name("timestamp.txt") if self.path else None
        return path.read_text(errors="replace").strip() if path and path.is_file() and not path.is_symlink() else ""

    @property
    def timestamp(self) -> dt.datetime | None:
        """When it was handed in, if that is said."""
        try:
            found: dt.datetime = parse_utc(self.stamp)
        except ValueError:
            return None
        return found


def read_source(course: Path, assignment: str) -> bytes:
    """The nbgrader source of an assignment.

    Raises:
        CourseError: there is none.
    """
    path = course / "source" / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        known = sorted(p.name for p in (course / "source").glob("*") if p.is_dir())
        raise CourseError(f"{path} is missing; assignments here: {', '.join(known) or 'none'}", "release the lab first")
    return path.read_bytes()


def handed_in(course: Path, assignment: str, student: str | None = None) -> list[Handed]:
    """What each student handed in, by name; that of one student only, if one is named."""
    folder = course / "submitted"
    found: dict[str, Handed] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.is_dir() and not path.is_symlink():
            notebook = path / assignment / f"{assignment}.ipynb"
            there = notebook.is_file() and not notebook.is_symlink()
            found[path.name] = Handed(path.name, notebook if there else None)
    if student is not None:
        return [found.get(student, Handed(student, None))]
    return list(found.values())


@contextlib.contextmanager
def private_folder(course: Path) -> Iterator[Path]:
    """The grader's own folder in a course, held for one run at a time.

    Raises:
        CourseError: another run holds it.
    """
    folder = course / PRIVATE
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CourseError(f"another run grades {course} just now", "wait until it has ended") from None
        yield folder


def read_secret(folder: Path) -> bytes:
    """The course's secret, from which hidden inputs are drawn; made once, readable by its owner only."""
    path = folder / "secret"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
