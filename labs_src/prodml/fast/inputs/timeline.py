"""Timelines of input pipelines: recorded from real runs, drawn, and simulated from settings.

A timeline is a DataFrame with one row per piece of work: `step` ("open", "read", "transform" or "train"), `lane`
(pieces of one step that overlap in time have different lanes, from 0), `start` and `end` in seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from prodml.lab import plots

if TYPE_CHECKING:
    import pandas as pd

GROUPS = (("open", "read"), ("transform",), ("train",))  # steps that share lanes
COLOURS = {"open": plots.PURPLE, "read": plots.ORANGE, "transform": plots.SKY, "train": plots.GREEN}
READER_BUFFER = 2  # records that a parallel reader holds ready
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


def draw(timeline: pd.DataFrame, title: str, until: float | None = None) -> None:
    """Show a timeline: one row per lane, reading above, training below.

    Args:
        until: seconds to show; None for all. Give two timelines the same to compare them.
    """
    lanes = [
        (group, lane)
        for group in GROUPS
        for lane in sorted(timeline.loc[timeline["step"].isin(group), "lane"].unique())
    ]
    fig, ax = plots.figure(title, x="seconds", figsize=(7.0, 0.9 + 0.2 * len(lanes)))
    for row, (group, lane) in enumerate(reversed(lanes)):
        for step in group:
            work = timeline[(timeline["step"] == step) & (timeline["lane"] == lane)]
            bars = list(zip(work["start"], work["end"] - work["start"], strict=True))
            ax.broken_barh(bars, (row - 0.42, 0.84), color=COLOURS[step], edgecolor="white", linewidth=0.2)
    ax.set_yticks(range(len(lanes)), [_lane_name(*lane) for lane in reversed(lanes)])
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_xlim(0, until or epoch_seconds(timeline))
    counts = [f"{sum(g == group for g, _ in lanes)} of {group[-1]}" for group in dict.fromkeys(g for g, _ in lanes)]
    shares = f"{epoch_seconds(timeline):.2f} s, training {training_share(timeline):.0%} of them"
    plots.show(fig, alt=f"{title}. Timeline with lanes: {', '.join(counts)}. {shares}.")


def _lane_name(group: tuple[str, ...], lane: int) -> str:
    """Named once per step; what the colours are, the names say in the order of time."""
    return ", ".join(group) if lane == 0 else ""


@dataclasses.dataclass(frozen=True)
class Settings:
    """A pipeline to simulate. Times in seconds: per file, per record, per record, per batch."""

    open_seconds: float = 0.03
    read_seconds: float = 0.004
    transform_seconds: float = 0.004
    train_seconds: float = 0.01
    files: int = 6
    records: int = 16
    batch_size: int = 16
    readers: int = 1
    transformers: int = 1
    ahead: int = 0


def simulate(settings: Settings, rng: np.random.Generator | None = None) -> pd.DataFrame:
    """The timeline of one epoch, computed with the rules of tf.data's interleave, map, batch and prefetch.

    One reader or transformer works only when it is asked; several work ahead, into a small buffer. Without `ahead`, the
    trainer waits for its batch to be made; with it, a thread makes batches while it trains.

    Args:
        rng: lets every piece of work take up to 20 % more or less than its setting; None for exact times.
    """
    return timeline_of(_pieces(settings, rng))


def _pieces(settings: Settings, rng: np.random.Generator | None) -> list[Piece]:
    s, pieces = settings, list[Piece]()

    def work(step: str, start: float, seconds: float) -> float:
        end = start + seconds * (rng.uniform(0.8, 1.2) if rng is not None else 1.0)
        pieces.append((step, start, end))
        return end

    order = _reading_order(s)
    read_by: dict[int, list[float]] = {}  # reader → when each of its records was taken from its buffer
    reader_free = dict.fromkeys(range(s.readers), 0.0)
    transformer_free = [0.0] * s.transformers
    fetched = 0.0  # when the last record came out of the readers
    taken: list[float] = []  # when each transformed record went into a batch
    asked = ready = trained = 0.0
    starts: list[float] = []  # when each training step began
    for number, (reader, first) in enumerate(order):
        if number % s.batch_size == 0:
            batch = number // s.batch_size
            free = starts[batch - s.ahead - 1] if batch > s.ahead else 0.0
            asked = max(ready, free) if s.ahead else trained
        wanted = (
            asked
            if s.transformers == 1
            else max(fetched, taken[number - s.transformers] if number >= s.transformers else 0.0)
        )
        if s.transformers == 1:
            wanted = max(wanted, taken[-1] if taken else 0.0)
        mine = read_by.setdefault(reader, [])
        if s.readers == 1:
            begin = wanted
        else:
            begin = max(reader_free[reader], mine[-READER_BUFFER] if len(mine) >= READER_BUFFER else 0.0)
        if first:
            begin = work("open", begin, s.open_seconds)
        reader_free[reader] = work("read", begin, s.read_seconds)
        fetched = max(wanted, reader_free[reader])
        mine.append(fetched)
        lane = int(np.argmin(transformer_free))
        transformer_free[lane] = work("transform", max(fetched, transformer_free[lane]), s.transform_seconds)
        taken.append(max(asked, taken[-1] if taken else 0.0, transformer_free[lane]))
        if (number + 1) % s.batch_size == 0 or number + 1 == len(order):
            ready = taken[-1]
            starts.append(max(ready, trained))
            trained = work("train", starts[-1], s.train_seconds)
    return pieces


def _reading_order(s: Settings) -> list[tuple[int, bool]]:
    """(reader, whether the record is the first of a file) of every record, readers taking turns."""
    queues = [
        [i == 0 for _ in range(reader, s.files, s.readers) for i in range(s.records)] for reader in range(s.readers)
    ]
    longest = max(len(q) for q in queues)
    return [(reader, q[i]) for i in range(longest) for reader, q in enumerate(queues) if i < len(q)]


LANES = 4  # so many readers or transformers a parallel step gets
CHANGES: dict[str, tuple[str, int]] = {
    "prefetch": ("ahead", 2),
    "parallel reads": ("readers", LANES),
    "parallel transforms": ("transformers", LANES),
}
NOTHING = "nothing"
CLEAR = 1.25  # the best change of an unmistakable case makes its epoch at least this much shorter
APART = 1.12  # and by this factor shorter than the next best change does
BUSY = 0.9  # a trainer that trains more than this share of the time has nothing to gain


def best_change(settings: Settings) -> tuple[str, float, float]:
    """The one change that shortens the epoch most, by what factor, and the factor of the next best.

    A change that is made already is no change: ("nothing", 1.0, 1.0) if all are.
    """
    before = _seconds(settings)
    gains = [(1.0, NOTHING), (1.0, NOTHING)]
    for name, (field, new) in CHANGES.items():
        if getattr(settings, field) == {"ahead": 0}.get(field, 1):
            gains.append((before / _seconds(dataclasses.replace(settings, **{field: new})), name))
    (best, name), (second, _), *_ = sorted(gains, reverse=True)
    return name, best, second


def unmistakable(answer: str, rng: np.random.Generator) -> Settings:
    """Random settings for which that change is clearly the best, or for which the trainer is busy ("nothing")."""
    fixed = {CHANGES[answer][0]: {"ahead": 0}.get(CHANGES[answer][0], 1)} if answer != NOTHING else {"ahead": 2}
    while True:
        settings = dataclasses.replace(_any_settings(rng), **fixed)
        name, best, second = best_change(settings)
        work = _serial_work(settings)
        busy = work["prefetch"]
        if answer == NOTHING:
            if busy > 1.03 * BUSY * _seconds(settings):
                return settings
        elif answer == name and best > CLEAR and best > APART * second and busy < 0.97 * BUSY * _seconds(settings):
            mine = work.pop(answer)
            if mine > APART * max(work.values(), default=0.0):
                return settings


def _serial_work(s: Settings) -> dict[str, float]:
    """Change → seconds of work of the step that it would relieve, for steps that work in one lane."""
    records = s.files * s.records
    work = {"prefetch": s.train_seconds * -(-records // s.batch_size)}
    if s.readers == 1:
        work["parallel reads"] = s.open_seconds * s.files + s.read_seconds * records
    if s.transformers == 1:
        work["parallel transforms"] = s.transform_seconds * records
    return work


def _any_settings(rng: np.random.Generator) -> Settings:
    def between(low: float, high: float) -> float:
        return float(low * (high / low) ** rng.random())

    return Settings(
        open_seconds=between(0.005, 0.05),
        read_seconds=between(0.0005, 0.01),
        transform_seconds=between(0.0005, 0.01),
        train_seconds=between(0.005, 0.3),
        files=int(rng.integers(4, 9)),
        batch_size=int(rng.choice([8, 16])),
        readers=int(rng.choice([1, LANES])),
        transformers=int(rng.choice([1, LANES])),
        ahead=int(rng.choice([0, 2])),
    )


def _seconds(settings: Settings) -> float:
    return max(end for _, _, end in _pieces(settings, None))
