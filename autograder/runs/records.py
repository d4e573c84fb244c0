"""What is already judged: one record per submission, so that a run which was cut short goes on where it was."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from autograder.results import SubmissionResult

TABLE = """
CREATE TABLE IF NOT EXISTS judged (
    assignment TEXT, notebook TEXT, student TEXT,
    key TEXT NOT NULL,      -- hash of all that the result depends on (stamp.py)
    result TEXT NOT NULL,   -- JSON
    written TEXT,           -- hash of what gradebook and autograded notebook were given; NULL: nothing yet
    PRIMARY KEY (assignment, notebook, student)
)
"""


class Records:
    """The records of one notebook of an assignment.

    A result is kept here before it goes anywhere else; who is killed in between writes it again, which changes
    nothing, instead of judging again.
    """

    def __init__(self, folder: Path, assignment: str, notebook: str) -> None:
        self._which = (assignment, notebook)
        self._database = sqlite3.connect(folder / "records.db", timeout=60, isolation_level=None)
        self._database.execute(TABLE)

    def find(self, student: str, key: str) -> SubmissionResult | None:
        """The result of exactly this submission, or None."""
        query = "SELECT result FROM judged WHERE assignment = ? AND notebook = ? AND student = ? AND key = ?"
        row = self._database.execute(query, (*self._which, student, key)).fetchone()
        return SubmissionResult.from_json(json.loads(row[0])) if row else None

    def keep(self, key: str, result: SubmissionResult) -> None:
        """Keep a result; it takes the place of the student's last one."""
        values = (*self._which, result.student, key, json.dumps(result.to_json()))
        self._database.execute("REPLACE INTO judged VALUES (?, ?, ?, ?, ?, NULL)", values)

    def written(self, student: str) -> str | None:
        """What the gradebook was given, as `mark_written` was told."""
        query = "SELECT written FROM judged WHERE assignment = ? AND notebook = ? AND student = ?"
        row = self._database.execute(query, (*self._which, student)).fetchone()
        return row[0] if row else None

    def mark_written(self, student: str, what: str) -> None:
        """Say that the gradebook has it."""
        values = (what, *self._which, student)
        self._database.execute(
            "UPDATE judged SET written = ? WHERE assignment = ? AND notebook = ? AND student = ?", values
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._database.close()
