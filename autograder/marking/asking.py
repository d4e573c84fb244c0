"""What marking asks of processes: a judge's verdict on a submission, or how a test ended in the submission's own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from autograder.errors import GraderFault
from autograder.judge.judging import Order, Verdict
from autograder.judge.limits import Limits
from autograder.judge.parents import WarmParents
from autograder.judge.supervisor import Ended, Ran
from autograder.marking.attempt import Attempt, GaveUp
from autograder.marking.base_process import BaseProcess
from autograder.marking.intake import Step, Submission
from autograder.source.assignment import Assignment, Check

BROKEN = "broken"


class Asking:
    """Holds what all submissions of an assignment share: its warm parents and the base of its judges.

    Args:
        first: cells before all others.

    Attributes:
        env: variables of the processes that are started from now on.
        base: of the judges; started when it is needed.
    """

    def __init__(
        self, warm: WarmParents, assignment: Assignment, first: Sequence[Step], env: dict[str, str], limits: Limits
    ) -> None:
        self.assignment, self.env, self.limits = assignment, env, limits
        self._warm, self._first = warm, first
        self.base = BaseProcess(warm, assignment, first, limits)

    @contextlib.contextmanager
    def attempt(
        self, submission: Submission, ends: float, *, at_the_end: bool = True, tests: Mapping[str, str] | None = None
    ) -> Iterator[Attempt]:
        """Processes for a submission, which end with the block.

        Args:
            ends, at_the_end: see Attempt.
            tests: grade id → source, of tests that run in its own process.
        """
        steps = [*self._first, *submission.plan(self.assignment, tests)]
        attempt = Attempt(
            self._warm, steps, self.env, self.limits, ends=ends, at_the_end=at_the_end, in_place=tests is not None
        )
        try:
            yield attempt
        finally:
            attempt.end()

    def verdict(self, attempt: Attempt, check: Check, source: str, seed: int | None) -> Verdict | str:
        """A judge's verdict, or a message where there is none.

        Args:
            source: the check's, or a part of it.
            seed: of hidden inputs; None in the visible pass.

        Raises:
            GraderFault: the check of one of our labs is broken, or a judge ended without a verdict.
        """
        order = Order(check.exercise, source, list(check.exports), check.inside, seed, check.points)
        try:
            verdict = attempt.judge(self.base.process(self.env), order, check.grade_id)
        except GaveUp as error:
            return str(error)
        if isinstance(verdict, Ended):
            if verdict.timeout:
                return f"The check of your code did not end within {self.limits.check_seconds:.0f} s."
            self.base.end()
            raise GraderFault(f"the judge of {check.exercise} ended without a verdict", "report it, and grade again")
        if verdict.outcome == BROKEN and check.inside is not None:
            raise GraderFault(f"the check of {check.exercise} is broken: {verdict.message}", "mend the check")
        return verdict

    def run_test(self, attempt: Attempt, check: Check) -> Ran | str:
        """How a test ended in the submission's own process, or a message where it did not."""
        try:
            ran = attempt.run_test(check.grade_id)
        except GaveUp as error:
            return str(error)
        return ran if isinstance(ran, Ran) else f"With your code, the test {ran}"

    def end(self) -> None:
        """End the base."""
        self.base.end()
