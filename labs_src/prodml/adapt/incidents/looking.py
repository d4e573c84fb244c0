"""One look at an incident: a picture or a table of its evidence, under a line that says what the alarm says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from prodml.adapt.incidents import views
from prodml.adapt.incidents.evidence import Evidence
from prodml.adapt.incidents.measures import DASHBOARD, LOGS
from prodml.lab.output import show, text_of

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("changes", "versions", "newest requests")
LOOKS = ("overview", *DASHBOARD, *LOGS, *TABLES)
NEAR = 6  # hours before the mark in which changes are listed


def view(
    evidence: Evidence, look_at: str, split_by: str = "all", days: float = 10.0, mark: pd.Timestamp | None = None
) -> None:
    """One picture or table of the evidence, under a line that says what the alarm says.

    Args:
        look_at: one of `LOOKS`: "overview", a measure of the dashboard or of the logs, or a table.
        split_by: "origin", "carrier" or "host" draws a line each (the six most frequent), "every slice" a heat map;
            the overview, the tables, and latency and labels cannot be split.
        days: how much to show, up to the alarm. mark: an onset to draw, UTC; what changed just before is listed.
    """
    _alarm(evidence, mark)
    if look_at == "overview":
        views.overview(evidence, days, mark)
    elif look_at in TABLES:
        _table(evidence, look_at, days, mark)
    elif look_at in ("latency", "labels"):
        views.measure(evidence, look_at, "all", days, mark)
    elif split_by == "every slice":
        views.every_slice(evidence, look_at, days, mark)
    else:
        views.measure(evidence, look_at, split_by, days, mark)


def _alarm(e: Evidence, mark: pd.Timestamp | None) -> None:
    local = e.now.tz_localize("UTC").tz_convert("America/New_York")
    day = e.metrics.iloc[-24:]
    said = (
        f"Alarm: {e.now:%A, %-d %B %Y, %H:%M} UTC ({local:%H:%M} in New York). In the last 24 hours: "
        f"{day['requests'].sum():,.0f} requests in the log, {day['failed'].mean():.1%} failed, "
        f"{day['alerted'].mean():.0%} alerted, {day['labels'].sum():,.0f} labels came."
    )
    lines = [said]
    if mark is not None:
        near = _just_before(e, mark)
        lines.append(f"Your mark: {mark:%-d %B, %H:%M} UTC. In the {NEAR} hours before: {near or 'no change'}.")
    show("\n".join(lines), "".join(f"<p style='margin:0.2em 0'>{text_of(line)}</p>" for line in lines))


def _just_before(e: Evidence, mark: pd.Timestamp) -> str:
    deploys, notices = e.deploys, views.in_utc(e.upstream)
    at = [*deploys["time"].dt.tz_localize(None), *notices["effective"]]
    names = [
        *(f"{d.id} ({d.component}, {d.status})" for d in deploys.itertuples()),
        *(f"{u.id} ({u.feed}, notice)" for u in notices.itertuples()),
    ]
    lead = [(mark - time) / np.timedelta64(3600, "s") for time in at]
    near = sorted((before, name) for before, name in zip(lead, names, strict=True) if 0 <= before <= NEAR)
    return ", ".join(f"{name} {before:.1f} h" for before, name in near)


def _table(e: Evidence, name: str, days: float, mark: pd.Timestamp | None) -> None:
    if name == "changes":
        views.changes(e, days, mark)
        _html(e.deploys.assign(time=e.deploys["time"].dt.strftime("%Y-%m-%d %H:%M UTC")))
        notices = views.in_utc(e.upstream)
        _html(notices.assign(**{c: notices[c].dt.strftime("%Y-%m-%d %H:%M UTC") for c in ("announced", "effective")}))
    elif name == "versions":
        p = e.predictions.assign(host=e.requests["host"])
        grouped = p.groupby(["model", "code"], observed=True, as_index=False)
        _html(
            grouped.agg(first=("time", "min"), last=("time", "max"), requests=("id", "size"), hosts=("host", "nunique"))
        )
    else:
        last = e.requests.tail(12).drop(columns=["id", "dest", "distance", "precip", "pressure"])
        _html(last.assign(**e.predictions[["prediction", "replayed", "alerted"]].tail(12)))


def _html(table: Any) -> None:
    short = table.copy()
    for name in short.select_dtypes("datetime"):
        short[name] = short[name].dt.strftime("%m-%d %H:%M:%S")
    for name in short.select_dtypes("float"):
        short[name] = short[name].round(1)
    markup = short.to_html(index=False, border=0, escape=True)
    show(short.to_string(index=False), f"<div style='overflow-x:auto;font-size:90%'>{markup}</div>")
