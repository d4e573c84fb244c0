"""What each fault does to the log: one short function per family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.adapt.incidents.families import FEATURES, HOSTS, UNITS
from prodml.adapt.incidents.log import Log
from prodml.adapt.incidents.world import World

Rows = NDArray[np.bool_]
WEATHER = [FEATURES.index(name) for name in ("temp", "humid", "wind_speed", "pressure", "visib", "precip")]


@dataclass(frozen=True)
class Fault:
    """A fault that has been drawn.

    Attributes:
        cause, where: see Truth. since: UTC. hard: few rows, mild.
    """

    cause: str
    where: str
    since: np.datetime64
    hard: bool


def apply(fault: Fault, log: Log, world: World, rng: np.random.Generator) -> None:
    """Change the log as the fault does, from its onset on."""
    if fault.cause != "nothing":
        rows = (log.time >= fault.since) & _place(fault.where, log, world)
        EFFECTS[fault.cause](fault, log, rows, rng)


def _place(where: str, log: Log, world: World) -> Any:
    """Rows of a slice; all rows for a feature or a stage."""
    column, _, name = where.partition("=")
    if not name:
        return np.ones(len(log.time), bool)
    if column == "origin":
        return log.origin == world.origins.index(name)
    if column == "carrier":
        return log.carrier == world.carriers.index(name)
    return log.host == HOSTS.index(name)


def _one_airport(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> Rows:
    """A hard fault of an input hits one airport's feed only."""
    return rows & (log.origin == rng.integers(3)) if fault.hard else rows


def unit_change(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    rows, i = _one_airport(fault, log, rows, rng), FEATURES.index(fault.where)
    factor, offset = UNITS[fault.where]
    log.features[rows, i] = log.features[rows, i] * factor + offset


def zero_fill(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    i, share = FEATURES.index(fault.where), 0.08 if fault.hard else 0.4
    lost = rng.random(len(rows)) < share  # readings that went missing, and were filled with those that always are
    log.features[rows & (lost | np.isnan(log.features[:, i])), i] = 0.0


def schema_change(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    rows = _one_airport(fault, log, rows, rng)
    if fault.where == "carrier":
        log.renamed |= rows
    else:
        log.features[rows, FEATURES.index(fault.where)] = np.nan


def time_zone(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    rows, i = _one_airport(fault, log, rows, rng), FEATURES.index("hour")
    ahead = 5 if str(fault.since) < "2013-03-10" or str(fault.since) > "2013-11-03" else 4
    log.features[rows, i] = (log.features[rows, i] + ahead) % 24


def stale_cache(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    for i in WEATHER:
        log.features[rows, i] = log.features[np.argmax(rows), i]  # as it was when the cache stopped


def late_events(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    late = rows & (rng.random(len(rows)) < (0.25 if fault.hard else 0.8))
    log.lag[late] = np.round(rng.gamma(4.0, 60.0 if fault.hard else 400.0, late.sum()), 1)
    i = FEATURES.index("dep_delay")
    log.features[late, i] = np.minimum(log.features[late, i], 0.0)


def duplicate_events(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    twice = rows & (rng.random(len(rows)) < (0.1 if fault.hard else 0.6))
    log.repeat(twice, rng.integers(1, 90, twice.sum()).astype("timedelta64[s]"))


def skewed_preprocessing(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    if fault.hard:  # on one host so far
        rows = rows & (log.host == rng.integers(len(HOSTS)))
    log.scale[rows, FEATURES.index(fault.where)] = 1.15 if fault.hard else 1.6


def bad_quantization(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    log.grid[rows], log.ceiling[rows] = (1.25, 158.75) if fault.hard else (4.0, 60.0)


def stale_model(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    log.old |= rows


def failing_host(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    log.failed |= rows & (rng.random(len(rows)) < (0.08 if fault.hard else 0.4))


def wrong_threshold(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    log.threshold[_one_airport(fault, log, rows, rng)] = rng.choice([12.0, 18.0] if fault.hard else [5.0, 30.0])


def label_delay(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    rows = _one_airport(fault, log, rows, rng)
    log.arrived[rows] += (rng.gamma(9.0, 4.0, rows.sum()) * 3600).astype("timedelta64[s]")  # 36 hours, on average


def feedback_loop(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    acted = (
        rows
        & (log.features[:, FEATURES.index("dep_delay")] > 15)
        & (rng.random(len(rows)) < (0.6 if fault.hard else 1))
    )
    log.arr_delay[acted] -= (0.4 if fault.hard else 0.7) * np.maximum(log.arr_delay[acted], 0)


def carrier_outage(fault: Fault, log: Log, rows: Rows, rng: np.random.Generator) -> None:
    mean = 20.0 if fault.hard else 60.0
    later = np.round(rng.exponential(mean, rows.sum()))
    log.features[rows, FEATURES.index("dep_delay")] += later
    log.arr_delay[rows] += later + np.round(rng.exponential(mean, rows.sum()))
    log.postpone(rows, later * 60)


EFFECTS: dict[str, Callable[[Fault, Log, Rows, np.random.Generator], None]] = {
    effect.__name__: effect
    for effect in (
        *(unit_change, zero_fill, schema_change, time_zone, stale_cache, late_events, duplicate_events),
        *(skewed_preprocessing, bad_quantization, stale_model, failing_host),
        *(wrong_threshold, label_delay, feedback_loop, carrier_outage),
    )
}
