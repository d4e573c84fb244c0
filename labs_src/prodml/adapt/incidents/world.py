"""The healthy service behind the incidents: real flights, and a linear model retrained each month on three months."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.adapt.incidents.families import FEATURES

Floats = NDArray[np.float64]
KEEP = 3  # every third flight: enough, and three times as fast
RIDGE = 10.0
N = len(FEATURES)
CARRIER_CODES = 16
# Of all flights of the year, rounded, in the order of FEATURES.
CENTRE = np.array([12.6, 13.2, 1048.0, 57.0, 59.6, 11.1, 1017.8, 9.3, 0.005])
SPREAD = np.array([40.0, 4.7, 735.0, 18.0, 20.0, 5.6, 7.4, 2.1, 0.03])


@dataclass(frozen=True)
class Model:
    """A ridge regression of the arrival delay on standardised features, carriers and airports.

    Attributes:
        weights: of the intercept, the features, 16 carriers and three airports, in minutes.
    """

    weights: Floats

    def predict(self, features: Floats, carrier: Any, origin: Any, scale: Floats | None = None) -> Floats:
        """Minutes per row. A missing value counts as the mean, a carrier of code -1 is unknown.

        Args:
            features: rows x features. carrier, origin: codes per row.
            scale: per feature, what its standardised value is multiplied by: a fault of the server's code.
        """
        z = _standardised(features) * (1.0 if scale is None else scale)
        carriers = np.append(self.weights[1 + N : -3], 0.0)  # -1 takes the last
        return np.asarray(self.weights[0] + z @ self.weights[1 : 1 + N] + carriers[carrier] + self.weights[-3:][origin])


@dataclass(frozen=True)
class World:
    """Flights of the year that left, in the order of their real departure, and the models.

    Attributes:
        time: UTC. features: rows x FEATURES. carrier, origin, dest: codes of the names below.
        arr_delay: minutes, NaN if it never arrived there. landed: UTC; NaT as well.
        models: month → the model that served in it.
    """

    time: NDArray[np.datetime64]
    features: Floats
    carrier: NDArray[Any]
    origin: NDArray[Any]
    dest: NDArray[Any]
    arr_delay: Floats
    landed: NDArray[np.datetime64]
    carriers: list[str]
    origins: list[str]
    dests: list[str]
    models: dict[int, Model]


@functools.cache
def world() -> World:
    """Read the flights and fit the models, once per process: about half a second.

    Raises:
        DatasetError: the data are missing or damaged.
    """
    from prodml.data import flights

    when = ["time_hour", "minute", "month", "air_time", "arr_delay"]
    table = flights(columns=[*FEATURES, "carrier", "origin", "dest", *when])
    table = table[table["dep_delay"].notna()].iloc[::KEEP]
    delay = table["dep_delay"].to_numpy(float)
    hour = table["time_hour"].dt.tz_localize(None).to_numpy("datetime64[s]")
    time = hour + ((table["minute"].to_numpy(float) + delay) * 60).astype("timedelta64[s]")
    order = np.argsort(time, kind="stable")
    table, time = table.iloc[order], time[order]
    features = table[list(FEATURES)].to_numpy(float)
    codes = {name: table[name].cat.codes.to_numpy(np.int64) for name in ("carrier", "origin", "dest")}
    arr_delay = table["arr_delay"].to_numpy(float)
    minutes = table["air_time"].to_numpy(float) + 25  # our assumption: 25 minutes of taxiing
    landed = time + np.nan_to_num(minutes * 60).astype("timedelta64[s]")
    landed[np.isnan(arr_delay)] = np.datetime64("NaT")
    models = _models(features, codes["carrier"], codes["origin"], arr_delay, table["month"].to_numpy())
    names = {name: [str(c) for c in table[name].cat.categories] for name in codes}
    return World(
        time, features, codes["carrier"], codes["origin"], codes["dest"], arr_delay, landed,
        names["carrier"], names["origin"], names["dest"], models,
    )  # fmt: skip


def _models(features: Floats, carrier: Any, origin: Any, label: Floats, month: Any) -> dict[int, Model]:
    """Month → a model of the three months before it; 0 → the old one, of January alone."""
    gram: dict[int, Any] = {}
    moment: dict[int, Any] = {}
    for m in range(1, 12):
        at = (month == m) & ~np.isnan(label)
        x = _design(features[at], carrier[at], origin[at])
        gram[m], moment[m] = x.T @ x, x.T @ label[at]
    made = {m: _solve(sum(gram[m - i] for i in (1, 2, 3)), sum(moment[m - i] for i in (1, 2, 3))) for m in range(4, 13)}
    return {0: _solve(gram[1], moment[1]), **made}


def _design(features: Floats, carrier: Any, origin: Any) -> Floats:
    x = np.zeros((len(features), 1 + N + CARRIER_CODES + 3))
    x[:, 0] = 1
    x[:, 1 : 1 + N] = _standardised(features)
    rows = np.arange(len(features))
    x[rows, 1 + N + carrier] = 1
    x[rows, 1 + N + CARRIER_CODES + origin] = 1
    return x


def _standardised(features: Floats) -> Floats:
    return np.asarray(np.nan_to_num((features - CENTRE) / SPREAD))


def _solve(gram: Any, moment: Any) -> Model:
    penalty = np.full(len(gram), RIDGE)
    penalty[0] = 0  # not the intercept
    return Model(np.linalg.solve(gram + np.diag(penalty), moment))
