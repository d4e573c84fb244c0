"""Timelines of input pipelines, recorded from real runs.

A timeline is a DataFrame with one row per piece of work: `step` ("open", "read", "transform" or "train"), `lane`
(pieces of one step that overlap in time have different lanes, from 0), `start` and `end` in seconds.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Piece = tuple[str, float, float]  # step, start, end


class Recorder:
    """Collects pieces of work from any thread.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self._pieces: list[Piece] = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def span(self, step: str) -> Iterator[None]:
        """Record what happens inside as one piece of `step`."""
        start = self.clock()
        yield
        with self._lock:
            self._pieces.append((step, start, self.clock()))

    def timeline(self) -> pd.DataFrame:
        """What was recorded so far; time 0 is the first start."""
        return timeline_of(self._pieces)


def timeline_of(pieces: list[Piece]) -> pd.DataFrame:
    """A timeline of pieces in any order: each gets the lowest free lane of its step."""
    import pandas as pd

    ordered = sorted(pieces, key=lambda p: (p[1], p[2]))
    zero = ordered[0][1] if ordered else 0.0
    busy_until: dict[str, list[float]] = {}
    rows = []
    for step, start, end in ordered:
        lanes = busy_until.setdefault("read" if step == "open" else step, [])
        lane = next((i for i, t in enumerate(lanes) if t <= start), len(lanes))
        lanes[lane:] = [end, *lanes[lane + 1 :]]
        rows.append((step, lane, start - zero, end - zero))
    return pd.DataFrame(rows, columns=["step", "lane", "start", "end"])


def most_at_once(timeline: pd.DataFrame, *steps: str) -> int:
    """The most pieces of these steps that were under way at the same time."""
    work = timeline[timeline["step"].isin(steps)]
    changes = sorted([(t, 1) for t in work["start"]] + [(t, -1) for t in work["end"]])
    return int(max(np.cumsum([change for _, change in changes]), default=0))


def epoch_seconds(timeline: pd.DataFrame) -> float:
    """From the first start to the last end."""
    return float(timeline["end"].max() - timeline["start"].min())


def training_share(timeline: pd.DataFrame) -> float:
    """Which share of the epoch the trainer trains; the rest it waits."""
    training = timeline[timeline["step"] == "train"]
    return float((training["end"] - training["start"]).sum() / epoch_seconds(timeline))
