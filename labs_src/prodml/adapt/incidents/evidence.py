"""What an on-call engineer has, and what only the generator knows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """Ten days of a service that predicts arrival delays, up to 9:05 in New York. The first five days are healthy.

    Times are in UTC unless said. The logs hold a third of the requests.

    Attributes:
        now: when the alarm rang.
        metrics: one row per hour: `requests`, `failed` (share), `latency` (99th percentile, ms), `mean_prediction`
            (min), `alerted` (share), `labels` (that came in that hour), `mae` (min; of the flights of that hour
            whose labels have come; NaN if none).
        requests: feature log, a row per request in the order of time: `id` (the flight), `time`, `carrier`,
            `origin`, `dest`, `host`, `lag` (seconds from the departure to the request) and the features as the
            model got them.
        predictions: a row per request, in the same order: `id`, `time`, `model` and `code` (versions, as the host
            reports them), `prediction` (min, NaN where it failed), `replayed` (min: a nightly job's, from the
            logged features by the newest model and the training code), `alerted`.
        labels: a row per flight: `id`, `time` (of departure), `arr_delay` (min) and `arrived`; NaN and NaT while
            the label has not come.
        deploys: ours: `id`, `time` (UTC, with its zone), `component`, `version`, `status` ("done" or "failed").
        upstream: notices of producers: `id`, `announced` and `effective` (**local time of New York**, without a
            zone), `feed`, `note`.
    """

    now: pd.Timestamp
    metrics: pd.DataFrame
    requests: pd.DataFrame
    predictions: pd.DataFrame
    labels: pd.DataFrame
    deploys: pd.DataFrame
    upstream: pd.DataFrame


@dataclass(frozen=True)
class Truth:
    """What happened: the right answer.

    Attributes:
        cause: a name of `FAMILIES`. where: a place of that family. since: UTC; None if the cause is "nothing".
        action: a name of `ACTIONS`. hard: a small share of the rows, hours instead of days, herrings close by.
        severity: a name of `SEVERITIES`, or "none". wrong_alerts: of 100 flights since the onset, those that are
            alerted because of the fault, or would have been without it.
    """

    cause: str
    where: str
    since: pd.Timestamp | None
    action: str
    hard: bool
    severity: str = "none"
    wrong_alerts: float = 0.0


@dataclass(frozen=True)
class Incident:
    """Evidence with its truth, and the seed that both were drawn from."""

    evidence: Evidence
    truth: Truth
    seed: int


def digest(incident: Incident) -> str:
    """SHA-256 of all that the incident holds, as hexadecimal digits: equal for equal incidents only."""
    from pandas import DataFrame
    from pandas.util import hash_pandas_object

    made = hashlib.sha256(repr(incident.truth).encode())
    for field in fields(incident.evidence):
        part = getattr(incident.evidence, field.name)
        if isinstance(part, DataFrame):
            made.update(repr([(name, str(part[name].dtype)) for name in part]).encode())
            made.update(hash_pandas_object(part, categorize=False).to_numpy().tobytes())
        else:
            made.update(repr(part).encode())
    return made.hexdigest()
