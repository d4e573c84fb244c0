"""What a console can draw: measures of the dashboard and of the logs, and the slices that they are split by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prodml.adapt.incidents.evidence import Evidence
from prodml.adapt.incidents.families import FEATURES

if TYPE_CHECKING:
    import pandas as pd

DASHBOARD = {
    "requests": "requests per hour", "failed": "share that failed", "latency": "latency, 99th percentile (ms)",
    "mean_prediction": "mean prediction (min)", "alerted": "share alerted", "labels": "labels that came per hour",
    "mae": "mean absolute error (min)",
}  # fmt: skip
LOGS = {
    **{name: f"mean {name}" for name in FEATURES}, "missing": "share of weather values", "zeros": "share of zeros",
    "lag": "mean lag (s)", "prediction − replay": "mean difference (min)", "label − replay": "mean difference (min)",
}  # fmt: skip
WEATHER = ["temp", "humid", "pressure", "visib"]  # that are never zero in healthy weeks, or hardly ever


def of_rows(e: Evidence, look_at: str) -> tuple[pd.Series, pd.Series]:
    """Time and value per request. For "requests" only the number of rows counts.

    Args:
        look_at: a measure of `LOGS`, or of `DASHBOARD` but for "latency" and "labels", which no row has.
    """
    r, p = e.requests, e.predictions
    values: Any
    if look_at in FEATURES or look_at == "lag":
        values = r[look_at]
    elif look_at == "missing":
        values = r[["temp", "humid", "wind_speed", "visib"]].isna().mean(axis=1)
    elif look_at == "zeros":
        values = (r[WEATHER] == 0).mean(axis=1)
    elif look_at == "prediction − replay":
        values = p["prediction"] - p["replayed"]
    elif look_at == "label − replay":
        values = _labels(e) - p["replayed"]
    elif look_at == "mae":
        values = (_labels(e) - p["prediction"]).abs()
    elif look_at == "failed":
        values = p["prediction"].isna().astype(float)
    elif look_at == "alerted":
        values = p["alerted"].astype(float)
    else:
        values = p["prediction"]
    return r["time"], values


def slices(e: Evidence, split_by: str) -> pd.Series:
    """Per request the value of "origin", "carrier" or "host", as a text."""
    return e.requests[split_by].astype(str)


def _labels(e: Evidence) -> pd.Series:
    row = np.searchsorted(e.labels["id"].to_numpy(), e.predictions["id"].to_numpy())
    return e.labels["arr_delay"].iloc[row].reset_index(drop=True)
