"""Cells that a person grades: what nbgrader's autograder would say of them."""

from __future__ import annotations

from autograder.marking.intake import Submission
from autograder.results import MISSING, TWICE, ExerciseResult
from autograder.source.assignment import Assignment, ByHand

WAITS = "Waits for a grade by hand."
BLANK = "Nothing was written here."


def results_by_hand(assignment: Assignment, submission: Submission) -> list[ExerciseResult]:
    """A cell left as it was handed out, or not there, has no points; all else waits for a person."""
    return [_result(cell, submission) for cell in assignment.by_hand.values()]


def _result(cell: ByHand, submission: Submission) -> ExerciseResult:
    said = _nothing_there(cell, submission)
    return ExerciseResult(cell.grade_id, 0.0 if said else None, cell.points, said or WAITS, cell.grade_id)


def _nothing_there(cell: ByHand, submission: Submission) -> str:
    """Why there is nothing to grade; empty if there is something."""
    if cell.grade_id in submission.missing:
        return MISSING
    if cell.grade_id in submission.twice:
        return TWICE
    text = submission.exercises.get(cell.grade_id, submission.written.get(cell.grade_id))
    return BLANK if cell.blank is not None and text is not None and text.strip() == cell.blank.strip() else ""
