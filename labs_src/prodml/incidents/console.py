"""A console to investigate incidents by hand: choose what to look at, then close the incident and learn the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from prodml import plots
from prodml.controls import column, menu
from prodml.explorers import explorer
from prodml.grading import grading
from prodml.incidents.evidence import Evidence, Incident, Truth
from prodml.incidents.families import ACTIONS, FAMILIES, FEATURES
from prodml.incidents.scoring import marks
from prodml.output import in_notebook, show, text_of

if TYPE_CHECKING:
    import pandas as pd

DASHBOARD = {
    "requests": "requests per hour", "failed": "share that failed", "latency": "99th percentile (ms)",
    "mean_prediction": "mean prediction (min)", "alerted": "share alerted", "labels": "labels that came per hour",
    "mae": "mean absolute error (min)",
}  # fmt: skip
LOGS = {
    **{name: f"mean {name}" for name in FEATURES}, "missing weather": "share without temp", "lag": "mean lag (s)",
    "prediction − replay": "mean difference (min)", "label − replay": "mean difference (min)",
}  # fmt: skip
TABLES = ("deploys", "upstream", "versions")
SLICES = ("all", "origin", "carrier", "host")
MOST_LINES = 6
BIN = np.timedelta64(6, "h")


def console(incidents: Sequence[Incident]) -> None:
    """Show an explorer over the evidence of all `incidents`, and below it a form to close one of them.

    Without widgets (papermill, a viewer) the first picture and a description of the controls are there.
    """
    if grading():
        return

    def look(incident: int, look_at: str, split_by: str) -> None:
        view(incidents[incident - 1].evidence, look_at, split_by)

    numbers = list(range(1, len(incidents) + 1))
    explorer(look, incident=numbers, look_at=[*DASHBOARD, *LOGS, *TABLES], split_by=list(SLICES))
    if in_notebook():
        _form(incidents, numbers)


def view(evidence: Evidence, look_at: str, split_by: str = "all") -> None:
    """One picture or table of the evidence.

    Args:
        look_at: a measure of the dashboard, a feature, a measure of the logs, or one of the tables.
        split_by: "origin", "carrier" or "host" draws a line each (the six most frequent); measures of the dashboard
            cannot be split.
    """
    if look_at in TABLES:
        _table(evidence, look_at)
        return
    fig, ax = plots.figure(f"{look_at}, ten days up to the alarm", x="day, UTC", y={**DASHBOARD, **LOGS}[look_at])
    if look_at in DASHBOARD:
        lines = {look_at: _binned(evidence.metrics["time"], evidence.metrics[look_at])}
    else:
        lines = _split(evidence, look_at, split_by)
    for name, line in lines.items():
        ax.plot(line.index, line.to_numpy(), label=name)
    for at in evidence.deploys["time"].dt.tz_localize(None):
        ax.axvline(at, ymax=0.04, color=plots.INK, linewidth=1)
    if len(lines) > 1:
        plots.label_lines(ax)
    ax.tick_params(axis="x", rotation=30)
    words = "; ".join(
        f"{name}: {line.iloc[:20].mean():.3g} in the first five days, {line.iloc[-4:].mean():.3g} in the last"
        for name, line in lines.items()
    )
    plots.show(fig, alt=f"{look_at} in steps of six hours. {words}. Ticks at the bottom are deploys.")


def closed(diagnosis: dict[str, Any], truth: Truth) -> str:
    """What the form says when an incident is closed: the truth, and how much of it was found."""
    right = marks({**diagnosis, "since": truth.since}, truth)
    found = [part for part in ("cause", "where", "action") if right[part]]
    since = "" if truth.since is None else f" since {truth.since:%d %B %H:%M} UTC"
    true = f"{truth.cause}, {truth.where}{since}: {FAMILIES[truth.cause].story} Right action: {truth.action}."
    return f"You found {', '.join(found) or 'none of it'}. It was {true}"


def _split(e: Evidence, look_at: str, split_by: str) -> dict[str, pd.Series]:
    import pandas as pd

    if look_at in FEATURES or look_at == "lag":
        values = e.requests[look_at]
    elif look_at == "missing weather":
        values = e.requests["temp"].isna().astype(float)
    elif look_at == "prediction − replay":
        values = e.predictions["prediction"] - e.predictions["replayed"]
    else:
        row = np.searchsorted(e.labels["id"].to_numpy(), e.predictions["id"].to_numpy())
        values = e.labels["arr_delay"].iloc[row].reset_index(drop=True) - e.predictions["replayed"]
    time = e.requests["time"]
    if split_by == "all":
        return {look_at: _binned(time, values)}
    slices = pd.Series(e.requests[split_by].astype(str))
    names = slices.value_counts().index[:MOST_LINES]
    return {name: _binned(time[slices == name], values[slices == name]) for name in names}


def _binned(time: Any, values: Any) -> pd.Series:
    import pandas as pd

    return pd.Series(np.asarray(values, float), index=pd.DatetimeIndex(time).floor("6h")).groupby(level=0).mean()


def _table(e: Evidence, name: str) -> None:
    if name == "versions":
        p = e.predictions.assign(host=e.requests["host"])
        grouped = p.groupby(["model", "code"], observed=True, as_index=False)
        table = grouped.agg(
            first=("time", "min"), last=("time", "max"), requests=("id", "size"), hosts=("host", "nunique")
        )
    else:
        table = getattr(e, name)
    show(table.to_string(index=False), table.to_html(index=False, border=0, escape=True))


def _form(incidents: Sequence[Incident], numbers: list[int]) -> None:
    import ipywidgets as widgets

    places = list(dict.fromkeys(place for family in FAMILIES.values() for place in family.places))
    which, cause = menu("close incident", numbers), menu("cause", list(FAMILIES))
    where, action = menu("where", places), menu("action", list(ACTIONS))
    button, said = widgets.Button(description="Close it"), widgets.HTML()

    def close(_: Any) -> None:
        chosen = {"cause": cause.value, "where": where.value, "action": action.value}
        words = closed(chosen, incidents[which.value - 1].truth)
        said.value = f'<p role="status">{text_of(words)}</p>'

    button.on_click(close)
    column([which, cause, where, action, button, said], "(a form to close an incident, in a running notebook)")
