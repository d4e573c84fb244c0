"""Steps of a pipeline that fail on demand, and a clock that does not wait: for checks of a retry policy."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

ROWS = 1000  # what a real step writes


class FaultyStep:
    """A step that writes ten rows into a folder; each attempt may fail half-way.

    Args:
        faults: for each attempt, the exception that ends it after five rows, or None.  When they are used up, every
            further attempt succeeds.
        publishing: what `publish` raises, every time, after the folder was published; None if it works.

    Attributes:
        runs: the folder of every attempt, as they came.
        rows: folder → rows that lie in it; a folder that is used twice keeps the rows of both.
        published: folders that were published, as they came.
    """

    __facade__ = ("publish", "run")

    def __init__(self, faults: Sequence[Exception | None] = (), publishing: Exception | None = None) -> None:
        self.faults = list(faults)
        self.publishing = publishing
        self.runs: list[str] = []
        self.rows: dict[str, int] = {}
        self.published: list[str] = []

    def run(self, folder: str) -> None:
        """One attempt, which adds ten rows to `folder`.

        Raises:
            Exception: the fault of this attempt; five rows have been written by then.
        """
        fault = self.faults[len(self.runs)] if len(self.runs) < len(self.faults) else None
        self.runs.append(str(folder))
        self.rows[str(folder)] = self.rows.get(str(folder), 0) + (5 if fault else 10)
        if fault:
            raise fault

    def publish(self, folder: str) -> None:
        """Make a folder the step's output, for all steps after it to see.

        Raises:
            Exception: `publishing`, if there is one: the answer got lost, the folder is published.
        """
        self.published.append(str(folder))
        if self.publishing:
            raise self.publishing

    @property
    def seen(self) -> int | None:
        """How many rows the steps after it read: those of the folder published last; None if there is none."""
        return self.rows.get(self.published[-1], 0) if self.published else None


class Clock:
    """A clock that writes down how long it was asked to wait, in seconds, and does not.

    Attributes:
        waits: the seconds of every wait, as they came.
    """

    __facade__ = ("sleep",)

    def __init__(self) -> None:
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.waits.append(float(seconds))


def write_rows(path: str, dies_at: int | None) -> None:
    """A real step, for a process of its own: append `ROWS` rows to a file; kill this process after row `dies_at`."""
    with Path(path).open("a") as file:
        for i in range(ROWS):
            print(i, file=file, flush=True)
            if i == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
