"""One notebook of everybody's: what each is worth, from the records, or from workers who judge what is new."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

from autograder.course.releases import Releases, Source
from autograder.course.submitted import HandedIn
from autograder.marking.by_hand import results_by_hand
from autograder.marking.intake import Rejected, Submission, read_submission
from autograder.marking.totals import reject, without_score
from autograder.results import ExerciseResult, Status, SubmissionResult
from autograder.runs.answers import Lost
from autograder.runs.keys import check_keys
from autograder.runs.known import marks_that_hold, whole
from autograder.runs.one import Task, read_result
from autograder.runs.records import Record, Records
from autograder.runs.stamp import describe, grader_stamp
from autograder.runs.workers import grade_each

CHANGED = "{file} of {student} changed while it was graded. Grade again."


@dataclasses.dataclass(frozen=True)
class Judged:
    """What a notebook that was handed in is worth.

    Attributes:
        source: by which it was judged.
        digest: of the file; empty where there is none that can be read.
    """

    each: HandedIn
    source: Source
    digest: str
    result: SubmissionResult


@dataclasses.dataclass(frozen=True)
class _Left:
    """A notebook in which something is to be judged.

    Attributes:
        keys: check's grade id → what its mark depends on (stamp.py).
        kept: grade id → what needs not be judged.
        only: names of the exercises that are to be; None for all.
    """

    each: HandedIn
    source: Source
    digest: str
    message: str
    keys: dict[str, str]
    kept: dict[str, ExerciseResult]
    only: tuple[str, ...] | None


Outcomes = Generator[tuple[_Left, bytes, Callable[[], str]]]
GradeEach = Callable[[bytes, Iterator[tuple[_Left, bytes]]], Outcomes]


@dataclasses.dataclass
class NotebookRun:
    """Judges what was handed in of one notebook of an assignment.

    Attributes:
        task: how it is judged; the assignment's place in it is filled here.
        force: judge again what the records have.
        elsewhere: `grade_each` of a cluster; None for worker processes of this one's own.
    """

    releases: Releases
    task: Task
    records: Records
    private: Path
    force: bool = False
    elsewhere: GradeEach | None = None

    def judge(self, handed: Iterable[HandedIn], workers: int) -> Generator[Judged]:
        """What each is worth, once it is on record; first those in which nothing has to be judged."""
        left: dict[tuple[str, tuple[str, ...] | None], list[_Left]] = {}
        for each in handed:
            found = self._at_hand(each)
            if isinstance(found, Judged):
                yield found
            else:
                left.setdefault((found.source.release, found.only), []).append(found)
        for (_, only), group in left.items():
            assignment = group[0].source.assignment
            task = dataclasses.replace(self.task, assignment=assignment.to_json(), only=only).to_bytes()
            contents, here = self._contents(group), (min(workers, len(group)), self.private, assignment.modules)
            judged = self.elsewhere(task, contents) if self.elsewhere else grade_each(task, contents, *here)
            with contextlib.closing(judged):
                for item, content, outcome in judged:
                    yield self._judged(item, content, outcome)

    def _at_hand(self, each: HandedIn) -> Judged | _Left:
        """What it is worth where nothing has to be judged, else what has."""
        current = self.releases.current
        try:
            content = each.read(self._file)
            if content is None:
                problem = f"There is no {self._file} of {each.student}."
                return Judged(each, current, "", self._without(each, Status.NOT_SUBMITTED, problem))
            source, said, submission = self._read(content)
        except Rejected as error:
            return Judged(each, current, "", reject(current.assignment, each.student, str(error)))
        except OSError as error:
            problem = f"{self._file} of {each.student} cannot be read: {error.strerror or error}"
            return Judged(each, current, "", self._without(each, Status.GRADER_ERROR, problem))
        return self._known_or_left(each, content, source, said, submission)

    def _read(self, content: bytes) -> tuple[Source, str, Submission]:
        """The source by which it is judged, what is to be said of that, and what is taken from it.

        Raises:
            Rejected: it cannot be read as a submission.
        """
        current = self.releases.current
        submission = read_submission(current.assignment, content)
        source, said = self.releases.of(submission.release)
        if source is not current:
            submission = read_submission(source.assignment, content)
        return source, said, submission

    def _known_or_left(
        self, each: HandedIn, content: bytes, source: Source, said: str, submission: Submission
    ) -> Judged | _Left:
        assignment, digest = source.assignment, hashlib.sha256(content).hexdigest()
        keys = check_keys(self._stamp(source), self._conditions, assignment, submission, content)
        record = None if self.force else self.records.find(assignment.notebook, each.student, digest)
        kept = marks_that_hold(assignment.checks, keys, record)
        rest = {r.grade_id: r for r in results_by_hand(assignment, submission)}
        message = " ".join([*submission.remarks, said] if said else submission.remarks)
        stale = [c.exercise for g, c in assignment.checks.items() if g not in kept]
        if record is None or stale:
            only = tuple(stale) if kept else None
            return _Left(each, source, digest, message, keys, kept | rest, only)
        old = whole(assignment, each.student, record.result, kept | rest, message)
        if old != record.result:
            self.records.keep(assignment.notebook, each.student, digest, Record(keys, old))
        return Judged(each, source, digest, dataclasses.replace(old, unchanged=True))

    def _contents(self, group: list[_Left]) -> Iterator[tuple[_Left, bytes]]:
        for item in group:
            content: bytes | None = b""  # of a file that has gone or changed since it was looked at
            with contextlib.suppress(Rejected, OSError):
                content = item.each.read(self._file)
            yield item, content or b""

    def _judged(self, item: _Left, content: bytes, outcome: Callable[[], str]) -> Judged:
        each, student = item.each, item.each.student
        try:
            result = read_result(outcome(), student)
        except Lost as error:
            result = self._without(each, Status.GRADER_ERROR, str(error))
        if hashlib.sha256(content).hexdigest() != item.digest:
            result = self._without(each, Status.GRADER_ERROR, CHANGED.format(file=self._file, student=student))
        if result.status is not Status.GRADER_ERROR:
            exercises = {r.grade_id: r for r in result.exercises} | item.kept
            result = whole(item.source.assignment, student, result, exercises, item.message)
            self.records.keep(self._notebook, student, item.digest, Record(item.keys, result))
        return Judged(each, item.source, item.digest, result)

    def _without(self, each: HandedIn, status: Status, message: str) -> SubmissionResult:
        return without_score(self.releases.current.assignment, each.student, status, message)

    def _stamp(self, source: Source) -> str:
        if source.release not in self._stamps:
            paths = [*self.task.beside.values(), *self.task.readable]
            self._stamps[source.release] = grader_stamp(describe(source.assignment.modules, map(Path, paths)))
        return self._stamps[source.release]

    @functools.cached_property
    def _stamps(self) -> dict[str, str]:
        return {}

    @functools.cached_property
    def _conditions(self) -> bytes:
        return dataclasses.replace(self.task, assignment={}, only=None).to_bytes()

    @property
    def _notebook(self) -> str:
        return self.releases.current.assignment.notebook

    @property
    def _file(self) -> str:
        return f"{self._notebook}.ipynb"
