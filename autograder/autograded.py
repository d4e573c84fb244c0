"""The notebook that a teacher looks at in formgrader: the learner's cells, our locked cells, our verdicts."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from autograder.assignment import Assignment
from autograder.files import write_whole
from autograder.intake import Rejected, Submission, read_submission
from autograder.results import SubmissionResult

MISSING = "# This cell is missing in the submission, or stands there more than once."


def autograded_path(course: Path, assignment: str, student: str) -> Path:
    """Where nbgrader looks for an autograded notebook."""
    return course / "autograded" / student / assignment / f"{assignment}.ipynb"


def write_autograded(
    course: Path, assignment: Assignment, source: bytes, submission: bytes, result: SubmissionResult, timestamp: str
) -> Path:
    """Write `autograded/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb`, whole or not at all.

    Every cell of the source stands in its place; exercise cells hold the learner's text; cells that the learner
    added follow the cell that they followed.
    """
    nb = nbformat.reads(source.decode(), as_version=4)
    theirs = _read(assignment, submission)
    messages = {e.grade_id: f"{e.score:g} of {e.max_score:g} points. {e.message}" for e in result.exercises}
    nb.cells = [cell for each in nb.cells for cell in (_filled(each, theirs, messages), *_added_after(each, theirs))]
    nb.cells = [*_added(None, theirs), *nb.cells]
    nb.metadata.pop("judge", None)
    path = autograded_path(course, assignment.name, result.student)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, nbformat.writes(nb).encode())
    if timestamp:
        write_whole(path.with_name("timestamp.txt"), timestamp.encode())
    return path.parent


def _read(assignment: Assignment, submission: bytes) -> Submission:
    try:
        return read_submission(assignment, submission)
    except Rejected:
        return Submission({})


def _filled(cell: NotebookNode, theirs: Submission, messages: dict[str, str]) -> NotebookNode:
    if cell.cell_type != "code":
        return cell
    meta = cell.metadata.get("nbgrader", {})
    grade_id = meta.get("grade_id")
    cell.outputs, cell.execution_count = [], None
    if meta.get("solution"):
        cell.source = theirs.exercises.get(grade_id, MISSING)
    elif grade_id in messages:
        cell.outputs = [new_output("stream", name="stdout", text=_plain(messages[grade_id]) + "\n")]
    return cell


def _added_after(cell: NotebookNode, theirs: Submission) -> list[NotebookNode]:
    grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
    return [] if grade_id is None else _added(grade_id, theirs)


def _added(grade_id: str | None, theirs: Submission) -> list[NotebookNode]:
    sources = theirs.extra.get(grade_id, [])
    return [new_code_cell(s, id=f"added-{grade_id or 'top'}-{n}"[:64]) for n, s in enumerate(sources)]


def _plain(text: str) -> str:
    """Text without control characters: a terminal or a page shows it as it is."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
