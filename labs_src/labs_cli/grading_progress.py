"""How far `labs grade` is, on stderr: a bar in a terminal, a line per submission elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from labs_cli.screen import clean, note, points

if TYPE_CHECKING:
    from autograder.results import SubmissionResult

    OnResult = Callable[[SubmissionResult, int, int], None]

FINE = ("graded", "not_submitted")


class Tally:
    """Counts what is done.

    Attributes:
        judged: submissions that this run has judged; those that were done before do not count.
        failed: how many of all could not be judged to their end.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._start = clock, clock()
        self.judged = self.failed = self.done = self.total = 0

    def add(self, result: SubmissionResult, done: int, total: int) -> None:
        """Take one more result."""
        self.done, self.total = done, total
        self.judged += not result.unchanged and result.status != "not_submitted"
        self.failed += result.status not in FINE

    def __str__(self) -> str:
        rate = self.judged / max(self._clock() - self._start, 1e-9)
        left = f", {_duration((self.total - self.done) / rate)} left" if rate and self.done < self.total else ""
        failed = f", {self.failed} not judged to the end" if self.failed else ""
        return f"{60 * rate:.0f} a minute{left}{failed}"


@contextmanager
def grading_progress(assignment: str) -> Iterator[OnResult]:
    """Shows what is done. An interrupt says how to go on."""
    tally = Tally()
    try:
        with _terminal(assignment, tally) if sys.stderr.isatty() else _lines(tally) as on_result:
            yield on_result
    except KeyboardInterrupt:
        note(f"Stopped. {tally.done} of {tally.total or 'all'} submissions are done; the same command goes on.")
        raise


@contextmanager
def _lines(tally: Tally) -> Iterator[OnResult]:
    def say(r: SubmissionResult, done: int, total: int) -> None:
        tally.add(r, done, total)
        state = "unchanged" if r.unchanged else r.status
        note(f"{done}/{total}  {r.student}  {state}  {points(r.score)}/{points(r.max_score)}")

    yield say
    if tally.judged:
        note(str(tally))


@contextmanager
def _terminal(assignment: str, tally: Tally) -> Iterator[OnResult]:
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(escape(f"Grading {clean(assignment)}"), total=None, rate="starting")

        def advance(result: SubmissionResult, done: int, total: int) -> None:
            tally.add(result, done, total)
            bar.update(task, completed=done, total=total, rate=escape(str(tally)))

        yield advance


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
