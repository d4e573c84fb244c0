"""Timelines as pictures: one, or several beside one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prodml.fast.inputs.timeline import epoch_seconds, training_share
from prodml.lab import plots

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

GROUPS = (("open", "read"), ("transform",), ("train",))  # steps that share lanes
COLOURS = {"open": plots.PURPLE, "read": plots.ORANGE, "transform": plots.SKY, "train": plots.GREEN}
Lane = tuple[tuple[str, ...], int]


def draw(timeline: pd.DataFrame, title: str, until: float | None = None) -> None:
    """Show a timeline: one row per lane, reading above, training below.

    Args:
        until: seconds to show; None for all. Give two timelines the same to compare them.
    """
    lanes = _lanes(timeline)
    fig, ax = plots.figure(title, x="seconds", figsize=(7.0, 0.9 + 0.2 * len(lanes)))
    _bars(ax, timeline, lanes)
    ax.set_yticks(range(len(lanes)), [_lane_name(*lane) for lane in reversed(lanes)])
    ax.set_xlim(0, until or epoch_seconds(timeline))
    plots.show(fig, alt=f"{title}. {_in_words(timeline)}")


def draw_several(
    timelines: Mapping[str, pd.DataFrame],
    title: str,
    until: Mapping[str, float] | None = None,
    note: Mapping[str, str] | None = None,
) -> None:
    """Show timelines in two columns, each with its name, its seconds and a note.

    Args:
        until: name → seconds to show; None for all of each.
        note: name → words that stand beside the name.
    """
    rows = -(-len(timelines) // 2)
    fig, whole = plots.figure("", figsize=(9.0, 0.5 + 0.95 * rows))
    whole.remove()
    fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    axes = fig.subplots(rows, 2, squeeze=False).ravel()
    for ax, (name, timeline) in zip(axes, timelines.items(), strict=False):
        _bars(ax, timeline, _lanes(timeline))
        said = f" · {note[name]}" if note else ""
        ax.set_title(f"{name}{said} · {epoch_seconds(timeline):.2f} s", fontsize=10)
        ax.set_yticks([])
        ax.set_xlim(0, until[name] if until else epoch_seconds(timeline))
    for ax in axes[len(timelines) :]:
        ax.remove()
    words = (f"{name}{f' ({note[name]})' if note else ''}: {_in_words(t)}" for name, t in timelines.items())
    plots.show(fig, alt=f"{title}. {' '.join(words)}")


def _lanes(timeline: pd.DataFrame) -> list[Lane]:
    return [
        (group, lane)
        for group in GROUPS
        for lane in sorted(timeline.loc[timeline["step"].isin(group), "lane"].unique())
    ]


def _bars(ax: Axes, timeline: pd.DataFrame, lanes: list[Lane]) -> None:
    for row, (group, lane) in enumerate(reversed(lanes)):
        for step in group:
            work = timeline[(timeline["step"] == step) & (timeline["lane"] == lane)]
            bars = list(zip(work["start"], work["end"] - work["start"], strict=True))
            ax.broken_barh(bars, (row - 0.42, 0.84), color=COLOURS[step], edgecolor="white", linewidth=0.2)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")


def _in_words(timeline: pd.DataFrame) -> str:
    lanes = _lanes(timeline)
    counts = [f"{sum(g == group for g, _ in lanes)} of {group[-1]}" for group in dict.fromkeys(g for g, _ in lanes)]
    shares = f"{epoch_seconds(timeline):.2f} s, training {training_share(timeline):.0%} of them"
    return f"Timeline with lanes: {', '.join(counts)}. {shares}."


def _lane_name(group: tuple[str, ...], lane: int) -> str:
    """Named once per step; what the colours are, the names say in the order of time."""
    return ", ".join(group) if lane == 0 else ""
