"""The one writer of a run: takes results, and puts them into records, gradebook and autograded notebooks."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.course.autograded import autograded_path, write_autograded
from autograder.course.gradebook import graded_students, save_result
from autograder.course.submitted import SECRET, HandedIn
from autograder.files import write_whole
from autograder.marking.intake import Rejected
from autograder.marking.marker import reject
from autograder.results import Status, SubmissionResult
from autograder.runs.one import Task, grade_one, read_result
from autograder.runs.records import Records
from autograder.runs.stamp import grader_stamp, submission_key
from autograder.runs.workers import Lost, grade_each
from autograder.source.assignment import Assignment


@dataclasses.dataclass
class Writer:
    """Grades what was handed in of one notebook."""

    course: Path
    private: Path
    source: bytes
    assignment: Assignment
    task: Task
    gradebook: Gradebook
    records: Records

    def grade(self, handed: list[HandedIn], workers: int, force: bool) -> Generator[SubmissionResult]:
        """The result of each submission, once it is written; first those for which nothing has to be judged."""
        left: list[HandedIn] = []
        known = graded_students(self.gradebook, self.assignment.name)
        for each in handed:
            found = self._at_hand(each, known, force)
            if found is None:
                left.append(each)
            else:
                yield found
        if left:
            judged = grade_each(self._task, self._contents(left), min(workers, len(left)), self.private)
            with contextlib.closing(judged):
                for each, content, outcome in judged:
                    yield self._judged(each, content, outcome)

    def grade_here(self, each: HandedIn) -> SubmissionResult:
        """Grade one submission in this process, even where nothing has changed; what judges is kept (one.py)."""
        found = self._at_hand(each, set(), force=True)
        if found is not None:
            return found
        ((_, content),) = self._contents([each])
        return self._judged(each, content, lambda: grade_one(self._task, content))

    def _at_hand(self, each: HandedIn, known: set[str], force: bool) -> SubmissionResult | None:
        """The result where nothing has to be judged, or None."""
        try:
            content = each.read(self._file)
        except Rejected as error:
            return self._rejected(each, str(error), known, force)
        except OSError as error:
            problem = f"{self._file} of {each.student} cannot be read: {error.strerror or error}"
            return self._without(each, Status.GRADER_ERROR, problem)
        if content is None:
            return self._without(each, Status.NOT_SUBMITTED, f"There is no {self._file} of {each.student}.")
        return self._unchanged(each, self._key(content), content, known, force)

    def _unchanged(
        self, each: HandedIn, key: str, content: bytes, known: set[str], force: bool
    ) -> SubmissionResult | None:
        """The result of an earlier run, or None."""
        old = None if force else self.records.find(each.student, key)
        if old is None:
            return None
        self._write(each, old, content, again=each.student not in known)
        return dataclasses.replace(old, unchanged=True)

    def _rejected(self, each: HandedIn, why: str, known: set[str], force: bool) -> SubmissionResult:
        """The result where what was handed in cannot be read."""
        result = reject(self.assignment, each.student, why)
        if not each.has_id:  # the gradebook cannot hold the student
            return result
        key = submission_key(self._stamp, self._task + b" rejected", why.encode())
        old = self._unchanged(each, key, b"", known, force)
        if old is None:
            self.records.keep(key, result)
            self._write(each, result, b"")
        return old or result

    def _contents(self, left: list[HandedIn]) -> Iterator[tuple[HandedIn, bytes]]:
        for each in left:
            content: bytes | None = b""  # of a file that has gone or changed since it was looked at
            with contextlib.suppress(Rejected, OSError):
                content = each.read(self._file)
            yield each, content or b""

    def _judged(self, each: HandedIn, content: bytes, outcome: Callable[[], str]) -> SubmissionResult:
        try:
            result = read_result(outcome(), each.student)
        except Lost as error:
            result = self._without(each, Status.GRADER_ERROR, str(error))
        if result.status is Status.GRADER_ERROR:
            save_result(self.gradebook, result, each.time)
        else:
            self.records.keep(self._key(content), result)
            self._write(each, result, content)
        return result

    def _without(self, each: HandedIn, status: Status, message: str) -> SubmissionResult:
        name, highest, file = self.assignment.name, self.assignment.max_score, self.assignment.notebook
        return SubmissionResult(each.student, name, None, highest, status, message, 0.0, (), file)

    def _write(self, each: HandedIn, result: SubmissionResult, content: bytes, *, again: bool = False) -> None:
        """Give a result to the gradebook and to formgrader, unless they have it."""
        time = each.time
        what = hashlib.sha256(f"{result.to_json()} {time}".encode()).hexdigest()
        there = not again and autograded_path(self.course, each.student, self.assignment).is_file()
        if there and self.records.written(each.student) == what:
            return
        save_result(self.gradebook, result, time)
        stamp = f"{time} UTC" if time else ""
        folder = write_autograded(self.course, self.assignment, self.source, content, result, stamp)
        if secret := each.secret:
            write_whole(folder / SECRET, secret)
        self.records.mark_written(each.student, what)

    @functools.cached_property
    def _stamp(self) -> str:
        paths = [*self.task.beside.values(), *self.task.readable]
        return grader_stamp(self.assignment.modules, map(Path, paths))

    @functools.cached_property
    def _task(self) -> bytes:
        return self.task.to_bytes()

    def _key(self, content: bytes) -> str:
        return submission_key(self._stamp, self._task, content)

    @property
    def _file(self) -> str:
        return f"{self.assignment.notebook}.ipynb"
