"""The learner's side of judging one submission: its process, and a new one where it crashed or hung."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence

from autograder.judge.errands import Errands
from autograder.judge.judging import Order, Verdict
from autograder.judge.limits import Limits
from autograder.judge.parents import WarmParents
from autograder.judge.supervisor import Ended, Process, Ran, open_session
from autograder.judge.wire import DeadlinePassed, WireError
from autograder.marking.intake import Step
from autograder.results import Status

END_SECONDS = 30.0  # how long a learner's process may take to come back from a session
ENDINGS = {
    "memory": "used more memory than it may",
    "threads": "started more processes and threads than it may",
    "cpu": "used more CPU time than it may",
}
TOO_LONG = "Your notebook had run for {:.0f} s, which is all that it may; the rest was not judged."


class GaveUp(Exception):
    """Raised when a submission has used all of its time."""


class Attempt:
    """Runs a submission's cells in a learner's process and lets judges ask it.

    Args:
        steps: cells and tests, in order.
        ends: when the whole submission must have ended, by `time.monotonic`.
        at_the_end: judges come after all cells, and see each name as it was bound at their test's place; otherwise
            they come at their place.
        in_place: tests are cells like all others: run in the learner's process.

    Attributes:
        status: GRADED, or what befell the learner's process.
        cell_errors: grade id → how the exercise cell ended, where it did not run to its end.
    """

    def __init__(
        self,
        warm: WarmParents,
        steps: Sequence[Step],
        env: dict[str, str],
        limits: Limits,
        *,
        ends: float,
        at_the_end: bool = True,
        in_place: bool = False,
    ) -> None:
        self.warm, self.steps, self.env, self.limits, self.ends = warm, steps, env, limits, ends
        self.status = Status.GRADED
        self.cell_errors: dict[str, str] = {}
        self._at_the_end, self._in_place = at_the_end, in_place
        self._place = {s.grade_id: n for n, s in enumerate(steps) if s.kind == "test"}
        self._skipped: set[int] = set()  # cells that ended the process: not run again
        self._process: Process | None = None
        self._next = 0  # the step that the process has not run yet

    def judge(self, base: Process, order: Order, test: str) -> Verdict | Ended:
        """Have one check judged.

        Args:
            test: grade id of its cell. Where judges come at their place, the tests come in their order.

        Raises:
            GaveUp: the submission has used all of its time.
        """
        learner = self._learner(len(self.steps) if self._at_the_end else self._place[test])
        limits = dataclasses.replace(
            self.limits, call_seconds=self._at_most("call_seconds"), check_seconds=self._at_most("check_seconds")
        )
        try:
            errands = Errands(self.warm, learner, self.env, limits)
            verdict, session = open_session(
                learner, base, order, limits, errands.answer, test, test if self._at_the_end else ""
            )
        except WireError:
            return self._gone(learner)
        outcome = "timeout" if isinstance(verdict, Ended) and verdict.timeout else getattr(verdict, "outcome", "")
        if outcome == "gone":
            return self._gone(learner)
        if outcome == "timeout":
            self._lose(Status.TIMEOUT)
        elif not learner.has_ended(session, END_SECONDS):
            self._lose(self.status)
        return verdict

    def run_test(self, test: str) -> Ran | str:
        """Run a test's cell in the learner's process, after all that stands before it; how it ended where it did not.

        Raises:
            GaveUp: the submission has used all of its time.
        """
        place = self._place[test]
        learner = self._learner(place)
        ran = self._run(learner, place)
        self._next = place + 1
        return ran

    def end(self) -> None:
        """End the learner's process."""
        if self._process is not None:
            self._process.end()
            self._process = None

    def _gone(self, learner: Process) -> Verdict:
        """The verdict where the learner's process is gone, and why it is."""
        how = ENDINGS.get(learner.reason or "", "ended its own process")
        self._lose(_status(learner))
        return Verdict("gone", [], f"your code {how}", None, None, 0.0)

    def _lose(self, status: Status) -> None:
        self.status = status
        self.end()

    def _learner(self, place: int) -> Process:
        """The running process, after all cells before a place; a new one where there is none."""
        while True:
            if self._process is None:
                self._at_most("cell_seconds")
                self._process, self._next = self.warm.fork("learner", self.env), 0
            while self._process is not None and self._next < place:
                self._do(self._process, self._next)
                self._next += 1
            if self._process is not None:
                return self._process

    def _do(self, process: Process, place: int) -> None:
        step = self.steps[place]
        if step.kind == "test" and not self._in_place:
            if self._at_the_end:
                self._keep(process, step.grade_id)
        elif place not in self._skipped:
            ran = self._run(process, place)
            if isinstance(ran, Ran) and ran.raised is not None and step.kind == "exercise":
                self.cell_errors[step.grade_id] = f"raised {ran.described[:360].rstrip('.')}."

    def _keep(self, process: Process, name: str) -> None:
        try:
            process.wire.send({"op": "keep", "name": name}, (), self._at_most("cell_seconds"))
        except WireError:
            self._lose(_status(process))

    def _run(self, process: Process, place: int) -> Ran | str:
        """How a cell ended; in words, where it did not, and the process is lost."""
        step, seconds = self.steps[place], self._at_most("cell_seconds")
        try:
            return process.run_cell(step.source, seconds)
        except DeadlinePassed:
            how, status = f"did not end within {seconds:.0f} s.", Status.TIMEOUT
        except WireError:
            how, status = ENDINGS.get(process.reason or "", "ended the whole process") + ".", _status(process)
        self._skipped.add(place)
        self.cell_errors[step.grade_id] = how
        self._lose(status)
        return how

    def _at_most(self, limit: str) -> float:
        """A limit's seconds, or what is left of the submission's.

        Raises:
            GaveUp: nothing is left.
        """
        left = self.ends - time.monotonic()
        if left <= 0:
            self._lose(Status.TIMEOUT)
            raise GaveUp(TOO_LONG.format(self.limits.submission_seconds))
        return min(left, float(getattr(self.limits, limit)))


def _status(process: Process) -> Status:
    return Status.MEMORY if process.reason == "memory" else Status.CRASHED
