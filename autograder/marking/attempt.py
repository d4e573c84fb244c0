"""The learner's side of judging one submission: its process, and a new one where it crashed or hung."""

from __future__ import annotations

from autograder.judge.errands import Errands
from autograder.judge.judging import Order, Verdict
from autograder.judge.limits import Limits
from autograder.judge.parents import WarmParents
from autograder.judge.supervisor import Ended, Process, open_session, wait_until_ended
from autograder.judge.wire import Closed, DeadlinePassed, WireError
from autograder.results import Status

END_SECONDS = 30.0  # how long a learner's process may take to come back from a session
ENDINGS = {
    "memory": "used more memory than it may",
    "threads": "started more processes and threads than it may",
    "cpu": "used more CPU time than it may",
}


class GaveUp(Exception):
    """Raised when the learner's process had to be replaced too often."""


class Attempt:
    """Runs a submission's cells in a learner's process and lets judges ask it.

    Attributes:
        status: GRADED, or what befell the learner's process.
        cell_errors: grade id → how the exercise cell ended, where it did not run to its end.
    """

    def __init__(
        self, warm: WarmParents, steps: list[tuple[str, str, str]], env: dict[str, str], limits: Limits
    ) -> None:
        self.warm, self.steps, self.env, self.limits = warm, steps, env, limits
        self.status = Status.GRADED
        self.cell_errors: dict[str, str] = {}
        self._skipped: set[int] = set()  # cells that ended the process: not run again
        self._starts = 0
        self._process: Process | None = None

    def judge(self, base: Process, order: Order) -> Verdict | Ended:
        """Have one check judged.

        Raises:
            GaveUp: the learner's process keeps ending.
        """
        learner = self._learner()
        try:
            errands = Errands(self.warm, learner, self.env, self.limits)
            verdict = open_session(learner, base, order, self.limits, errands.answer)
        except Closed:
            return self._gone(learner)
        outcome = "timeout" if isinstance(verdict, Ended) and verdict.timeout else getattr(verdict, "outcome", "")
        if outcome == "gone":
            return self._gone(learner)
        if outcome == "timeout":
            self._lose(Status.TIMEOUT)
        elif not wait_until_ended(learner, END_SECONDS):
            self._lose(self.status)
        return verdict

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

    def _learner(self) -> Process:
        """The running process, after all cells; a new one where there is none."""
        while self._process is None:
            if self._starts > self.limits.restarts:
                raise GaveUp("Your code ended its own process or hung too often; the rest was not judged.")
            self._starts += 1
            self._process = self.warm.fork("learner", self.env)
            self._run_cells(self._process)
        return self._process

    def _run_cells(self, process: Process) -> None:
        for position, (kind, grade_id, source) in enumerate(self.steps):
            if position in self._skipped:
                continue
            try:
                error = process.run_cell(source, self.limits.cell_seconds)
            except DeadlinePassed:
                self._stop_at(position, grade_id, f"did not end within {self.limits.cell_seconds:.0f} s.")
                return self._lose(Status.TIMEOUT)
            except WireError:
                self._stop_at(position, grade_id, ENDINGS.get(process.reason or "", "ended the whole process") + ".")
                return self._lose(_status(process))
            if error is not None and kind == "exercise":
                self.cell_errors[grade_id] = f"raised {_name(error)}: {str(error[1])[:300].rstrip('.')}."
        return None

    def _stop_at(self, position: int, grade_id: str, how: str) -> None:
        self._skipped.add(position)
        self.cell_errors[grade_id] = how


def _status(process: Process) -> Status:
    return Status.MEMORY if process.reason == "memory" else Status.CRASHED


def _name(error: list[object]) -> str:
    names = error[0]
    return str(names[0])[:60] if isinstance(names, list) and names else "Exception"
