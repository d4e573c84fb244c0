"""What a judgement of a submission says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

MISSING = "The cell of this exercise is missing."
TWICE = "The cell of this exercise stands in the notebook more than once. Keep one."


class Status(StrEnum):
    """How the judging of a submission ended."""

    GRADED = "graded"
    REJECTED = "rejected"  # what was handed in cannot be read as a submission
    TIMEOUT = "timeout"  # the learner's code ran too long somewhere; what else could be judged was
    MEMORY = "memory"  # the learner's code used too much memory
    CRASHED = "crashed"  # the learner's code ended its own process
    NOT_SUBMITTED = "not_submitted"
    GRADER_ERROR = "grader_error"  # our fault: no score


@dataclass(frozen=True)
class ExerciseResult:
    """Points of one exercise. `message` is for the learner; `grade_id` is the check cell's.

    `score` is None where a person has to grade it, or where the source's own solution does not pass the test. `weak`
    says that points stand on weak proof: in the solution's own run no assertion of the check counted, or one ran now
    and then only. `in_place` says that the test ran in the submission's own process, as with nbgrader: it can forge
    what the test gives.
    """

    name: str
    score: float | None
    max_score: float
    message: str
    grade_id: str = ""
    weak: bool = False
    in_place: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class SubmissionResult:
    """One notebook of a submission.

    Attributes:
        score: None where there is none: a grader error, or nothing submitted.
        notebook: name of its file, without `.ipynb`.
        unchanged: it was judged in an earlier run, and nothing that the result depends on has changed since.
        submitted: when it was handed in, in UTC; empty where that is not known.
        attempt: which one counts, where a learner has several, such as `2 of 3`.
        late_penalty: points that the gradebook takes off again; `score` is without it.
    """

    student: str
    assignment: str
    score: float | None
    max_score: float
    status: Status
    message: str
    seconds: float
    exercises: tuple[ExerciseResult, ...]
    notebook: str = ""
    unchanged: bool = False
    submitted: str = ""
    attempt: str = ""
    late_penalty: float = 0.0

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        exercises = tuple(ExerciseResult(**e) for e in found["exercises"])
        return cls(**{**found, "status": Status(found["status"]), "exercises": exercises})

    def to_json(self) -> dict[str, Any]:
        """As documented for `labs grade --json`."""
        return {**asdict(self), "status": str(self.status), "exercises": [e.to_json() for e in self.exercises]}


@dataclass(frozen=True)
class AnswerResult:
    """One answer of an answer sheet, judged like a submission; `unchanged` as in SubmissionResult."""

    lab: str
    exercise: str
    answer: str
    kind: str  # reference, right, wrong, stub
    ok: bool
    score: float | None
    max_score: float
    message: str
    seconds: float
    unchanged: bool = False

    def to_json(self) -> dict[str, Any]:
        """As documented for `labs verify --json`."""
        return asdict(self)
