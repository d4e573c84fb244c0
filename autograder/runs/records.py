"""What is already judged, and what of it the gradebook has: a run which was cut short goes on where it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

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
        CourseError: a later version of the grader made them.
    """

    def __init__(self, folder: Path, assignment: str) -> None:
        self._assignment = assignment
        path = folder / "records.db"
        self._database = sqlite3.connect(path, timeout=60, isolation_level=None)
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            self._database.close()
            raise CourseError(f"{path} was made by a later version of the grader", "grade with that version")
        if version < VERSION:
            self._database.executescript(TABLES)

    def find(self, notebook: str, student: str, submission: str) -> Record | None:
        """What was judged of this submission, or None."""
        query = (
            "SELECT keys, result FROM results WHERE assignment = ? AND notebook = ? AND student = ? AND submission = ?"
        )
        row = self._database.execute(query, (self._assignment, notebook, student, submission)).fetchone()
        return Record(json.loads(row[0]), SubmissionResult.from_json(json.loads(row[1]))) if row else None

    def keep(self, notebook: str, student: str, submission: str, record: Record) -> None:
        """Keep a result; it takes the place of the last one of the same submission."""
        kept = json.dumps(dict(record.keys)), json.dumps(record.result.to_json())
        values = (self._assignment, notebook, student, submission, *kept)
        self._database.execute("REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?)", values)

    def written(self, notebook: str, student: str) -> tuple[str, str]:
        """What gradebook and autograded notebook were given, as `mark_written` was told; empty: nothing yet."""
        query = "SELECT grades, pages FROM written WHERE assignment = ? AND notebook = ? AND student = ?"
        row = self._database.execute(query, (self._assignment, notebook, student)).fetchone()
        return (row[0], row[1]) if row else ("", "")

    def mark_written(self, notebook: str, student: str, grades: str, pages: str) -> None:
        """Say that they have it."""
        values = (self._assignment, notebook, student, grades, pages)
        self._database.execute("REPLACE INTO written VALUES (?, ?, ?, ?, ?)", values)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()
