"""Late penalties as nbgrader gives them: by the plugin that the course's nbgrader_config.py names."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import math
import sys
from collections.abc import Iterator
from pathlib import Path

from jupyter_core.paths import jupyter_config_path
from nbgrader.api import Assignment, Gradebook, Notebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, JSONFileConfigLoader, PyFileConfigLoader

from autograder.errors import CourseError

NAME = "nbgrader_config"
Penalties = dict[tuple[str, str], float]  # student, notebook → points


class LatePenalties:
    """The course's plugin: `AssignLatePenalties.plugin_class`, or nbgrader's own with its `penalty_method`.

    It is the teacher's code, and runs in this process, as it does in nbgrader.

    Raises:
        CourseError: nbgrader_config.py or the plugin cannot be loaded.
    """

    def __init__(self, course: Path) -> None:
        self._where = course / f"{NAME}.py"
        try:
            with _on_path(course):
                nbgrader = AssignLatePenalties(config=read_config(course))
                nbgrader.init_plugin()
        except (Exception, SystemExit) as error:
            problem = f"{self._where}: the plugin for late penalties cannot be loaded: {_said(error)}"
            raise CourseError(problem, "mend it; nothing was graded") from error
        self._plugin = nbgrader.plugin_inst
        self._plugin.log.setLevel(logging.ERROR)

    def of(self, student: str, score: float, seconds: float) -> float | None:
        """The penalty for a score that came so late, between 0 and the score; None for none.

        Raises:
            CourseError: the plugin fails, or gives no number.
        """
        if seconds <= 0:
            return None
        try:
            penalty = self._plugin.late_submission_penalty(student, score, seconds)
            if penalty is None:
                return None
            if not math.isfinite(penalty):
                raise ValueError(f"the penalty is {penalty}")
            return min(max(float(penalty), 0.0), score)
        except Exception as error:
            problem = f"{self._where}: the plugin for late penalties failed for {student}: {_said(error)}"
            raise CourseError(problem, "mend the plugin, and grade again; what was judged is kept") from error

    def assign(self, gradebook: Gradebook, assignment: str, student: str | None = None) -> Penalties:
        """Set the penalties of an assignment's submissions anew; give those that are not 0.

        Args:
            student: of this one only.
        """
        due = due_date(gradebook, assignment)
        found: Penalties = {}
        for row in _submissions(gradebook, assignment, student):
            who, name, time, extension, notebook_id, before = row
            seconds = seconds_late(time, due, extension)
            if not seconds and before is None:
                continue
            notebook = gradebook.db.get(SubmittedNotebook, notebook_id)
            penalty = self.of(who, notebook.score, seconds)
            if penalty != before:
                notebook.late_submission_penalty = penalty
            if penalty:
                found[who, name] = penalty
        gradebook.db.commit()
        return found


def due_date(gradebook: Gradebook, assignment: str) -> dt.datetime | None:
    """When an assignment is due, in UTC, as nbgrader keeps it."""
    due: dt.datetime | None = gradebook.db.query(Assignment.duedate).filter(Assignment.name == assignment).scalar()
    return due


def seconds_late(time: dt.datetime | None, due: dt.datetime | None, extension: dt.timedelta | None) -> float:
    """How late it was handed in; 0 where nobody knows when, or nothing is due."""
    if time is None or due is None:
        return 0.0
    return max(0.0, (time - due - (extension or dt.timedelta())).total_seconds())


def extensions(gradebook: Gradebook, assignment: str) -> dict[str, dt.timedelta]:
    """Student → extension, of those who have one."""
    rows = _submissions(gradebook, assignment, None)
    return {student: extension for student, _, _, extension, _, _ in rows if extension is not None}


def read_config(course: Path) -> Config:
    """What nbgrader reads for this course: nbgrader_config of Jupyter's folders, and before all the course's own."""
    config = Config()
    for folder in (*reversed(jupyter_config_path()), str(course)):
        for load, kind in ((PyFileConfigLoader, "py"), (JSONFileConfigLoader, "json")):
            with contextlib.suppress(ConfigFileNotFound):
                config.merge(load(f"{NAME}.{kind}", path=folder).load_config())
    return config


def _submissions(gradebook: Gradebook, assignment: str, student: str | None) -> list[tuple]:  # type: ignore[type-arg]
    """Columns of one query: to load nbgrader's own objects would add up each one's scores."""
    handed_in, notebook = SubmittedAssignment, SubmittedNotebook
    columns = [handed_in.student_id, Notebook.name, handed_in.timestamp, handed_in.extension]
    columns += [notebook.id, notebook.late_submission_penalty]
    query = gradebook.db.query(*columns).select_from(handed_in).join(notebook, notebook.assignment_id == handed_in.id)
    query = query.join(Notebook, Notebook.id == notebook.notebook_id)
    query = query.join(Assignment, Assignment.id == handed_in.assignment_id).filter(Assignment.name == assignment)
    if student is not None:
        query = query.filter(handed_in.student_id == student)
    return list(query.all())


@contextlib.contextmanager
def _on_path(course: Path) -> Iterator[None]:
    """Plugins are modules in the course's folder. It is on the path no longer: what is there, workers can read."""
    before = sys.path.copy()
    sys.path.insert(0, str(course.resolve()))
    try:
        yield
    finally:
        sys.path[:] = before


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
