"""Pictures of an incident's evidence: the dashboard, one measure by slice, all slices at once, and what changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from prodml.adapt.incidents.evidence import Evidence
from prodml.adapt.incidents.families import CARRIERS, COMPONENTS, HOSTS, ORIGINS
from prodml.adapt.incidents.measures import DASHBOARD, LOGS, of_rows, slices
from prodml.lab import plots

SPLITS = ("all", "origin", "carrier", "host", "every slice")
WINDOWS = {"10 days": 10.0, "3 days": 3.0, "36 hours": 1.5}
MOST_LINES = 6
LOUDEST = 6.0  # standard deviations at which a heat map's colour ends
WIDE = 7.0  # inches
BAND = 0.18  # how opaque the band of usual values is
MARKED = plots.RED
SHORT = {"mean_prediction": "prediction", "mae": "error"}


def overview(e: Evidence, days: float, mark: Any = None) -> None:
    """All measures of the dashboard in one column, each over what is usual at that hour."""
    from matplotlib.figure import Figure

    plots.use_style()
    fig = Figure(figsize=(WIDE, 4.7), layout="constrained")
    fig.suptitle(
        "The dashboard. Band: usual at that hour; ticks: deploys below, notices above", x=0.01, ha="left", fontsize=11
    )
    words = []
    axes = fig.subplots(len(DASHBOARD), 1, sharex=True)
    for ax, name in zip(axes, DASHBOARD, strict=True):
        line = binned(e.metrics["time"], e.metrics[name], days)
        low, high = usual(line, e)
        here = line.index >= line.index[-1] - np.timedelta64(round(days * 24), "h")
        ax.fill_between(line.index[here], low[here], high[here], color=plots.BLUE, alpha=BAND, linewidth=0)
        ax.plot(line.index[here], line[here], color=plots.BLUE, linewidth=1.3)
        ax.set_ylabel(SHORT.get(name, name), rotation=0, ha="right", va="center")
        ax.yaxis.set_major_locator(_few())
        ax.tick_params(axis="y", labelsize=8)
        _changes(ax, e, days, mark, share=0.2)
        outside = int(((line > high) | (line < low))[-round(24 / _hours(days)) :].sum())
        words.append(f"{name}: {_before_and_now(line, days)}, {outside} of the last day's steps out of the usual")
    _dates(axes[-1:])
    plots.show(fig, alt=f"The dashboard in steps of {_hours(days)} hours. {'; '.join(words)}.")


def measure(e: Evidence, look_at: str, split_by: str, days: float, mark: Any = None) -> None:
    """One measure over time, a line per slice (the six most frequent)."""
    title = f"{look_at}, up to the alarm"
    fig, ax = plots.figure(title, y={**DASHBOARD, **LOGS}[look_at], figsize=(WIDE, 3.6))
    words = []
    for name, line in _lines(e, look_at, split_by, days).items():
        here = line.index >= line.index[-1] - np.timedelta64(round(days * 24), "h")
        if split_by == "all":
            low, high = usual(line, e)
            ax.fill_between(line.index[here], low[here], high[here], color=plots.BLUE, alpha=BAND, linewidth=0)
        ax.plot(line.index[here], line[here].to_numpy(), label=name)
        words.append(f"{name}: {_before_and_now(line, days)}")
    _changes(ax, e, days, mark)
    if len(words) > 1:
        plots.label_lines(ax)
    _dates([ax])
    plots.show(fig, alt=f"{look_at} in steps of {_hours(days)} hours. {'; '.join(words)}.")


def every_slice(e: Evidence, look_at: str, days: float, mark: Any = None) -> None:
    """A row per host, airport and carrier: how far the measure is from this slice's own healthy days."""
    import pandas as pd

    off, sizes = {}, {}
    for column, names in (("host", HOSTS), ("origin", ORIGINS), ("carrier", CARRIERS)):
        counts = _lines(e, "requests", column, days, names)
        for name, line in _lines(e, look_at, column, days, names).items():
            off[f"{column}={name}"], sizes[f"{column}={name}"] = _off(line, e), counts[name]
    least = max((float(line.abs().max()) for line in off.values()), default=0.0) / (2 * LOUDEST)
    rows = {name: _deviation(line, sizes[name], e, least) for name, line in off.items()}
    table: Any = pd.DataFrame(rows).T
    table = table.loc[:, table.columns >= table.columns[-1] - np.timedelta64(round(days * 24), "h")]
    lately = table.iloc[:, -round(24 / _hours(days)) :].mean(axis=1)
    loudest = lately.abs().sort_values(ascending=False).index[:3]
    title = f"{look_at}: no slice is far from its usual in the last day"
    if abs(lately[loudest[0]]) > 2:
        title = f"{look_at}: the last day is oddest for {loudest[0]} ({lately[loudest[0]]:+.1f})"
    fig, ax = plots.figure(title, figsize=(WIDE, 4.2))
    ax.grid(visible=False)
    step = np.timedelta64(_hours(days), "h")
    edges = np.append(table.columns.to_numpy(), table.columns.to_numpy()[-1] + step)
    colours = ax.pcolormesh(edges, np.arange(len(table) + 1), table, cmap="PuOr_r", vmin=-LOUDEST, vmax=LOUDEST)
    ax.set_yticks(np.arange(len(table)) + 0.5, list(table.index))
    ax.invert_yaxis()
    fig.colorbar(colours, ax=ax, label="standard deviations of healthy days", pad=0.01)
    _changes(ax, e, days, mark)
    _dates([ax])
    said = "; ".join(f"{name} {lately[name]:+.1f}" for name in loudest)
    plots.show(fig, alt=f"{look_at} by slice, in healthy standard deviations. Oddest in the last day: {said}.")


