"""`nbgrader export` to a table that a spreadsheet shows and does not run.

In a course's nbgrader_config.py: c.ExportApp.plugin_class = "autograder.course.export.CsvExport"
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import ExportPlugin

from autograder.plain_text import plain

COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


class CsvExport(ExportPlugin):  # type: ignore[misc]
    """The columns and rows of nbgrader's own exporter; text is quoted, and none begins a formula.

    nbgrader writes names, email addresses and ids as they are: a comma moves the scores behind it into other columns,
    and a name that begins with `=` is a formula in a spreadsheet.
    """

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to `--to`, else to grades.csv."""
        path = Path(self.to or "grades.csv")
        self.log.info("Exporting grades to %s", path)
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            for assignment in gradebook.assignments:
                if not self.assignment or assignment.name in map(str, self.assignment):
                    table.writerows(self._rows(gradebook, assignment))

    def _rows(self, gradebook: Gradebook, assignment: Assignment) -> Iterator[list[object]]:
        for student in gradebook.students:
            if not self.student or student.id in map(str, self.student):
                yield _row(gradebook, assignment, student)


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> list[object]:
    time, raw, penalty = "", 0.0, 0.0
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
        time, raw, penalty = submission.timestamp, submission.score, submission.late_submission_penalty
    except MissingEntry:
        pass  # nothing handed in: zeros, as nbgrader has it
    return [
        text(assignment.name),
        assignment.duedate,
        time,
        *map(text, (student.id, student.last_name, student.first_name, student.email)),
        raw,
        penalty,
        max(0.0, raw - penalty),
        assignment.max_score,
    ]


def text(value: object) -> str:
    """A cell that is read as text: an apostrophe before what would begin a formula, and nothing unseen."""
    shown = plain("" if value is None else str(value))
    return f"'{shown}" if shown.lstrip(" ").startswith(BEGINS_FORMULA) else shown
