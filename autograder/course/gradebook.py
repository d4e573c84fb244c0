"""Write verdicts where nbgrader's own tools look: its gradebook, through its models in one session."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry

from autograder.results import SubmissionResult
from autograder.source.assignment import Assignment

PATIENCE = 60  # seconds until a gradebook that somebody else is writing to is given up


@contextmanager
def open_gradebook(course: Path) -> Iterator[Gradebook]:
    """The course's gradebook.db; made where there is none."""
    _find_alembic()
    with Gradebook(f"sqlite:///{(course / 'gradebook.db').resolve()}?timeout={PATIENCE}") as gradebook:
        yield gradebook


def graded_students(gradebook: Gradebook, assignment: str) -> set[str]:
    """Ids of the students who have a submission there."""
    try:
        return {submission.student_id for submission in gradebook.find_assignment(assignment).submissions}
    except MissingEntry:
        return set()


def save_assignment(gradebook: Gradebook, assignment: Assignment, notebook: bytes) -> None:
    """Record the notebook and its cells, where nbgrader's own `generate_assignment` has not done so."""
    nb, file = nbformat.reads(notebook.decode(), as_version=4), assignment.notebook
    gradebook.update_or_create_assignment(assignment.name)
    try:
        found = gradebook.find_notebook(file, assignment.name)
        known = {c.name for c in (*found.grade_cells, *found.task_cells)}
    except MissingEntry:
        known = set()
    if known == {*assignment.checks, *assignment.by_hand}:
        return
    kernelspec = json.dumps(nb.metadata.get("kernelspec", {}))
    gradebook.update_or_create_notebook(file, assignment.name, kernelspec=kernelspec)
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            _save_cell(gradebook, assignment.name, file, cell)


def save_result(gradebook: Gradebook, result: SubmissionResult, submitted: dt.datetime | None) -> None:
    """Record one submission's points in one transaction; a manual score stays and is marked for review.

    A submission without a score (a fault of ours) leaves its old points alone.
    """
    gradebook.update_or_create_student(result.student)
    name, file = result.assignment, result.notebook or result.assignment
    fields = {} if submitted is None else {"timestamp": submitted}
    with gradebook.db.no_autoflush:  # nbgrader links the new rows in an order that SQLAlchemy warns about
        gradebook.update_or_create_submission(name, result.student, **fields)
    if result.score is None:
        return
    notebook = gradebook.find_submission_notebook(file, name, result.student)
    grades, comments = ({x.name: x for x in rows} for rows in (notebook.grades, notebook.comments))
    for exercise in result.exercises:
        grade = grades[exercise.grade_id]
        grade.auto_score = exercise.score
        grade.needs_manual_grade = grade.manual_score is not None or exercise.score is None
        if exercise.grade_id in comments:  # an answer without a check, where feedback shows no output of ours
            comments[exercise.grade_id].auto_comment = exercise.message if exercise.score is not None else None
    gradebook.db.commit()


def forget_student(gradebook: Gradebook, student: str, assignment: str) -> None:
    """Remove a student of whom the gradebook knows nothing but a submission without points, and no name."""
    found = gradebook.find_student(student)
    grades = [
        grade for submission in found.submissions for notebook in submission.notebooks for grade in notebook.grades
    ]
    # nbgrader gives 0 where a notebook is missing
    scored = any(g.auto_score or g.manual_score is not None or g.extra_credit for g in grades)
    elsewhere = any(submission.assignment.name != assignment for submission in found.submissions)
    if not (scored or elsewhere or found.first_name or found.last_name or found.email):
        gradebook.remove_student(student)


def _save_cell(gradebook: Gradebook, name: str, file: str, cell: NotebookNode) -> None:
    grade_id = cell.metadata.nbgrader["grade_id"]
    if utils.is_grade(cell):
        points = float(cell.metadata.nbgrader["points"])
        gradebook.update_or_create_grade_cell(grade_id, file, name, max_score=points, cell_type=cell.cell_type)
    if utils.is_solution(cell):
        gradebook.update_or_create_solution_cell(grade_id, file, name)
    if utils.is_task(cell):
        points = float(cell.metadata.nbgrader["points"])
        gradebook.update_or_create_task_cell(grade_id, file, name, max_score=points, cell_type=cell.cell_type)
    gradebook.update_or_create_source_cell(
        grade_id,
        file,
        name,
        cell_type=cell.cell_type,
        locked=utils.is_locked(cell),
        source=cell.source,
        checksum=utils.compute_checksum(cell),
    )


def _find_alembic() -> None:
    """nbgrader starts `alembic` by name: the environment's bin folder must be on PATH."""
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")
