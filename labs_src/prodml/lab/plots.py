"""Plots in one style: colours that colour-blind readers can tell apart, and always a text for who cannot see."""

from __future__ import annotations

import base64
import html
import io
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from prodml.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008), Color universal design; grey for what is only compared with.
BLACK, GREY = "#000000", "#999999"
BLUE, SKY, GREEN = "#0072B2", "#56B4E9", "#009E73"
RED, ORANGE, YELLOW, PURPLE = "#D55E00", "#E69F00", "#F0E442", "#CC79A7"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, GREY, BLACK)
INK = "#222222"

PIXELS_PER_INCH = 144
CSS_PIXELS_PER_INCH = 96
TITLE_CHARACTERS_PER_INCH = 11  # at the title's size, on average

STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "figure.facecolor": "white",
    "figure.figsize": (7.0, 3.6),
    "font.size": 10.5,
    "grid.color": "#E5E5E5",
    "image.cmap": "cividis",
    "legend.frameon": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def use_style() -> None:
    """Make this style matplotlib's default in this process."""
    import matplotlib as mpl
    from cycler import cycler

    mpl.rcParams.update({**STYLE, "axes.prop_cycle": cycler(color=COLOURS)})


def figure(title: str, x: str = "", y: str = "", **options: Any) -> tuple[Figure, Axes]:
    """A figure with one pair of axes. Only `show` displays it, not the end of a cell.

    Args:
        title: the finding, in words; a long one is wrapped.
        x, y: labels of the axes, with units.
        options: of `matplotlib.figure.Figure`, such as `figsize=(width, height)` in inches.
    """
    from matplotlib.figure import Figure

    use_style()
    fig = Figure(**{"layout": "constrained", **options})
    ax = fig.subplots()
    ax.set_title(textwrap.fill(title, int(fig.get_figwidth() * TITLE_CHARACTERS_PER_INCH)))
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    return fig, ax


def label_lines(ax: Axes) -> None:
    """Write each line's label at its right end, where it reads better than in a legend; labels are kept apart."""
    import numpy as np

    ends: list[tuple[float, float, str]] = []
    for line in ax.get_lines():
        points = np.asarray(line.get_xydata(), dtype=float)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) and not str(line.get_label()).startswith("_"):
            ends.append((points[-1, 1], points[-1, 0], str(line.get_label())))
    low, high = ax.get_ylim()
    apart = 0.07 * (high - low)
    lowest = -np.inf
    for y, x, label in sorted(ends):
        height = max(y, lowest)
        lowest = height + apart
        ax.annotate(label, (x, height), (5, 0), textcoords="offset points", va="center", annotation_clip=False)


def show(fig: Figure, *, alt: str) -> None:
    """Show a figure as a picture, and close it.

    Args:
        alt: what the picture shows, for those who cannot see it, and where pictures cannot be shown.

    Raises:
        UsageError: `alt` is empty.
    """
    from prodml.grading import grading
    from prodml.lab import output

    if not alt.strip():
        raise UsageError("plots.show: alt is empty.", "Say in a sentence what the picture shows.")
    if not grading():
        output.show(alt, _image(fig, alt))
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)


def _image(fig: Figure, alt: str) -> str:
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
    data = base64.b64encode(file.getvalue()).decode()
    width = round(fig.get_figwidth() * CSS_PIXELS_PER_INCH)
    style = "max-width:100%;height:auto;background:white"
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}" width="{width}" style="{style}">'
