"""An error's way from offline to online as floating bars: what each cause adds, and where it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prodml.lab import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"data": plots.BLUE, "pipelines": plots.RED, "feedback": plots.ORANGE}
GAP = 0.5  # between two ways in one picture, in places of a bar
HALF = 0.4  # of a bar


@dataclass(frozen=True)
class Way:
    """Attributes:
    offline: mean absolute error on flights held out, in minutes.
    cost: cause → minutes that it adds, signed, in the order of the walk.
    twice_se: cause → two standard errors, in minutes; what is not named gets no bar of error.
    """

    offline: float
    cost: Mapping[str, float]
    twice_se: Mapping[str, float] = field(default_factory=dict)

    @property
    def online(self) -> float:
        """Where the walk ends: offline and all costs."""
        return self.offline + sum(self.cost.values())

    @property
    def words(self) -> str:
        """The walk as text, for who cannot see it."""
        causes = [f"{name} {signed(x)}{self._more_or_less(name)}" for name, x in self.cost.items()]
        return f"offline {self.offline:.1f}, {', '.join(causes)}, online {self.online:.1f} minutes"

    def _more_or_less(self, name: str) -> str:
        return f" ± {self.twice_se[name]:.1f}" if name in self.twice_se else ""


def show_waterfall(title: str, ways: Mapping[str, Way]) -> None:
    """Show one way or several side by side, to one scale of minutes.

    Args:
        title: the finding. ways: name → way; a single one's name is only spoken.
    """
    fig, ax = plots.figure(title, "", "mean absolute error (min)", figsize=(7, 3.1))
    ticks: dict[float, str] = {}
    for name, way in ways.items():
        first = max(ticks) + 1 + GAP if ticks else 0.0
        ticks |= _draw(ax, way, first)
        if len(ways) > 1:
            ax.text(first - HALF, 1.0, name, transform=ax.get_xaxis_transform(), va="top", weight="bold")
    ax.set_xticks(list(ticks), list(ticks.values()), fontsize=10.5 if len(ways) == 1 else 8)
    ax.margins(y=0.16)
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]))
    spoken = "; ".join(f"{name}: {way.words}" for name, way in ways.items())
    plots.show(fig, alt=f"Waterfall of the error. {spoken}.")


def signed(x: float) -> str:
    """+1.5 or −1.5, with a true minus sign; what is nearly nothing is +0.0."""
    return f"{round(x, 1) + 0.0:+.1f}".replace("-", "−")


def _draw(ax: Axes, way: Way, first: float) -> dict[float, str]:
    """Draw a way's bars from the place `first` on; returns place → label."""
    ax.bar(first, way.offline, color=plots.GREY)
    _label(ax, first, way.offline, f"{way.offline:.1f}")
    ticks, height = {first: "offline"}, way.offline
    for place, (name, added) in enumerate(way.cost.items(), start=1):
        at, top = first + place, max(height, height + added)
        spread = way.twice_se.get(name)
        _join(ax, at, height)
        ax.bar(at, added, bottom=height, color=COLOURS.get(name, plots.GREEN), yerr=spread, capsize=3, ecolor=plots.INK)
        _label(ax, at, top + (spread or 0), signed(added))
        ticks[at], height = name, height + added
    last = first + len(way.cost) + 1
    _join(ax, last, height)
    ax.bar(last, height, color=plots.GREY)
    _label(ax, last, height, f"{height:.1f}")
    return {**ticks, last: "online"}


def _join(ax: Axes, at: float, height: float) -> None:
    """A thin line from the bar before the place `at` to its own."""
    ax.plot([at - 1 + HALF, at - HALF], [height, height], color=plots.GREY, linewidth=1)


def _label(ax: Axes, x: float, y: float, text: str) -> None:
    ax.annotate(text, (x, y), (0, 3), textcoords="offset points", ha="center", va="bottom")
