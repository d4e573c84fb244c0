"""Instruments: what looks unusual in the evidence, how unusual, where, and since when. They name no cause."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodml.adapt.incidents.evidence import Evidence
from prodml.adapt.incidents.families import CARRIERS, FEATURES, HOSTS, ICAO, ORIGINS
from prodml.adapt.incidents.log import THRESHOLD
from prodml.adapt.incidents.world import CENTRE, SPREAD, world

if TYPE_CHECKING:
    import pandas as pd

HEALTHY = np.timedelta64(5, "D")  # the first five of the ten days
LEAST = 8  # rows after a change
KNOT = 1.15078  # mph
WEATHER = ("temp", "humid", "wind_speed", "pressure", "visib")
Floats = NDArray[np.float64]
Found = tuple[str, str, float, Any]  # sign, place, strength, since

# Strength 1 of each sign: hardly any of 300 healthy incidents goes beyond (benchmarks/incidents.py counts). Of signs
# that no healthy incident has, four rows.
LIMITS = {
    "missing": 12.0, "zeros": 8.0, "implausible": 16.0, "unknown code": 4.0, "wrong hour": 4.0, "frozen": 1.5,
    "lag": 4.0, "duplicates": 4.0, "replay": 4.0, "scaled": 1.0, "coarse": 1.0, "failed": 9.0,
    "threshold": 2.0, "labels late": 9.0, "residual": 8.0, "acted": 8.0,
}  # fmt: skip
OFTEN_MISSING = {"pressure": 3.0}  # gaps of days are usual: its limit is higher by this factor


def symptoms(evidence: Evidence) -> pd.DataFrame:
    """Every sign in every place where it could be, the strongest first.

    Returns:
        Columns `sign`, `place`, `strength` (1: as much as healthy weeks hardly ever show) and `since` (UTC: where
        the log changes most; NaT where nothing does). The signs:

        - of inputs: "missing", "zeros", "implausible" (outside the range of these months in the archive, a distance
          that the destination does not have, a wind that is no whole number of knots) by feature,
          "unknown code" (carrier), "wrong hour" (it disagrees with the clock), "frozen" (an airport's weather
          repeats), "lag" by airport, "duplicates" by carrier;
        - of serving: "replay" (prediction and replay differ) by host, "scaled" (their difference is proportional
          to this feature), "coarse" (predictions that differ from their replay repeat few values), "failed" by host;
        - of outcomes: "threshold" (alerts that 15 minutes do not explain), "labels late", "residual" (label −
          replay rises) by carrier, "acted" (label − replay falls where the alert was given).
    """
    import pandas as pd

    found = [*_inputs(evidence), *_serving(evidence), *_outcomes(evidence)]
    table = pd.DataFrame(found, columns=["sign", "place", "strength", "since"])
    often = table["place"].map(OFTEN_MISSING).fillna(1.0).where(table["sign"] == "missing", 1.0)
    table["strength"] /= table["sign"].map(LIMITS) * often
    table["since"] = table["since"].astype("datetime64[us]")
    return table.sort_values("strength", ascending=False, kind="stable", ignore_index=True)


def change_point(time: Any, values: Any) -> tuple[float, Any]:
    """Where a series rises most, after its healthy days, and by how many standard errors.

    For each split the two-sample z of means with a common variance, as in Page's and Hinkley's tests (Page 1954).

    Args:
        time: ascending datetimes, one per value, NaN values left out.

    Returns:
        z (0 if there is nothing to split or it never varies) and the time of the first value after the change.
    """
    x = np.asarray(values, dtype=float)
    there = ~np.isnan(x)
    x, t = x[there], np.asarray(time)[there]
    n = len(x)
    if n < 4 * LEAST or x.min() == x.max():
        return 0.0, np.datetime64("NaT")
    before = np.arange(np.searchsorted(t, t[0] + HEALTHY), n - LEAST)
    if not len(before):
        return 0.0, np.datetime64("NaT")
    total = np.cumsum(x)
    low, high = total[before - 1] / before, (total[-1] - total[before - 1]) / (n - before)
    rise = high - low
    within = np.maximum(x.var() - before * (n - before) / n**2 * rise**2, 1e-3 * x.var())
    z = rise / np.sqrt(within * (1 / before + 1 / (n - before)))
    at = int(np.argmax(z))
    return float(z[at]), t[before[at]]


def _inputs(e: Evidence) -> Iterator[Found]:
    r, time = e.requests, e.requests["time"].to_numpy()
    column = {name: r[name].to_numpy() for name in FEATURES}
    at = _slices(r["origin"], ORIGINS)
    no_weather = np.all([np.isnan(column[name]) for name in WEATHER], axis=0)  # the station was silent, not the column
    for name in FEATURES:
        missing = np.where(no_weather & (name in (*WEATHER, "precip")), np.nan, np.isnan(column[name]))
        yield "missing", name, *_strongest(time, missing, at)
        if name in WEATHER and name != "wind_speed":
            yield "zeros", name, *_strongest(time, column[name] == 0, at)
        if name in (*WEATHER, "distance"):
            yield "implausible", name, *_strongest(time, _implausible(name, r, column[name], e.now.month), at)
    yield "unknown code", "carrier", *_counted(time, r["carrier"].isin(list(ICAO.values())).to_numpy())
    yield "wrong hour", "hour", *_counted(time, _wrong_hour(e))
    for name, rows in at.items():
        yield "frozen", f"origin={name}", *_frozen(time[rows], np.array([column[w][rows] for w in WEATHER]))
        yield "lag", f"origin={name}", *_counted(time[rows], r["lag"].to_numpy()[rows] > 90)
    twice = r["id"].duplicated().to_numpy()
    for name, rows in _slices(r["carrier"], CARRIERS).items():
        yield "duplicates", f"carrier={name}", *_counted(time[rows], twice[rows])


def _serving(e: Evidence) -> Iterator[Found]:
    p, r = e.predictions, e.requests
    time, said = p["time"].to_numpy(), p["prediction"].to_numpy()
    gap = said - p["replayed"].to_numpy()
    differs = np.abs(gap) > 0.002
    for name, rows in _slices(r["host"], HOSTS).items():
        yield "replay", f"host={name}", *_counted(time[rows], differs[rows])
        yield "failed", f"host={name}", *change_point(time[rows], np.isnan(said[rows]))
    odd = np.flatnonzero(differs)
    since = time[odd[0]] if len(odd) else np.datetime64("NaT")
    for i, name in enumerate(FEATURES):
        z = np.nan_to_num((r[name].to_numpy()[odd] - CENTRE[i]) / SPREAD[i])
        yield "scaled", name, _proportional(z, gap[odd]), since
    repeats = len(odd) / max(len(np.unique(said[odd])), 1) / 4 if len(odd) >= LEAST else 0.0
    yield "coarse", "model", repeats, since


def _outcomes(e: Evidence) -> Iterator[Found]:
    p, labels = e.predictions, e.labels
    time, said = p["time"].to_numpy(), p["prediction"].to_numpy()
    known = ~np.isnan(said)
    yield "threshold", "decision", *_counted(time, known & ((said > THRESHOLD) != p["alerted"].to_numpy()))
    order = np.argsort(labels["time"].to_numpy(), kind="stable")
    left, came = labels["time"].to_numpy()[order], labels["arrived"].to_numpy()[order]
    old = left < e.now.to_datetime64() - np.timedelta64(16, "h")
    yield "labels late", "labels", *change_point(left[old], ~(came[old] - left[old] < np.timedelta64(16, "h")))
    row = np.searchsorted(labels["id"].to_numpy(), p["id"].to_numpy())
    residual = (labels["arr_delay"].to_numpy()[row] - p["replayed"].to_numpy()).clip(-60, 180)
    for name, rows in _slices(e.requests["carrier"], CARRIERS).items():
        yield "residual", f"carrier={name}", *change_point(time[rows], residual[rows] - _others(time, residual, rows))
    alerted = p["alerted"].to_numpy()
    yield "acted", "decision", *change_point(time[alerted], -residual[alerted])


def _slices(column: pd.Series, names: tuple[str, ...]) -> dict[str, NDArray[np.bool_]]:
    """Name → which rows have it."""
    import pandas as pd

    codes = pd.Categorical(column, categories=list(names)).codes
    return {name: codes == code for code, name in enumerate(names)}


def _strongest(time: Any, values: Any, at: dict[str, Any]) -> tuple[float, Any]:
    """Of all rows and of each airport's."""
    x = np.asarray(values, float)
    if not np.nan_to_num(x).any():  # most signs, most of the time: nothing to look for
        return 0.0, np.datetime64("NaT")
    return max([change_point(time, x), *(change_point(time[r], x[r]) for r in at.values())], key=lambda found: found[0])


