"""Faults of a disk or a database as one sentence each: which file, what is wrong, what to do."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import InvalidEntry
from sqlalchemy.exc import SQLAlchemyError

from autograder.errors import CourseError

AGAIN = "then run the same command again: what was graded stays graded"
SPACE = f"free space there, {AGAIN}"
WRITABLE = f"make the file and its folder writable for you, {AGAIN}"
CLOSE = f"close what writes to it (formgrader, another nbgrader command), {AGAIN}"
BACKUP = {
    "records.db": f"move it away, {AGAIN}, and that every submission is judged once more",
    "gradebook.db": f"put a copy from before in its place (scores by hand and comments are in it alone), {AGAIN}",
}
UPGRADE = f"run `nbgrader db upgrade` in the course's folder, {AGAIN}"
# Beginning of SQLite's name of an error → what is wrong, and the fix.
OF_SQLITE = {
    "SQLITE_FULL": ("the disk is full", SPACE),
    "SQLITE_IOERR": ("the disk takes no more, or fails", SPACE),
    "SQLITE_READONLY": ("it cannot be written", WRITABLE),
    "SQLITE_BUSY": ("somebody else is writing to it", CLOSE),
    "SQLITE_CANTOPEN": ("it cannot be opened", WRITABLE),
}
DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
OF_SYSTEM = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), SPACE),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), WRITABLE),
    **dict.fromkeys((errno.ENOTDIR, errno.EISDIR, errno.EEXIST), f"move what is there away, {AGAIN}"),
}


@contextlib.contextmanager
def naming_database(path: Path) -> Iterator[None]:
    """Errors of SQLite in the block are told as those of this file.

    Raises:
        CourseError: there was one.
    """
    try:
        yield
    except InvalidEntry as error:  # as nbgrader tells what SQLAlchemy told it
        raise of_database(error.__context__ or error, path) from error
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise of_database(error, path) from error


@contextlib.contextmanager
def naming_files(course: Path) -> Iterator[None]:
    """Errors of the system in the block are told with their file; where they name none, with the folders written to.

    Raises:
        CourseError: there was one.
    """
    try:
        yield
    except OSError as error:
        where, why = error.filename or f"{course} or {tempfile.gettempdir()}", error.strerror or str(error)
        raise CourseError(f"{where}: {why}", OF_SYSTEM.get(error.errno or 0, f"mend it, {AGAIN}")) from error


def of_database(error: BaseException, path: Path) -> CourseError:
    """What an error of SQLite, or of SQLAlchemy around it, says of a database."""
    cause = getattr(error, "orig", None) or error
    name = getattr(cause, "sqlite_errorname", "")
    if path.is_dir():
        return CourseError(f"{path} is a folder; the file of this name is expected", f"move it away, {AGAIN}")
    if name in DAMAGED:
        return CourseError(f"{path} is damaged, or no database: {cause}", BACKUP.get(path.name, "move it away"))
    for beginning, (problem, fix) in OF_SQLITE.items():
        if name.startswith(beginning):
            return CourseError(f"{path}: {problem} ({cause})", fix)
    return CourseError(f"{path}: {cause}", f"mend it, {AGAIN}")
