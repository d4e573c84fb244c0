"""Mark one submission: two passes over its checks, points only with proof."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from autograder.errors import GraderFault
from autograder.judge.limits import LIMITS, Limits
from autograder.judge.parents import WarmParents
from autograder.marking.asking import Asking
from autograder.marking.by_hand import results_by_hand
from autograder.marking.how import IN_PLACE, OUTSIDE, How, find_how
from autograder.marking.intake import Rejected, Step, Submission, read_submission
from autograder.marking.marks import Mark
from autograder.marking.passes import Passes, seed_of
from autograder.marking.proof import Judge, Proof
from autograder.marking.totals import exercise_result, reject, submission_result
from autograder.results import ExerciseResult, Status, SubmissionResult
from autograder.sandbox.fences import Sandbox
from autograder.source.assignment import Assignment, Check
from autograder.source.beside import links_to

VARIANT = "PRODML_VARIANT"
NOT_DONE = "Not done yet"  # begins what is said of a stub


class Marker:
    """Marks submissions of one assignment; holds its warm parents and base process until closed.

    Args:
        secret: from which hidden inputs are drawn.
        variant: what setup cells see as `PRODML_VARIANT`.
        sandbox: around the learner's code and the judge; None for none.
        beside: name → path of data files that the notebook finds in its folder.
        shared: see WarmParents.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        secret: bytes,
        variant: int = 0,
        limits: Limits = LIMITS,
        sandbox: Sandbox | None = None,
        beside: Mapping[str, str] | None = None,
        shared: Path | None = None,
    ) -> None:
        self.assignment, self.secret, self.limits = assignment, secret, limits
        if sandbox and beside:
            sandbox = dataclasses.replace(sandbox, readable=(*sandbox.readable, *beside.values()))
        first = [Step("setup", "", links_to(beside or {}))] if beside or assignment.is_plain else []
        self.warm = WarmParents(assignment.modules, limits, sandbox, shared)
        self._asking = Asking(self.warm, assignment, first, {VARIANT: str(variant)}, limits)
        self._proof = Proof(assignment, self._reference)
        self._how: dict[str, How] = {}

    def close(self) -> None:
        """End every process."""
        self._asking.end()
        self.warm.close()

    def __enter__(self) -> Marker:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def turn_to(self, variant: int, *, secret: bytes) -> None:
        """Mark for another variant from now on, with other hidden inputs. Warm parents and counts stay."""
        self._asking.end()
        self.secret, self._asking.env = secret, {VARIANT: str(variant)}

    # ------------------------------------------------------------- marking

    def mark(
        self,
        student: str,
        notebook: bytes,
        *,
        hidden: bool = True,
        only: Iterable[str] | None = None,
        draw: bytes | None = None,
    ) -> SubmissionResult:
        """Mark a submission.

        Args:
            hidden: False for the visible checks alone.
            only: names of the exercises to judge; the others do not count. None for all.
            draw: what decides, with the secret, which hidden inputs there are; None for the notebook itself.
        """
        started = time.monotonic()

        def taken() -> float:
            return time.monotonic() - started

        checks = [c for c in self.assignment.checks.values() if only is None or c.exercise in set(only)]
        try:
            submission = read_submission(self.assignment, notebook)
        except Rejected as error:
            return reject(self.assignment, student, str(error))
        draw = hashlib.sha256(notebook).digest() if draw is None else draw
        variant = self._asking.env[VARIANT]
        seed = functools.partial(seed_of, self.secret, variant, draw) if hidden else None
        passes = Passes(self._asking, checks, submission, seed, started + self.limits.submission_seconds)
        try:
            marks = passes.of_plain(self.how()) if self.assignment.is_plain else passes.of_lab(self._proof)
            results = [self._result(c, marks[c.grade_id]) for c in checks]
        except GraderFault as fault:
            return submission_result(self.assignment, student, Status.GRADER_ERROR, str(fault), [], taken())
        if hidden and only is None:
            results += results_by_hand(self.assignment, submission)
        message = " ".join(submission.remarks)
        return submission_result(self.assignment, student, passes.status, message, results, taken())

    def counts(self, check: Check) -> list[int]:
        """See Proof."""
        return self._proof.counts(check)

    def how(self) -> dict[str, How]:
        """Grade id → how each test of a plain course is judged: as recorded, else found out now."""
        if not self._how:
            known = {g: How.recorded(self.assignment, c) for g, c in self.assignment.checks.items()}
            recorded = {g: how for g, how in known.items() if how is not None}
            self._how = recorded if len(recorded) == len(known) else find_how(self._asking)
        return self._how

    @contextlib.contextmanager
    def _reference(self) -> Iterator[Judge]:
        """The reference solution, to be judged with a check and a seed."""
        solution = Submission({g: cell.source for g, cell in self.assignment.exercises.items()})
        with self._asking.attempt(solution, math.inf) as attempt:
            yield lambda check, seed: self._asking.verdict(attempt, check, check.python, seed)

    def _result(self, check: Check, mark: Mark) -> ExerciseResult:
        how = self._how.get(check.grade_id)
        points = None if mark.fraction is None else check.points * mark.fraction
        in_place = how is not None and how.judged == IN_PLACE
        weak = bool(points) and how is not None and how.judged == OUTSIDE and how.weak
        return exercise_result(check, points, mark.message, weak=weak, in_place=in_place)