def changes(e: Evidence, days: float, mark: Any = None, near: Any = (), title: str = "") -> None:
    """Deploys and notices on one clock, in a lane per component and feed.

    Args:
        near: names of changes to write large. title: instead of the usual one.
    """
    lanes = [*COMPONENTS, "weather", "flights"]
    fig, ax = plots.figure(title or "What changed: deploys above, producers' notices below", figsize=(WIDE, 3.6))
    start = e.now - np.timedelta64(round(days * 24), "h")
    deploys: Any = e.deploys.assign(at=e.deploys["time"].dt.tz_localize(None))
    shown = []
    for row in deploys[deploys["at"] >= start].itertuples():
        done, lane = row.status == "done", lanes.index(row.component)
        ax.plot(row.at, lane, "o" if done else "x", color=plots.BLUE if done else plots.GREY, markersize=7)
        shown.append((lane, row.at, row.id))
    for row in in_utc(e.upstream).itertuples():
        lane = lanes.index(row.feed)
        if row.effective >= start:
            ax.plot([max(row.announced, start), row.effective], [lane, lane], color=plots.PURPLE, linewidth=1)
            ax.plot(row.effective, lane, "D", color=plots.PURPLE, markersize=6)
            shown.append((lane, row.effective, row.id))
    _names(ax, shown, days, near)
    ax.axhline(len(COMPONENTS) - 0.5, color=plots.GREY, linewidth=0.8)
    ax.set_yticks(range(len(lanes)), lanes)
    ax.set_ylim(len(lanes) - 0.4, -0.8)
    _window(ax, e, days)
    if mark is not None:
        ax.axvline(mark, color=MARKED, linestyle="--")
    _dates([ax])
    large = f" Marked: {', '.join(near)}." if len(near) else ""
    words = f"{len(shown)} deploys and notices in UTC; failed deploys are crosses.{large}"
    plots.show(fig, alt=f"{title or 'What changed'}. {words}")


def _names(ax: Any, shown: list[tuple[int, Any, str]], days: float, near: Any) -> None:
    """Write each change's name above it, or below it where the one before in its lane is too close."""
    last: dict[int, tuple[Any, int]] = {}
    for lane, at, name in sorted(shown, key=lambda one: (one[0], one[1])):
        before, height = last.get(lane, (None, 6))
        crowded = before is not None and at - before < np.timedelta64(round(days * 24 * 0.045 * 60), "m")
        height = -14 if crowded and height > 0 else 6
        last[lane] = (at, height)
        style = {"fontsize": 12, "fontweight": "bold"} if name in near else {"fontsize": 9}
        ax.annotate(name, (at, lane), (0, height), textcoords="offset points", ha="center", **style)


def in_utc(upstream: Any) -> Any:
    """The producers' notices with `announced` and `effective` in UTC, without a zone."""
    times = {
        name: upstream[name]
        .dt.tz_localize("America/New_York", ambiguous=True, nonexistent="shift_forward")
        .dt.tz_convert("UTC")
        .dt.tz_localize(None)
        for name in ("announced", "effective")
    }
    return upstream.assign(**times)


