"""Which exercises of a submission have to be judged again: those whose key is another one."""

from __future__ import annotations

import ast
import hashlib
import json

from autograder.marking.how import DECIDING, IN_PLACE
from autograder.marking.intake import Submission
from autograder.runs.stamp import hash_of
from autograder.source.assignment import Assignment, Check


def check_keys(
    grader: str, conditions: bytes, assignment: Assignment, submission: Submission, content: bytes
) -> dict[str, str]:
    """Check's grade id → a hash of all that its mark depends on, and of nothing else.

    All checks share the submission, the cells that run before them, and what judges them; each has its own source
    and, where the release recorded no counts for it, the reference solutions that give them. Points are left out
    where they only scale the mark.

    Args:
        grader: what `grader_stamp` gave.
        conditions: how it is judged: the fences, the course's secret.
        submission: what was taken from `content`.
    """
    plan = json.dumps([tuple(step) for step in submission.plan(assignment) if step.kind != "test"]).encode()
    shared = hash_of([grader.encode(), conditions, plan, hashlib.sha256(content).digest()]).encode()
    return {g: hash_of([shared, _own_part(assignment, c, submission)]) for g, c in assignment.checks.items()}


def _own_part(assignment: Assignment, check: Check, submission: Submission) -> bytes:
    """What one check's mark depends on, and the others' do not."""
    counts: object = assignment.counts.get(check.grade_id, {})
    if not isinstance(counts, dict) or counts.get("digest") != check.digest:
        counts = [cell.source for cell in assignment.exercises.values()]  # the reference is run for them
    elif "judged" in counts:
        counts = {name: counts[name] for name in DECIDING}
        if counts["judged"] == IN_PLACE:  # the tests before it run in the same process
            counts["tests"] = [other.source for other in assignment.checks.values()]
    named = {"check": {**vars(check), "points": check.points if _counts_points(check) else check.points > 0}}
    there = [g for g in check.needs if g in submission.missing], [g for g in check.needs if g in submission.twice]
    return json.dumps([named, counts, there]).encode()


def _counts_points(check: Check) -> bool:
    """Whether its last expression may be a number of points, as in nbgrader."""
    if check.inside is not None:
        return False
    body = ast.parse(check.python).body
    return bool(body) and isinstance(body[-1], ast.Expr)
