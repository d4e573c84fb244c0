"""`nbgrader autograde` with our judge: nbgrader walks through the course, each submission goes the way of `labs grade`.

In a course's nbgrader_config.py:

    c.Autograde.sanitize_preprocessors = ["autograder.nbgrader_plugin.Discard"]
    c.Autograde.autograde_preprocessors = [
        "autograder.nbgrader_plugin.JudgeSubmission", "nbgrader.preprocessors.AssignLatePenalties"]
"""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, TypeVar

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, SaveAutoGrades
from traitlets import Bool
from traitlets.utils.importstring import import_item

from autograder.course.autograded import autograded_path
from autograder.course.gradebook import forget_student
from autograder.course.gradebook_cells import save_assignment
from autograder.course.late import LatePenalties, due_date, extensions
from autograder.course.releases import read_releases
from autograder.course.settings import read_settings
from autograder.course.students import ALLOWED, is_student_id
from autograder.course.tree import handed_in, private_folder, read_secret, read_sources
from autograder.errors import CourseError, GraderFault
from autograder.results import Status
from autograder.runs import one
from autograder.runs.course_run import CourseRun
from autograder.runs.dry_run import with_how
from autograder.runs.notebook_run import NotebookRun
from autograder.runs.records import Records
from autograder.runs.writer import Writer
from autograder.sandbox.fences import read_fences
from autograder.source.beside import find_beside

T = TypeVar("T")
READABLE = "autograder.readable"  # entry points: functions that give paths which every submission may read
FOLDERS = {
    "directory_structure": "{nbgrader_step}/{student_id}/{assignment_id}",
    "source_directory": "source",
    "submitted_directory": "submitted",
    "autograded_directory": "autograded",
}


class Discard(NbGraderPreprocessor):  # type: ignore[misc]
    """Keeps nothing of the submitted notebook, which JudgeSubmission reads by itself."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """An empty notebook."""
        return nbformat.v4.new_notebook(), resources


class JudgeSubmission(NbGraderPreprocessor):  # type: ignore[misc]
    """Judges the submitted file, writes points into the gradebook, and hands on the notebook for teachers."""

    trust_submissions = Bool(False, help="Judge without a sandbox where there can be none.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """The notebook that `labs grade` would have written.

        Raises:
            CourseError: the course or its configuration is not as it must be, or there is no sandbox here.
            GraderFault: nothing was judged, by our own fault: no points are given or taken.
        """
        converter, what = self.parent.parent, resources["nbgrader"]
        try:
            _only_we_give_points(converter.autograde_preprocessors)
            one.require_sandbox(self.trust_submissions)
            return self._judge(_root(converter.coursedir), what), resources
        finally:
            if _is_last(converter, what):
                one.end()

    def _judge(self, course: Path, what: Mapping[str, str]) -> NotebookNode:
        student, name, file = what["student"], what["assignment"], what["notebook"]
        settings, late = read_settings(course), LatePenalties(course)
        with (
            private_folder(course) as private,
            Gradebook(what["db_url"]) as gradebook,
            Records(private, name) as records,
        ):
            if not is_student_id(student):
                forget_student(gradebook, student, name)
                raise CourseError(f"{student!r} is no student id; allowed are {ALLOWED}", "rename the folder")
            source = read_sources(course, name)[file]
            releases = read_releases(private, name, file, source, settings)
            save_assignment(gradebook, releases.current.assignment, source)
            path = autograded_path(course, student, releases.current.assignment)
            _remove_copies(path.parent)
            beside, fences = find_beside(course / "source" / name), read_fences(course)
            task = one.Task({}, read_secret(private).hex(), fences, beside, _readable(), self.trust_submissions)
            releases = with_how(private, releases, task)
            run = NotebookRun(releases, task, records, private, force=True, elsewhere=_here)
            handed = handed_in(course, name, [file], student, settings.attempts)
            due, longer = due_date(gradebook, name), extensions(gradebook, name)
            writer = Writer(course, name, gradebook, records, late)
            found = [r for _, results in CourseRun(handed, writer, late, due, longer).grade([run], 1) for r in results]
        for result in found:
            if result.status is Status.GRADER_ERROR:
                problem = f"{file} of {student} was not judged: {result.message}"
                raise GraderFault(problem, "mend what it names, and again")
        return nbformat.read(path, as_version=4)


def _here(task: bytes, left: Iterator[tuple[T, bytes]]) -> Generator[tuple[T, bytes, Callable[[], str]]]:
    """Judge in this process; what judges is kept for the next submission (one.py)."""
    for label, content in left:
        yield label, content, functools.partial(one.grade_one, task, content)


def _only_we_give_points(preprocessors: list[Any]) -> None:
    """Refuse to run beside a preprocessor of nbgrader's that runs the submission, or gives points by its outputs."""
    for each in preprocessors:
        kind = import_item(each) if isinstance(each, str) else each
        if isinstance(kind, type) and issubclass(kind, (Execute, SaveAutoGrades)):
            problem = f"c.Autograde.autograde_preprocessors has {kind.__name__} beside {JudgeSubmission.__name__}"
            raise CourseError(problem, "take it out: it would give points of its own")


def _root(coursedir: CourseDirectory) -> Path:
    """The course's folder, where its parts are called as nbgrader calls them."""
    for trait, usual in FOLDERS.items():
        if getattr(coursedir, trait) != usual:
            raise CourseError(f"c.CourseDirectory.{trait} is {getattr(coursedir, trait)!r}", f"leave it at {usual!r}")
    return Path(coursedir.root)


def _readable() -> tuple[str, ...]:
    return tuple(path for point in entry_points(group=READABLE) for path in point.load()())


def _remove_copies(folder: Path) -> None:
    """Of what nbgrader has copied from the submitted folder nothing is shown but notebooks, which are written anew."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.suffix != ".ipynb":
            path.unlink()


def _is_last(converter: Any, what: Mapping[str, str]) -> bool:
    """Whether nothing follows for which the processes would have to be kept."""
    last = Path(sorted(converter.assignments)[-1])
    return (last.parent.name, Path(converter.notebooks[-1]).stem) == (what["student"], what["notebook"])
