"""The notebook that a teacher looks at in formgrader: the learner's cells, our locked cells, our verdicts."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.assignment import Assignment
from autograder.results import SubmissionResult


def write_autograded(
    course: Path,
    assignment: Assignment,
    source: bytes,
    submission: bytes,
    result: SubmissionResult,
    timestamp: str,
) -> Path:
    """Write `autograded/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb`, whole or not at all.

    Every cell of the source stands in its place; exercise cells hold the learner's text; cells that the learner
    added follow the cell that they followed.
    """
    nb = nbformat.reads(source.decode(), as_version=4)
    messages = {e.grade_id: f"{e.score:g} of {e.max_score:g} points. {e.message}" for e in result.exercises}
    theirs = _by_grade_id(submission)
    for cell in nb.cells:
        _fill(cell, theirs, messages)
    nb.metadata.pop("judge", None)
    folder = course / "autograded" / result.student / assignment.name
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / f"{assignment.name}.ipynb", nbformat.writes(nb))
    if timestamp:
        _write(folder / "timestamp.txt", timestamp)
    return folder


def _fill(cell: NotebookNode, theirs: dict[str, str], messages: dict[str, str]) -> None:
    if cell.cell_type != "code":
        return
    meta = cell.metadata.get("nbgrader", {})
    grade_id = meta.get("grade_id")
    cell.outputs, cell.execution_count = [], None
    if meta.get("solution"):
        cell.source = theirs.get(grade_id, "# This cell is missing in the submission.")
    elif grade_id in messages:
        cell.outputs = [new_output("stream", name="stdout", text=_plain(messages[grade_id]) + "\n")]


def _by_grade_id(submission: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        cells = json.loads(submission.decode())["cells"]
    except (UnicodeDecodeError, ValueError, KeyError, TypeError, RecursionError):
        return found
    for cell in cells if isinstance(cells, list) else []:
        meta = cell.get("metadata", {}) if isinstance(cell, dict) else {}
        nbgrader = meta.get("nbgrader") if isinstance(meta, dict) else None
        grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
        if isinstance(grade_id, str):
            source = cell.get("source", "")
            found.setdefault(grade_id, "".join(map(str, source)) if isinstance(source, list) else str(source))
    return found


def _plain(text: str) -> str:
    """Text without control characters: a terminal or a page shows it as it is."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _write(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
