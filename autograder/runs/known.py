"""What records know of a submission: which marks still hold, and what they come to together with new ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from autograder.marking.totals import submission_result
from autograder.results import ExerciseResult, Status, SubmissionResult
from autograder.runs.records import Record
from autograder.source.assignment import Assignment, Check


def marks_that_hold(
    checks: Mapping[str, Check], keys: Mapping[str, str], record: Record | None
) -> dict[str, ExerciseResult]:
    """Grade id → result, of the checks whose keys are those on record.

    There are none where the learner's process had ended in between: what came before may have had to do with it.
    """
    if record is None:
        return {}
    old = {r.grade_id: r for r in record.result.exercises}
    same = {g: old[g] for g, key in keys.items() if g in old and record.keys.get(g) == key}
    if record.result.status is not Status.GRADED and len(same) < len(keys):
        return {}
    return {g: _scaled(result, checks[g].points) for g, result in same.items()}


def whole(
    assignment: Assignment, student: str, judged: SubmissionResult, found: Mapping[str, ExerciseResult], message: str
) -> SubmissionResult:
    """A submission's result, from the parts that were judged now and before.

    Args:
        found: grade id → result, of every check and of every cell that a person grades.
    """
    exercises = [found[g] for g in (*assignment.checks, *assignment.by_hand)]
    return submission_result(assignment, student, judged.status, message, exercises, judged.seconds)


def _scaled(result: ExerciseResult, points: float) -> ExerciseResult:
    """The result where the exercise gives so many points now."""
    if result.max_score == points or result.score is None:
        return result
    return dataclasses.replace(result, score=round(result.score * points / result.max_score, 9), max_score=points)