def _counted(time: Any, odd: Any) -> tuple[float, Any]:
    """How often something is there that healthy days do not have at all, and when it first was."""
    at = np.flatnonzero(odd)
    return float(len(at)), time[at[0]] if len(at) else np.datetime64("NaT")


def _implausible(name: str, r: pd.DataFrame, values: Floats, month: int) -> Floats:
    if name == "distance":  # another one than this destination had in the healthy days
        time = r["time"].to_numpy()
        usual = r["distance"].where(time < time[0] + HEALTHY).groupby(r["dest"], observed=True).transform("median")
        return np.where(usual.isna(), np.nan, np.abs(values / usual - 1) > 0.1)
    low, high = archive(month)[name]
    if name == "wind_speed":
        odd = np.abs(values / KNOT - np.round(values / KNOT)) > 0.01
    else:
        odd = (values < low) | (values > high)
    return np.where(np.isnan(values) | (values == 0), np.nan, odd)


@functools.cache
def archive(month: int) -> dict[str, tuple[float, float]]:
    """The range of each feature in this month and its neighbours, in the archive of the year."""
    w = world()
    at = np.abs(w.time.astype("datetime64[M]").astype(int) % 12 + 1 - month) <= 1
    ends = np.nanquantile(w.features[at], [0.0003, 0.9997], axis=0)  # a few readings are broken
    return {name: (float(ends[0, i]), float(ends[1, i])) for i, name in enumerate(FEATURES)}


