"""Timelines of simulated pipelines, and which one change would shorten an epoch most."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from prodml.fast.inputs.timeline import Piece, timeline_of

if TYPE_CHECKING:
    import pandas as pd

READER_BUFFER = 2  # records that a parallel reader holds ready


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

    A change that is made already is no change: ("nothing", 1.0, 1.0) if all are, or if the trainer is busy.
    """
    before = _seconds(settings)
    if _training_seconds(settings) > BUSY * before:
        return NOTHING, 1.0, 1.0
    gains = [(1.0, NOTHING), (1.0, NOTHING)]
    for name, (field, _) in CHANGES.items():
        if getattr(settings, field) == {"ahead": 0}.get(field, 1):
            gains.append((before / _seconds(changed(settings, name)), name))
    (best, name), (second, _), *_ = sorted(gains, reverse=True)
    return name, best, second


def changed(settings: Settings, change: str) -> Settings:
    """The settings with one change of `CHANGES` made, or as they are for "nothing"."""
    if change == NOTHING:
        return settings
    field, new = CHANGES[change]
    return dataclasses.replace(settings, **{field: new})


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
    work = {"prefetch": _training_seconds(s)}
    if s.readers == 1:
        work["parallel reads"] = s.open_seconds * s.files + s.read_seconds * records
    if s.transformers == 1:
        work["parallel transforms"] = s.transform_seconds * records
    return work


def _training_seconds(s: Settings) -> float:
    return s.train_seconds * -(-s.files * s.records // s.batch_size)


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
