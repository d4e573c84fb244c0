"""Grade an nbgrader course tree, or look at one notebook's visible checks."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.assignment import Assignment
from autograder.autograded import autograded_path, write_autograded
from autograder.errors import CourseError
from autograder.gradebook import graded_students, open_gradebook, save_assignment, save_result
from autograder.marking import Marker
from autograder.read_assignment import read_assignment
from autograder.results import Status, SubmissionResult
from autograder.runs.one import Task, read_result, require_sandbox
from autograder.runs.records import Records
from autograder.runs.stamp import grader_stamp, submission_key
from autograder.runs.tree import Handed, handed_in, private_folder, read_secret, read_source
from autograder.runs.workers import Lost, grade_each
from autograder.sandbox.fences import Sandbox, read_fences

OnResult = Callable[[SubmissionResult, int, int], None]


def grade_course(
    course: Path,
    assignment: str,
    *,
    student: str | None = None,
    trust_submissions: bool = False,
    readable: tuple[str, ...] = (),
    workers: int | None = None,
    force: bool = False,
    on_result: OnResult | None = None,
) -> list[SubmissionResult]:
    """Grade every submission of an assignment into the course's gradebook.

    What an earlier run has judged, also one that was killed, is not judged again, as long as neither the submission
    nor anything that judges it has changed. This process alone writes into the course; workers judge.

    Args:
        course: folder with source/ and submitted/.
        student: grade this one only.
        trust_submissions: judge without a sandbox where there can be none.
        readable: paths that submissions may read, besides Python and its packages.
        workers: processes that judge side by side; as many as there are cores, if not given.
        force: judge unchanged submissions too.
        on_result: called after each submission with the result, how many are done, and how many there are.

    Returns:
        Results by student's name.

    Raises:
        CourseError: the course, its source or its reference solution is not as it must be; another run grades the
            course; or there is no sandbox here, and `trust_submissions` was not given.
    """
    require_sandbox(trust_submissions)
    source = read_source(course, assignment)
    handed = handed_in(course, assignment, student)
    if not handed:
        raise CourseError(f"{course / 'submitted'} holds no submission of {assignment}", "collect submissions first")
    fences, read = read_fences(course), read_assignment(assignment, source)
    with (
        private_folder(course) as private,
        open_gradebook(course) as gradebook,
        Records(private, assignment) as records,
    ):
        task = Task(read.to_json(), read_secret(private).hex(), fences, readable, trust_submissions)
        run = _Run(course, source, read, task, gradebook, records)
        save_assignment(gradebook, read, source)
        results: list[SubmissionResult] = []
        outcomes = run.outcomes(handed, private, min(workers or _cores(), len(handed)), force)
        with contextlib.closing(outcomes):
            for result in outcomes:
                results.append(result)
                if on_result:
                    on_result(result, len(results), len(handed))
    return sorted(results, key=lambda r: r.student)


def check_notebook(
    name: str, assignment: bytes, submission: bytes, *, variant: int = 0, sandbox: Sandbox | None = None
) -> SubmissionResult:
    """Judge a notebook's visible checks alone.

    Args:
        assignment: the lab's learner notebook as it was built.
        submission: the notebook as it stands now.
    """
    with Marker(read_assignment(name, assignment), secret=b"", variant=variant, sandbox=sandbox) as marker:
        return marker.mark("you", submission, hidden=False)


@dataclasses.dataclass
class _Run:
    """The one writer of a run: takes results, and puts them into records, gradebook and autograded notebooks."""

    course: Path
    source: bytes
    assignment: Assignment
    task: Task
    gradebook: Gradebook
    records: Records

    def outcomes(self, handed: list[Handed], private: Path, workers: int, force: bool) -> Generator[SubmissionResult]:
        """The result of each submission, written; first those that are there already."""
        stamp, task = grader_stamp(self.assignment.modules), self.task.to_bytes()
        known = graded_students(self.gradebook, self.assignment.name)
        left: list[Handed] = []
        for each in handed:
            if each.path is None:
                yield self._nothing(each)
                continue
            old = (
                None if force else self.records.find(each.student, submission_key(stamp, task, each.path.read_bytes()))
            )
            if old is None:
                left.append(each)
            else:
                self._write(each, old, again=each.student not in known)
                yield dataclasses.replace(old, unchanged=True)
        if not left:
            return
        contents = ((each, each.path.read_bytes()) for each in left if each.path)
        judged = grade_each(task, contents, min(workers, len(left)), private)
        with contextlib.closing(judged):
            for each, content, outcome in judged:
                result = self._result(each, outcome)
                if result.status is Status.GRADER_ERROR:
                    save_result(self.gradebook, result, each.timestamp)
                else:
                    self.records.keep(submission_key(stamp, task, content), result)
                    self._write(each, result, content=content)
                yield result

    def _result(self, each: Handed, outcome: Callable[[], str]) -> SubmissionResult:
        try:
            return read_result(outcome(), each.student)
        except Lost as error:
            return self._without(each, Status.GRADER_ERROR, str(error))

    def _nothing(self, each: Handed) -> SubmissionResult:
        name = self.assignment.name
        return self._without(each, Status.NOT_SUBMITTED, f"There is no {name}.ipynb of {each.student}.")

    def _without(self, each: Handed, status: Status, message: str) -> SubmissionResult:
        highest = self.assignment.max_score
        return SubmissionResult(each.student, self.assignment.name, None, highest, status, message, 0.0, ())

    def _write(self, each: Handed, result: SubmissionResult, *, again: bool = False, content: bytes = b"") -> None:
        """Give a result to the gradebook and to formgrader, unless they have it."""
        what = hashlib.sha256(f"{result.to_json()} {each.stamp}".encode()).hexdigest()
        there = not again and autograded_path(self.course, self.assignment.name, each.student).is_file()
        if there and self.records.written(each.student) == what:
            return
        save_result(self.gradebook, result, each.timestamp)
        assert each.path is not None
        content = content or each.path.read_bytes()
        write_autograded(self.course, self.assignment, self.source, content, result, each.stamp)
        self.records.mark_written(each.student, what)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
