"""The service's log as plain arrays, which faults change, and the tables that are made of it at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodml.adapt.incidents.families import FEATURES, HOSTS, ICAO
from prodml.adapt.incidents.world import Model, World

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
THRESHOLD = 15.0  # minutes: above it, agents are alerted
HOUR = np.timedelta64(3600, "s")


@dataclass
class Log:
    """One row per request, in the order of time. Faults change it in place.

    Attributes:
        flight: number of the flight. features: rows x FEATURES, as the model gets them.
        carrier: codes of world.carriers. renamed: rows whose carrier has an unknown code. host: 0 to 3.
        lag: seconds. failed: no prediction. threshold: minutes, per row. old: rows served by the old model.
        scale: rows x FEATURES, what the server multiplies standardised values by.
        grid: minutes between the values that a quantized model can say, 0 for any. ceiling: the largest.
        arr_delay: minutes. arrived: when the label comes, NaT for never.
    """

    flight: NDArray[np.int64]
    time: NDArray[np.datetime64]
    features: Floats
    carrier: NDArray[np.int64]
    origin: NDArray[np.int64]
    dest: NDArray[np.int64]
    host: NDArray[np.int64]
    lag: Floats
    arr_delay: Floats
    arrived: NDArray[np.datetime64]
    renamed: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    old: NDArray[np.bool_]
    threshold: Floats
    scale: Floats
    grid: Floats
    ceiling: Floats

    def postpone(self, rows: NDArray[np.bool_], seconds: Floats) -> None:
        """Let `rows` come later, and their labels too."""
        for times in (self.time, self.arrived):
            times[rows] += seconds.astype("timedelta64[s]")
        self._keep(np.argsort(self.time, kind="stable"))

    def until(self, now: np.datetime64) -> None:
        """Forget what comes after `now`."""
        self._keep(np.flatnonzero(self.time <= now))

    def _keep(self, order: NDArray[Any]) -> None:
        for name, values in vars(self).items():
            setattr(self, name, values[order])

    def repeat(self, rows: NDArray[np.bool_], seconds: NDArray[Any]) -> None:
        """Add each of `rows` once more, some seconds later."""
        twice = np.append(np.arange(len(self.time)), np.flatnonzero(rows))
        times = np.append(self.time, self.time[rows] + seconds)
        self._keep(twice)
        self.time = times
        self._keep(np.argsort(self.time, kind="stable"))


def healthy_log(world: World, first: np.datetime64, now: np.datetime64, rng: np.random.Generator) -> Log:
    """The real flights that left between the two times, spread at random over four hosts."""
    at = slice(*np.searchsorted(world.time, [first, now]))
    n = at.stop - at.start
    waits = rng.gamma(4.0, 0.75, n) * 3600  # a label comes three hours after the landing, on average
    return Log(
        flight=np.arange(at.start, at.stop), time=world.time[at].copy(), features=world.features[at].copy(),
        carrier=world.carrier[at].copy(), origin=world.origin[at].copy(), dest=world.dest[at].copy(),
        host=rng.integers(0, len(HOSTS), n), lag=np.round(rng.gamma(4.0, 5.0, n), 1),
        arr_delay=world.arr_delay[at].copy(), arrived=world.landed[at] + waits.astype("timedelta64[s]"),
        renamed=np.zeros(n, bool), failed=rng.random(n) < 0.001,
        old=np.zeros(n, bool), threshold=np.full(n, THRESHOLD), scale=np.ones((n, len(FEATURES))), grid=np.zeros(n),
        ceiling=np.full(n, np.inf),
    )  # fmt: skip


def predict(log: Log, new: Model, old: Model) -> tuple[Floats, Floats]:
    """What the service said, NaN where it failed, and what a replay of the log by the newest model says."""
    carrier = np.where(log.renamed, -1, log.carrier)
    replayed = new.predict(log.features, carrier, log.origin)
    said = new.predict(log.features, carrier, log.origin, log.scale)
    said = np.where(log.old, old.predict(log.features, carrier, log.origin), said)
    coarse = log.grid > 0
    said[coarse] = np.minimum(np.round(said[coarse] / log.grid[coarse]) * log.grid[coarse], log.ceiling[coarse])
    return np.where(log.failed, np.nan, np.round(said, 3)), np.round(replayed, 3)


def tables(
    log: Log, world: World, said: Floats, replayed: Floats, now: np.datetime64, versions: tuple[Any, Any]
) -> Any:
    """The requests, predictions and labels of an Evidence. `versions`: model and code as reported, per row."""
    import pandas as pd

    names = np.array([*world.carriers, *(ICAO[c] for c in world.carriers)])
    carrier = log.carrier + len(world.carriers) * log.renamed
    requests = pd.DataFrame({
        "id": log.flight, "time": log.time,
        "carrier": _category(carrier, names), "origin": _category(log.origin, world.origins),
        "dest": _category(log.dest, world.dests), "host": _category(log.host, HOSTS),
        "lag": log.lag, **{name: log.features[:, i].round(4) for i, name in enumerate(FEATURES)},
    })  # fmt: skip
    with np.errstate(invalid="ignore"):
        alerted = said > log.threshold
    predictions = pd.DataFrame({
        "id": log.flight, "time": log.time, "model": versions[0], "code": versions[1],
        "prediction": said, "replayed": replayed, "alerted": alerted,
    })  # fmt: skip
    _, once = np.unique(log.flight, return_index=True)
    here = log.arrived[once] <= now
    labels = pd.DataFrame({
        "id": log.flight[once], "time": log.time[once],
        "arr_delay": np.where(here, log.arr_delay[once], np.nan),
        "arrived": np.where(here, log.arrived[once], np.datetime64("NaT")),
    })  # fmt: skip
    return requests, predictions, labels


def hourly(
    requests: pd.DataFrame, predictions: pd.DataFrame, labels: pd.DataFrame, first: np.datetime64, latency: Any
) -> pd.DataFrame:
    """The dashboard: one row per hour; see Evidence.metrics."""
    import pandas as pd

    hours = len(latency)
    hour = ((predictions["time"].to_numpy() - first) // HOUR).astype(int).clip(0, hours - 1)
    said = predictions["prediction"].to_numpy()
    fine = ~np.isnan(said)
    n = np.bincount(hour, minlength=hours)

    def mean(values: Any, at: Any) -> Floats:
        count = np.bincount(hour[at], minlength=hours)
        total = np.bincount(hour[at], np.asarray(values, float)[at], hours)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    row = np.searchsorted(labels["id"].to_numpy(), predictions["id"].to_numpy())
    miss = np.abs(said - labels["arr_delay"].to_numpy()[row])
    came = labels["arrived"].dropna().to_numpy()
    came_hour = ((came - first) // HOUR).astype(int)
    return pd.DataFrame({
        "time": first + np.arange(hours) * HOUR, "requests": n, "failed": mean(~fine, n[hour] > 0), "latency": latency,
        "mean_prediction": mean(said, fine), "alerted": mean(predictions["alerted"], fine),
        "labels": np.bincount(came_hour[came_hour < hours], minlength=hours), "mae": mean(miss, ~np.isnan(miss)),
    })  # fmt: skip


def _category(codes: Any, names: Any) -> Any:
    import pandas as pd

    present, inverse = np.unique(codes, return_inverse=True)
    return pd.Categorical.from_codes(inverse, pd.Index([str(names[c]) for c in present], dtype=object))
