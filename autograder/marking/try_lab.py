"""What the solution of one of our labs and the notebook that learners get are worth, test by test."""

from __future__ import annotations

from autograder.marking.how import NOT, OUTSIDE, How
from autograder.marking.marker import Marker


def of_lab(marker: Marker, source: bytes, blank: bytes | None) -> dict[str, How]:
    """Grade id → what solution and blank get of a test; all are judged from outside.

    Args:
        source: the notebook with solutions.
        blank: the one that learners get; None where there is none.
    """
    solution = marker.mark("solution", source)
    seconds = round(solution.seconds / max(1, len(solution.exercises)), 3)
    left = {e.grade_id: e.score or 0.0 for e in marker.mark("blank", blank).exercises} if blank else {}
    found = {}
    for e in solution.exercises:
        if e.grade_id in marker.assignment.checks:
            part, theirs = ((points or 0.0) / (e.max_score or 1) for points in (e.score, left.get(e.grade_id)))
            said = "" if part == 1 else solution.message or e.message
            found[e.grade_id] = How(OUTSIDE if part else NOT, said, solution=part, blank=theirs, seconds=seconds)
    return found
