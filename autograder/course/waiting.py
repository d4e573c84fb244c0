"""Waiting for a gradebook that somebody else is writing to, and refusing one of another version of nbgrader."""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from alembic.script import ScriptDirectory
from nbgrader.dbutil import ALEMBIC_DIR

from autograder.course.faults import UPGRADE
from autograder.errors import CourseError

PATIENCE = 60  # seconds until a gradebook that somebody else is writing to is given up
WAITING = "{path} is being written by somebody else, formgrader perhaps: waiting, {seconds} s at most."


class Turn:
    """Asks whether a database can be written now; a connection of its own, closed at the end.

    Args:
        say: called with a sentence when somebody else is writing.
    """

    def __init__(self, path: Path, say: Callable[[str], None] | None = None) -> None:
        self._path, self._say = path, say or (lambda text: None)
        self._database = sqlite3.connect(path, timeout=0, isolation_level=None)
        self.wait()
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        self._database.execute("BEGIN IMMEDIATE")  # which succeeds on a file that can only be read
        self._database.execute(f"PRAGMA user_version = {version}")
        self._database.execute("ROLLBACK")

    def wait(self, *_: Any) -> None:
        """Return once nobody else is writing.

        Raises:
            sqlite3.Error: somebody still is after `PATIENCE` seconds, or it cannot be written at all.
        """
        try:
            self._try()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            self._say(WAITING.format(path=self._path, seconds=PATIENCE))
            self._database.execute(f"PRAGMA busy_timeout = {1000 * PATIENCE}")
            self._try()
            self._database.execute("PRAGMA busy_timeout = 0")

    def _try(self) -> None:
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("ROLLBACK")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()


def require_schema(path: Path) -> None:
    """Refuse a gradebook that another version of nbgrader has made, before anything is written into it.

    Raises:
        CourseError: it is one.
    """
    with contextlib.closing(sqlite3.connect(path, timeout=PATIENCE)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not tables:
            return
        known = "alembic_version" in tables
        found = {name for (name,) in database.execute("SELECT version_num FROM alembic_version")} if known else set()
    if found != _newest():
        made = ", ".join(found) or "before there were versions"
        wanted = ", ".join(_newest())
        raise CourseError(f"{path} is one of another nbgrader (schema {made}; this one has {wanted})", UPGRADE)


@functools.cache
def _newest() -> set[str]:
    return set(ScriptDirectory(ALEMBIC_DIR).get_heads())
