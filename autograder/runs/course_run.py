"""All that was handed in of an assignment: each attempt is judged, the one that counts is written."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Generator, Mapping, Sequence

from autograder.course.attempts import best
from autograder.course.late import LatePenalties, seconds_late
from autograder.course.submitted import HandedIn
from autograder.results import Status, SubmissionResult
from autograder.runs.notebook_run import Judged, NotebookRun
from autograder.runs.writer import Writer

COUNTS = "Attempt {number} of {total} counts, handed in {time}: it has the most points after late penalties."
FAILED = "Attempt {number} of {total} was not judged, so that nobody can say which is the best: {why}"


@dataclasses.dataclass
class CourseRun:
    """Grades an assignment.

    Attributes:
        handed: student → attempts among which one counts, the earliest first.
        due: when the assignment is, in UTC; extensions: student → what comes on top.
    """

    handed: Mapping[str, list[HandedIn]]
    writer: Writer
    late: LatePenalties
    due: dt.datetime | None
    extensions: Mapping[str, dt.timedelta]

    @property
    def total(self) -> int:
        """How many attempts there are, for each notebook."""
        return sum(map(len, self.handed.values()))

    def grade(self, runs: Sequence[NotebookRun], workers: int) -> Generator[tuple[Judged, list[SubmissionResult]]]:
        """Each notebook as it is judged; with a student's last one the results that count, which are written."""
        judged: dict[str, list[Judged]] = {student: [] for student in self.handed}
        every = [each for attempts in self.handed.values() for each in attempts]
        for run in runs:
            with contextlib.closing(run.judge(every, workers)) as outcomes:
                for found in outcomes:
                    student = found.each.student
                    judged[student].append(found)
                    complete = len(judged[student]) == len(runs) * len(self.handed[student])
                    yield found, self._write(student, judged.pop(student)) if complete else []

    def _write(self, student: str, judged: list[Judged]) -> list[SubmissionResult]:
        """Write what counts of a student's attempts; return it."""
        attempts = self.handed[student]
        parts = [[j for j in judged if j.each is attempt] for attempt in attempts]
        chosen = parts[0] if len(attempts) == 1 else self._choose(student, attempts, parts)
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        chosen = [self._with_time(j, now) for j in chosen]
        written = self.writer.write(chosen)
        return [_unchanged(j, is_new) for j, is_new in zip(chosen, written, strict=True)]

    def _choose(self, student: str, attempts: list[HandedIn], parts: list[list[Judged]]) -> list[Judged]:
        """The best attempt, which says so; where one could not be judged by our fault, that."""
        total = len(attempts)
        for number, part in enumerate(parts, 1):
            for j in part:
                if j.result.status is Status.GRADER_ERROR:
                    why = FAILED.format(number=number, total=total, why=j.result.message)
                    return [_told(p, f"{number} of {total}", why, Status.GRADER_ERROR) for p in part]
        scored = [(n, self._after_penalty(student, part)) for n, part in enumerate(parts)]
        number = best(scored)
        time = attempts[number].time
        said = COUNTS.format(number=number + 1, total=total, time=f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else "last")
        return [_told(j, f"{number + 1} of {total}", f"{j.result.message} {said}".strip()) for j in parts[number]]

    def _after_penalty(self, student: str, part: list[Judged]) -> tuple[float, bool]:
        """Points that were judged, of all notebooks, and whether all could be read; below 0 where there is nothing."""
        scores = [j.result.score for j in part if j.result.score is not None]
        seconds = seconds_late(part[0].each.time, self.due, self.extensions.get(student))
        points = sum(score - (self.late.of(student, score, seconds) or 0.0) for score in scores)
        return (points if scores else -1.0), all(j.result.status is not Status.REJECTED for j in part)

    def _with_time(self, judged: Judged, now: dt.datetime) -> Judged:
        """Its result with the time at which it was handed in, and what is odd about that."""
        result, time = judged.result, judged.each.time
        if result.status is Status.NOT_SUBMITTED or not judged.each.has_id:
            return judged
        said = judged.each.remark_on_time(now, self.due)
        if result.status is Status.GRADER_ERROR:
            said = ""
        message, moment = f"{result.message} {said}".strip(), f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else ""
        return dataclasses.replace(judged, result=dataclasses.replace(result, message=message, submitted=moment))


def _unchanged(judged: Judged, is_new: bool) -> SubmissionResult:
    """What cannot be read was not judged; it is unchanged once the gradebook has it."""
    result = judged.result
    known = result.unchanged if result.status is not Status.REJECTED else not is_new and judged.each.has_id
    return dataclasses.replace(result, unchanged=known)


def _told(judged: Judged, attempt: str, message: str, status: Status | None = None) -> Judged:
    result = judged.result
    score = None if status is Status.GRADER_ERROR else result.score
    told = dataclasses.replace(result, attempt=attempt, message=message, status=status or result.status, score=score)
    return dataclasses.replace(judged, result=told)
