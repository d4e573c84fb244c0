"""A console to investigate incidents by hand: look around, mark an onset, close the incident, learn the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from prodml.adapt.incidents import views
from prodml.adapt.incidents.closing import UNKNOWN, closed
from prodml.adapt.incidents.evidence import Evidence, Incident
from prodml.adapt.incidents.families import ACTIONS, FAMILIES, SEVERITIES
from prodml.adapt.incidents.measures import DASHBOARD, LOGS
from prodml.adapt.incidents.scoring import score
from prodml.grading import grading
from prodml.lab.controls import NAME_SLIDERS, column, menu, row, slider
from prodml.lab.output import in_notebook, show, text_of
from prodml.lab.pictures import drawn

if TYPE_CHECKING:
    import pandas as pd

TABLES = ("changes", "versions", "newest requests")
LOOKS = ("overview", *DASHBOARD, *LOGS, *TABLES)
HOURS = 120  # how far before the alarm an onset can be marked
NEAR = 6  # hours before the mark in which changes are listed


def console(incidents: Sequence[Incident]) -> None:
    """Show the evidence of `incidents`, one at a time, and a form to close the one that is shown.

    Without widgets (papermill, a viewer) the first picture and a description of the controls are there.
    """
    if grading():
        return
    if not in_notebook():
        view(incidents[0].evidence, LOOKS[0])
        return
    from IPython.display import display

    numbers = list(range(1, len(incidents) + 1))
    which, look_at = menu("incident", numbers), menu("look at", list(LOOKS))
    split_by, window = menu("split by", list(views.SPLITS)), menu("window", list(views.WINDOWS))
    mark = slider("onset: hours before the alarm", 0, HOURS, 0)
    first = drawn(view, {"evidence": incidents[0].evidence, "look_at": LOOKS[0]})
    column([row([which, look_at, split_by, window]), mark], _in_words(numbers))
    place = display({**first, "text/html": first["text/html"] + NAME_SLIDERS}, raw=True, display_id=True)

    def redraw(_: Any = None) -> None:
        evidence = incidents[which.value - 1].evidence
        days = views.WINDOWS[window.value]
        place.update(drawn(view, {
            "evidence": evidence, "look_at": look_at.value, "split_by": split_by.value, "days": days,
            "mark": evidence.now - _hours(mark.value) if mark.value else None,
        }), raw=True)  # fmt: skip

    for widget in (which, look_at, split_by, window, mark):
        widget.observe(redraw, names="value")
    _form(incidents, which, mark)


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
    lead = [(mark - time) / _hours(1) for time in at]
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
        last = e.requests.tail(12).drop(columns=["id", "dest"])
        _html(last.assign(**e.predictions[["prediction", "replayed", "alerted"]].tail(12)))


def _html(table: pd.DataFrame) -> None:
    short = table.copy()
    for name in short.select_dtypes("datetime"):
        short[name] = short[name].dt.strftime("%m-%d %H:%M:%S")
    show(short.to_string(index=False), short.to_html(index=False, border=0, escape=True))


def _form(incidents: Sequence[Incident], which: Any, mark: Any) -> None:
    """The form below the picture; it closes the incident that is chosen above."""
    import ipywidgets as widgets

    cause, where = menu("cause", [UNKNOWN, *FAMILIES]), menu("where", ["nowhere"])
    action, severity = menu("action", list(ACTIONS)), menu("severity", ["none", *reversed(SEVERITIES)])
    button = widgets.Button(layout=widgets.Layout(width="24em"))
    said, words = widgets.HTML(), widgets.HTML()
    points: dict[int, float] = {}

    def onset() -> Any:
        return incidents[which.value - 1].evidence.now - _hours(mark.value) if mark.value else None

    def follow(_: Any = None) -> None:
        button.description = f"Close incident {which.value}"
        since = onset()
        marked = "none, as no onset is marked above" if since is None else f"{since:%-d %B, %H:%M} UTC, as marked above"
        words.value, said.value = f"since: {marked}", ""

    def places(_: Any) -> None:
        where.options = FAMILIES[cause.value].places if cause.value in FAMILIES else ["nowhere"]

    def close(_: Any) -> None:
        chosen = {
            "cause": cause.value,
            "where": where.value,
            "since": onset(),
            "action": action.value,
            "severity": severity.value,
        }
        points.setdefault(which.value, score(chosen, incidents[which.value - 1].truth))
        _, markup = closed(chosen, incidents[which.value - 1].truth)
        mean = 100 * sum(points.values()) / len(points)
        foot = f"{len(points)} closed so far: {mean:.0f} points on average (first answers count)."
        said.value = f'<div role="status">{markup}<p>{foot}</p></div>'

    for widget in (which, mark):
        widget.observe(follow, names="value")
    cause.observe(places, names="value")
    button.on_click(close)
    follow()
    column(
        [row([cause, where, action, severity]), words, button, said],
        "(a form to close the incident, in a running notebook)",
    )


def _in_words(numbers: list[int]) -> str:
    return (
        f"Controls, in a running notebook: incident {numbers[0]} to {numbers[-1]}; look at: {', '.join(LOOKS)}; "
        f"split by: {', '.join(views.SPLITS)}; window: {', '.join(views.WINDOWS)}; onset: hours before the alarm."
    )


def _hours(n: float) -> Any:
    return np.timedelta64(round(n * 3600), "s")