def binned(time: Any, values: Any, days: float, count: bool = False) -> Any:
    """Means of steps, short ones where few days are shown; or how many there are."""
    import pandas as pd

    steps: Any = pd.Series(np.asarray(values, float), index=pd.DatetimeIndex(time).floor(f"{_hours(days)}h"))
    groups = steps.groupby(level=0)
    return groups.size().astype(float) if count else groups.mean()


def usual(line: Any, e: Evidence) -> tuple[Any, Any]:
    """Per step, the lowest and highest value of the five healthy days at that time of day."""
    early = line[line.index < e.metrics["time"].iloc[0] + np.timedelta64(5, "D")]
    by_hour = early.groupby(early.index.hour)
    low, high = by_hour.min(), by_hour.max()
    hours = line.index.hour.to_series(index=line.index)
    return hours.map(low), hours.map(high)


def _off(line: Any, e: Evidence) -> Any:
    """How far each step is from the healthy days at that hour."""
    early = line.index < e.metrics["time"].iloc[0] + np.timedelta64(5, "D")
    hour = line.index.hour
    return line - hour.to_series(index=line.index).map(line[early].groupby(hour[early]).mean())


def _deviation(off: Any, counts: Any, e: Evidence, least: float) -> Any:
    """In healthy standard deviations; steps of few requests may be farther off.

    Args:
        least: for measures that healthy days hardly move: the smallest standard deviation, so that what is loudest of
            all slices stays louder than the slices that only hold a part of it.
    """
    early = off.index < e.metrics["time"].iloc[0] + np.timedelta64(5, "D")
    usual_spread = max(float(off[early].std()) * 1.25, least, 1e-6)  # five days' own mean makes it look smaller
    spread = usual_spread * np.sqrt((counts[early].median() / counts).clip(lower=1))
    return (off / spread).clip(-2 * LOUDEST, 2 * LOUDEST)


def _lines(e: Evidence, look_at: str, split_by: str, days: float, names: Any = None) -> dict[str, Any]:
    if look_at in ("latency", "labels"):
        return {look_at: binned(e.metrics["time"], e.metrics[look_at], days)} if split_by == "all" else {}
    time, values = of_rows(e, look_at)
    count = look_at == "requests"
    if split_by == "all":
        return {look_at: binned(time, values, days, count)}
    of = slices(e, split_by)
    names = of.value_counts().index[:MOST_LINES] if names is None else [n for n in names if (of == n).any()]
    return {name: binned(time[of == name], values[of == name], days, count) for name in names}


def _hours(days: float) -> int:
    return {10.0: 6, 3.0: 2}.get(days, 1)


def _before_and_now(line: Any, days: float) -> str:
    day = round(24 / _hours(days))
    return f"{line.iloc[: 5 * day].mean():.3g} in the first five days, {line.iloc[-day:].mean():.3g} in the last"


def _changes(ax: Any, e: Evidence, days: float, mark: Any, share: float = 0.07) -> None:
    """Ticks at the bottom: deploys that were done; at the top: notices, when they took effect.

    Args:
        share: how long a tick is, of the height.
    """
    start = e.now - np.timedelta64(round(days * 24), "h")
    done = e.deploys.loc[e.deploys["status"] == "done", "time"].dt.tz_localize(None)
    for at in done[done >= start]:
        ax.axvline(at, ymax=share, color=plots.INK, linewidth=1.4)
    effective = in_utc(e.upstream)["effective"]
    for at in effective[(effective >= start) & (effective <= e.now)]:
        ax.axvline(at, ymin=1 - share, color=plots.PURPLE, linewidth=1.4)
    if mark is not None:
        ax.axvline(mark, color=MARKED, linestyle="--", linewidth=1.2)
    _window(ax, e, days)


def _window(ax: Any, e: Evidence, days: float) -> None:
    ax.set_xlim(e.now - np.timedelta64(round(days * 24), "h"), e.now)


def _few() -> Any:
    """Two numbers at an axis, where there is room for no more."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=2)


def _dates(axes: Any) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    for ax in axes:
        locator = AutoDateLocator(maxticks=9)
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        ax.set_xlabel("UTC")
