"""Write verdicts where nbgrader's own tools look: its gradebook, through its models in one session."""

from __future__ import annotations

import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, SubmittedAssignment
from sqlalchemy import event

from autograder.course.faults import naming_database
from autograder.course.waiting import PATIENCE, Turn, require_schema
from autograder.errors import CourseError
from autograder.results import SubmissionResult


@contextmanager
def open_gradebook(course: Path, on_wait: Callable[[str], None] | None = None) -> Iterator[Gradebook]:
    """The course's gradebook.db; made where there is none, whole or not at all.

    Each transaction waits for its turn where somebody else is writing.

    Args:
        on_wait: called with a sentence when that takes a while.

    Raises:
        CourseError: it cannot be read or written; also where that happens in the block.
    """
    _find_alembic()
    path = (course / "gradebook.db").resolve()
    with naming_database(path):
        if not path.exists():
            _make(path)
        turn = Turn(path, on_wait)
        require_schema(path)
        with turn, Gradebook(_url(path)) as gradebook:
            event.listen(gradebook.engine, "begin", turn.wait)
            yield gradebook


def _make(path: Path) -> None:
    new = path.with_name(".new-gradebook.db")
    new.unlink(missing_ok=True)
    with Gradebook(_url(new)):
        pass
    new.replace(path)


def _url(path: Path) -> str:
    return f"sqlite:///{path}?timeout={PATIENCE}"


def submission_ids(gradebook: Gradebook, assignment: str, student: str | None = None) -> dict[str, str]:
    """Student → id of the submission there: another one, once a lost gradebook was made anew.

    Args:
        student: of this one only.
    """
    query = gradebook.db.query(SubmittedAssignment.student_id, SubmittedAssignment.id)
    query = query.join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
    query = query.filter(Assignment.name == assignment)
    if student is not None:
        query = query.filter(SubmittedAssignment.student_id == student)
    return dict(query.all())


def extend(gradebook: Gradebook, assignment: str, student: str, extension: dt.timedelta) -> dt.datetime | None:
    """Give a student another due date, before or after anything is handed in; return it, in UTC.

    Raises:
        CourseError: the gradebook does not have the assignment.
    """
    try:
        has_notebooks = bool(gradebook.find_assignment(assignment).notebooks)
    except MissingEntry:
        has_notebooks = False
    if not has_notebooks:
        problem = f"the gradebook has no assignment {assignment}"
        raise CourseError(problem, "release it first, with `labs release` or `nbgrader generate_assignment`")
    gradebook.update_or_create_student(student)
    with gradebook.db.no_autoflush:
        submission = gradebook.update_or_create_submission(assignment, student, extension=extension or None)
    due: dt.datetime | None = submission.assignment.duedate
    return None if due is None else due + extension


def save_result(gradebook: Gradebook, result: SubmissionResult, submitted: dt.datetime | None) -> None:
    """Record one submission's points in one transaction; a manual score stays and is marked for review.

    A submission without a score (a fault of ours) leaves its old points alone, and one without a time the old time,
    as in nbgrader, unless that may be another attempt's.
    """
    gradebook.update_or_create_student(result.student)
    name, file = result.assignment, result.notebook or result.assignment
    fields = {"timestamp": submitted} if submitted or result.attempt else {}
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


def _find_alembic() -> None:
    """nbgrader starts `alembic` by name: the environment's bin folder must be on PATH."""
    folder = str(Path(sys.executable).parent)
    if folder not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = folder + os.pathsep + os.environ.get("PATH", "")
