"""Results of a submission: from the marks of its checks, or where there are none."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.results import ExerciseResult, Status, SubmissionResult
from autograder.source.assignment import Assignment, Check

NOT_JUDGED = "Not judged."


def exercise_result(
    check: Check, score: float | None, message: str, *, weak: bool = False, in_place: bool = False
) -> ExerciseResult:
    """What a check gave."""
    return ExerciseResult(check.exercise, score, check.points, message, check.grade_id, weak, in_place)


def submission_result(
    assignment: Assignment,
    student: str,
    status: Status,
    message: str,
    exercises: Sequence[ExerciseResult],
    seconds: float = 0.0,
) -> SubmissionResult:
    """The sum of the exercises; no score where a fault of ours kept us from it.

    Args:
        exercises: those that were judged; empty where none was.
    """
    score = None if status is Status.GRADER_ERROR else sum(r.score or 0.0 for r in exercises)
    highest = sum(r.max_score for r in exercises) if exercises else assignment.max_score
    name, file = assignment.name, assignment.notebook
    return SubmissionResult(student, name, score, highest, status, message, round(seconds, 1), tuple(exercises), file)


def reject(assignment: Assignment, student: str, why: str) -> SubmissionResult:
    """The result where there is nothing that can be judged: no points, and the reason."""
    results = [exercise_result(c, 0.0, NOT_JUDGED) for c in assignment.checks.values()]
    by_hand = assignment.by_hand.values()
    results += [ExerciseResult(c.grade_id, 0.0, c.points, NOT_JUDGED, c.grade_id) for c in by_hand]
    return submission_result(assignment, student, Status.REJECTED, why, results)


def without_score(assignment: Assignment, student: str, status: Status, message: str) -> SubmissionResult:
    """The result where nothing was handed in, or where a fault of ours kept it from being looked at."""
    name, highest, file = assignment.name, assignment.max_score, assignment.notebook
    return SubmissionResult(student, name, None, highest, status, message, 0.0, (), file)
