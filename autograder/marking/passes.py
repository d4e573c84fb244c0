"""The marks of one submission's checks: visible parts first, then whole checks with their hidden parts.

Only the first pass may show text of the learner's side: no hidden input exists while it runs.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping

from autograder.judge.judging import Verdict
from autograder.judge.supervisor import Ran
from autograder.marking.asking import Asking
from autograder.marking.attempt import Attempt
from autograder.marking.how import IN_PLACE, OUTSIDE, How, part_of
from autograder.marking.intake import Submission
from autograder.marking.marks import (
    NO_SCORE,
    NONE_HIDDEN,
    VISIBLE_PASSED,
    Mark,
    hidden_mark,
    in_place_mark,
    visible_mark,
)
from autograder.marking.proof import Proof
from autograder.results import MISSING, TWICE, Status
from autograder.source.assignment import Check

Marks = dict[str, Mark]


class Passes:
    """Marks a submission's checks.

    Args:
        checks: in the order of the source.
        seed: check → seed of its hidden inputs; None where there is no hidden pass.
        ends: when the submission must have ended, by `time.monotonic`.

    Attributes:
        status: GRADED, or what befell the learner's process first.
    """

    def __init__(
        self,
        asking: Asking,
        checks: list[Check],
        submission: Submission,
        seed: Callable[[Check], int] | None,
        ends: float,
    ) -> None:
        self.status = Status.GRADED
        self._asking, self._checks, self._submission, self._seed, self._ends = asking, checks, submission, seed, ends

    def of_lab(self, proof: Proof) -> Marks:
        """Both passes with one process of the learner's, after all of its cells."""
        with self._asking.attempt(self._submission, self._ends) as attempt:
            marks = {c.grade_id: self._visible(attempt, c) for c in self._checks}
            if self._seed is not None:
                for check in self._checks:
                    first = marks[check.grade_id]
                    if first.fraction:
                        verdict = self._whole(attempt, check)
                        proved = (
                            isinstance(verdict, Verdict) and verdict.outcome == "ran" and proof.holds(check, verdict)
                        )
                        marks[check.grade_id] = self._hidden(check, verdict, first, proved)
            self._note(attempt)
        return marks

    def of_plain(self, how: Mapping[str, How]) -> Marks:
        """A process of the learner's for each pass, as nbgrader has one for its own; each test comes at its place."""
        checks = {kind: [c for c in self._checks if how[c.grade_id].judged == kind] for kind in (OUTSIDE, IN_PLACE)}
        marks = {c.grade_id: Mark(None, NO_SCORE) for c in self._checks}
        if checks[OUTSIDE]:
            marks |= self._from_outside(checks[OUTSIDE], how)
        if checks[IN_PLACE]:
            marks |= self._in_place(checks[IN_PLACE], how)
        return marks

    def _from_outside(self, checks: list[Check], how: Mapping[str, How]) -> Marks:
        marks = {}
        with self._attempt() as attempt:
            for check in checks:
                if how[check.grade_id].shown_first:
                    marks[check.grade_id] = self._visible(attempt, check, how[check.grade_id])
                else:
                    marks[check.grade_id] = self._unread(check) or Mark(1, VISIBLE_PASSED)
            self._note(attempt)
        left = [c for c in checks if marks[c.grade_id].fraction and c.has_hidden]
        if self._seed is not None and left:
            with self._attempt() as attempt:
                for check in left:
                    verdict, first = self._whole(attempt, check), marks[check.grade_id]
                    marks[check.grade_id] = self._hidden(check, verdict, first, _proved(verdict, how[check.grade_id]))
                self._note(attempt)
        return marks

    def _in_place(self, checks: list[Check], how: Mapping[str, How]) -> Marks:
        every = self._asking.assignment.checks
        marks = {c.grade_id: self._unread(c) or Mark(1, VISIBLE_PASSED) for c in checks}
        first = [c for c in checks if marks[c.grade_id].fraction and how[c.grade_id].shown_first]
        hidden = any(c.has_hidden for c in every.values())
        if first:
            with self._attempt({g: c.visible for g, c in every.items()}) as attempt:
                for check in first:
                    marks[check.grade_id] = self._ran(attempt, check, None)
                self._note(attempt)
        left = [c for c in checks if marks[c.grade_id].fraction and (hidden or c not in first)]
        if self._seed is not None and left:
            with self._attempt({g: c.source for g, c in every.items()}) as attempt:
                for check in left:
                    marks[check.grade_id] = self._ran(attempt, check, marks[check.grade_id])
                self._note(attempt)
        return marks

    def _attempt(self, tests: Mapping[str, str] | None = None):  # type: ignore[no-untyped-def]
        return self._asking.attempt(self._submission, self._ends, at_the_end=False, tests=tests)

    def _note(self, attempt: Attempt) -> None:
        self.status = attempt.status if self.status is Status.GRADED else self.status

    def _unread(self, check: Check) -> Mark | None:
        """The mark where a cell that the check needs is missing, or stands there twice."""
        if set(check.needs) & set(self._submission.missing):
            return Mark(0, MISSING)
        return Mark(0, TWICE) if set(check.needs) & set(self._submission.twice) else None

    def _visible(self, attempt: Attempt, check: Check, how: How | None = None) -> Mark:
        if (unread := self._unread(check)) is not None:
            return unread
        if not check.visible:
            return Mark(1, VISIBLE_PASSED)
        verdict = self._asking.verdict(attempt, check, check.visible_python, None)
        if isinstance(verdict, str):
            return Mark(0, verdict)
        stopped = attempt.cell_errors.get(check.exercise)
        if how is None or check.has_hidden:
            return visible_mark(check, verdict, stopped)
        if verdict.outcome == "ran":  # all of it is visible: this was the whole check
            return hidden_mark(check, verdict, Mark(1, NONE_HIDDEN), _proved(verdict, how))
        return Mark(0, f"Your cell {stopped} {verdict.message}" if stopped else verdict.message)

    def _whole(self, attempt: Attempt, check: Check) -> Verdict | str:
        assert self._seed is not None
        return self._asking.verdict(attempt, check, check.python, self._seed(check))

    def _hidden(self, check: Check, verdict: Verdict | str, first: Mark, proved: bool) -> Mark:
        return Mark(0, verdict) if isinstance(verdict, str) else hidden_mark(check, verdict, first, proved)

    def _ran(self, attempt: Attempt, check: Check, first: Mark | None) -> Mark:
        ran = self._asking.run_test(attempt, check)
        return in_place_mark(check, ran, part_of(check, ran) if isinstance(ran, Ran) else 0.0, first)


def _proved(verdict: Verdict | str, how: How) -> bool:
    """Whether every assert site was reached at least as often as with the solution."""
    if isinstance(verdict, str) or len(verdict.counts) != len(how.counts):
        return False
    return all(n >= least for n, least in zip(verdict.counts, how.counts, strict=True))


def seed_of(secret: bytes, variant: str, draw: bytes, check: Check) -> int:
    """The seed of a check's hidden inputs."""
    key = b"|".join([check.grade_id.encode(), variant.encode(), draw])
    return int.from_bytes(hmac.new(secret, key, "sha256").digest()[:8], "big")