def _others(time: Any, residual: Floats, rows: Any) -> Floats:
    """For each of `rows`, what the other rows of the same three hours have on average: a storm is everybody's."""
    bins = ((time - time[0]) // np.timedelta64(3, "h")).astype(int)
    use = ~rows & ~np.isnan(residual)
    n = np.bincount(bins[use], minlength=bins[-1] + 1)
    total = np.bincount(bins[use], residual[use], bins[-1] + 1)
    return np.asarray(np.where(n > 0, total / np.maximum(n, 1), np.nan)[bins[rows]])


def _wrong_hour(e: Evidence) -> Any:
    """Whether `hour` is four or five hours ahead of the scheduled departure's hour in New York."""
    r = e.requests
    scheduled = r["time"] - (r["dep_delay"] * 60).round().astype("timedelta64[s]")
    local = scheduled.dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.hour
    return np.isin((r["hour"].to_numpy() - local.to_numpy()) % 24, [4, 5])


def _frozen(time: Any, weather: Floats) -> tuple[float, Any]:
    """For how many hours with flights the weather has repeated up to now; five are strength 1."""
    there = ~np.isnan(weather).all(axis=0)
    w, t = np.nan_to_num(weather[:, there], nan=-999.0), time[there]
    if not len(t):
        return 0.0, np.datetime64("NaT")
    same = (w == w[:, -1:]).all(axis=0)
    begins = int(np.flatnonzero(~same)[-1]) + 1 if not same.all() else 0
    hours = len(np.unique(t[begins:].astype("datetime64[h]")))
    return hours / 5, t[begins]


def _proportional(z: Floats, gap: Floats) -> float:
    """1 if `gap` is proportional to `z` to a thousandth, falling to 0; up to 2 if it is exact."""
    if len(gap) < LEAST or not z.any():
        return 0.0
    slope = (z @ gap) / (z @ z)
    unexplained = float(np.sum((gap - slope * z) ** 2) / np.sum(gap**2))
    return float(np.clip(-np.log10(unexplained + 1e-9) / 2, 0, 4))
