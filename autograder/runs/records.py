"""What is already judged, and what of it the gradebook has: a run which was cut short goes on where it was."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autograder.course.faults import naming_database
from autograder.errors import CourseError
from autograder.results import SubmissionResult

VERSION = 2  # of the tables; version 1 knew one result per student, under a key that no later grader makes
TABLES = f"""
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS judged;
CREATE TABLE IF NOT EXISTS results (
    assignment TEXT, notebook TEXT, student TEXT,
    submission TEXT,        -- hash of the file
    keys TEXT NOT NULL,     -- JSON: check's grade id → hash of all that its mark depends on (stamp.py)
    result TEXT NOT NULL,   -- JSON
    PRIMARY KEY (assignment, notebook, student, submission)
);
CREATE TABLE IF NOT EXISTS written (
    assignment TEXT, notebook TEXT, student TEXT,
    grades TEXT NOT NULL,   -- hash of what the gradebook was given
    pages TEXT NOT NULL,    -- hash of what the autograded notebook shows besides
    PRIMARY KEY (assignment, notebook, student)
);
PRAGMA user_version = {VERSION};
COMMIT;
"""


@dataclass(frozen=True)
class Record:
    """A result, and for each check the key under which it was judged."""

    keys: Mapping[str, str]
    result: SubmissionResult


class Records:
    """The records of an assignment.

    A result is kept here before it goes anywhere else; who is killed in between writes it again, which changes
    nothing, instead of judging again.

    Raises:
        CourseError: a later version of the grader made them; or, here and in each method, the file cannot be used.
    """

    def __init__(self, folder: Path, assignment: str) -> None:
        self._assignment, self._path = assignment, folder / "records.db"
        with contextlib.ExitStack() as opened, naming_database(self._path):
            self._database = sqlite3.connect(self._path, timeout=60, isolation_level=None)
            opened.callback(self._database.close)
            (version,) = self._execute("PRAGMA user_version")[0]
            if version > VERSION:
                problem = f"{self._path} was made by a later version of the grader"
                raise CourseError(problem, "grade with that version")
            if version < VERSION:
                self._database.executescript(TABLES)
            opened.pop_all()

    def find(self, notebook: str, student: str, submission: str) -> Record | None:
        """What was judged of this submission, or None."""
        query = (
            "SELECT keys, result FROM results WHERE assignment = ? AND notebook = ? AND student = ? AND submission = ?"
        )
        for keys, result in self._execute(query, self._assignment, notebook, student, submission):
            return Record(json.loads(keys), SubmissionResult.from_json(json.loads(result)))
        return None

    def keep(self, notebook: str, student: str, submission: str, record: Record) -> None:
        """Keep a result; it takes the place of the last one of the same submission."""
        kept = json.dumps(dict(record.keys)), json.dumps(record.result.to_json())
        self._execute(
            "REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)", self._assignment, notebook, student, submission, *kept
        )

    def written(self, notebook: str, student: str) -> tuple[str, str]:
        """What gradebook and autograded notebook were given, as `mark_written` was told; empty: nothing yet."""
        query = "SELECT grades, pages FROM written WHERE assignment = ? AND notebook = ? AND student = ?"
        for grades, pages in self._execute(query, self._assignment, notebook, student):
            return grades, pages
        return "", ""

    def mark_written(self, notebook: str, student: str, grades: str, pages: str) -> None:
        """Say that they have it."""
        self._execute("REPLACE INTO written VALUES (?, ?, ?, ?, ?)", self._assignment, notebook, student, grades, pages)

    def _execute(self, query: str, *values: str) -> list[Any]:
        with naming_database(self._path):
            return self._database.execute(query, values).fetchall()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()
