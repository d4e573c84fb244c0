"""Mark one submission: two passes over its checks, points only with proof."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import hmac
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from autograder.errors import GraderFault
from autograder.judge.judging import Order, Verdict
from autograder.judge.limits import LIMITS, Limits
from autograder.judge.parents import WarmParents
from autograder.judge.supervisor import Ended
from autograder.marking.attempt import Attempt, GaveUp
from autograder.marking.base_process import BaseProcess
from autograder.marking.by_hand import results_by_hand
from autograder.marking.intake import Rejected, Submission, read_submission
from autograder.marking.marks import VISIBLE_PASSED, Mark, hidden_mark, visible_mark
from autograder.marking.proof import Judge, Proof
from autograder.marking.totals import exercise_result, reject, submission_result
from autograder.results import MISSING, TWICE, ExerciseResult, Status, SubmissionResult
from autograder.sandbox.fences import Sandbox
from autograder.source.assignment import Assignment, Check
from autograder.source.beside import links_to

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
        self.env = {"PRODML_VARIANT": str(variant)}
        self._first = [("setup", "", links)] if (links := links_to(beside or {})) else []
        if sandbox and beside:
            sandbox = dataclasses.replace(sandbox, readable=(*sandbox.readable, *beside.values()))
        self.warm = WarmParents(self.assignment.modules, limits, sandbox, shared)
        self._base = BaseProcess(self.warm, assignment, self._first, limits)
        self._proof = Proof(self.assignment, self._reference)

    def close(self) -> None:
        """End every process."""
        self._base.end()
        self.warm.close()

    def __enter__(self) -> Marker:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def turn_to(self, variant: int, *, secret: bytes) -> None:
        """Mark for another variant from now on, with other hidden inputs. Warm parents and counts stay."""
        self._base.end()
        self.secret, self.env = secret, {"PRODML_VARIANT": str(variant)}

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
        attempt = self._attempt(submission)
        try:
            draw = hashlib.sha256(notebook).digest() if draw is None else draw
            marks = self._two_passes(attempt, checks, submission, draw if hidden else None)
            results = [self._result(c, marks[c.grade_id]) for c in checks]
            if hidden and only is None:
                results += results_by_hand(self.assignment, submission)
            message = " ".join(submission.remarks)
            return submission_result(self.assignment, student, attempt.status, message, results, taken())
        except GraderFault as fault:
            return submission_result(self.assignment, student, Status.GRADER_ERROR, str(fault), [], taken())
        finally:
            attempt.end()

    def _attempt(self, submission: Submission) -> Attempt:
        return Attempt(self.warm, [*self._first, *submission.plan(self.assignment)], self.env, self.limits)

    def _two_passes(
        self, attempt: Attempt, checks: list[Check], submission: Submission, draw: bytes | None
    ) -> dict[str, Mark]:
        """Grade id → mark. Every visible part comes before the first hidden input exists; no draw, no hidden part."""
        passed = {c.grade_id: self._visible(attempt, c, submission) for c in checks}
        if draw is None:
            return passed
        for check in checks:
            if passed[check.grade_id].fraction:
                passed[check.grade_id] = self._hidden(attempt, check, draw, passed[check.grade_id])
        return passed

    def _visible(self, attempt: Attempt, check: Check, submission: Submission) -> Mark:
        if set(check.needs) & set(submission.missing):
            return Mark(0, MISSING)
        if set(check.needs) & set(submission.twice):
            return Mark(0, TWICE)
        if not check.visible:
            return Mark(1, VISIBLE_PASSED)
        verdict = self._judge(attempt, check, check.visible, None)
        if isinstance(verdict, str):
            return Mark(0, verdict)
        return visible_mark(check, verdict, attempt.cell_errors.get(check.exercise))

    def _hidden(self, attempt: Attempt, check: Check, draw: bytes, visible: Mark) -> Mark:
        key = b"|".join([check.grade_id.encode(), self.env["PRODML_VARIANT"].encode(), draw])
        seed = int.from_bytes(hmac.new(self.secret, key, "sha256").digest()[:8], "big")
        verdict = self._judge(attempt, check, check.source, seed)
        if isinstance(verdict, str):
            return Mark(0, verdict)
        proved = verdict.outcome == "ran" and self._proof.holds(check, verdict)
        return hidden_mark(check, verdict, visible, proved)

    def _judge(self, attempt: Attempt, check: Check, source: str, seed: int | None) -> Verdict | str:
        """The verdict, or a message where there is none."""
        order = Order(check.exercise, source, list(check.exports), check.inside, seed, check.points)
        try:
            verdict = attempt.judge(self._base.process(self.env), order)
        except GaveUp as error:
            return str(error)
        if isinstance(verdict, Ended):
            if verdict.timeout:
                return f"The check of your code did not end within {self.limits.check_seconds:.0f} s."
            self._base.end()
            raise GraderFault(f"the judge of {check.exercise} ended without a verdict", "report it, and grade again")
        if verdict.outcome == "broken" and (check.inside is not None or seed is not None):
            raise GraderFault(f"the check of {check.exercise} is broken: {verdict.message}", "mend the check")
        return verdict

    def counts(self, check: Check) -> list[int]:
        """See Proof."""
        return self._proof.counts(check)

    @contextlib.contextmanager
    def _reference(self) -> Iterator[Judge]:
        """The reference solution, to be judged with a check and a seed."""
        attempt = self._attempt(Submission({g: cell.source for g, cell in self.assignment.exercises.items()}))
        try:
            yield lambda check, seed: self._judge(attempt, check, check.source, seed)
        finally:
            attempt.end()

    def _result(self, check: Check, mark: Mark) -> ExerciseResult:
        points = check.points * mark.fraction
        weak = points > 0 and self._proof.is_weak(check)
        return exercise_result(check, points, mark.message, weak=weak)
