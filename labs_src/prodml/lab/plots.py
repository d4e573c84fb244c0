"""Plots in one style, right on a light and on a dark ground, and always a text for who cannot see.

A picture is drawn once, dark on white. In JupyterLab's dark theme a rule of CSS inverts it: white becomes the theme's
ground, ink becomes light, and hues stay. Where that rule is not (an untrusted notebook, GitHub), it stays as drawn.
"""

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

# The hues of Okabe and Ito (2008), Color universal design, as dark as a contrast of 3:1 on white takes, and not darker
# than 3:1 in the dark theme leaves. YELLOW is dark here and light there. GREY is for what is only compared with.
# As text: INK, BLACK, BLUE, GREY, RED and YELLOW (4.5:1).
BLACK, GREY = "#000000", "#767676"
BLUE, SKY, GREEN = "#0072B2", "#449AD0", "#0DA06A"
RED, ORANGE, YELLOW, PURPLE = "#C65300", "#CE8100", "#565100", "#C77AAE"
COLOURS = (BLUE, ORANGE, GREEN, RED, SKY, YELLOW, PURPLE, GREY, BLACK)
INK = "#222222"

# invert(.933) makes white #111, the ground of JupyterLab Dark; the rotation gives each colour its hue back.
THEMED = '<style>[data-jp-theme-light="false"] .prodml-picture{filter:invert(.933) hue-rotate(180deg)}</style>'
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
        _fit_titles(fig)
        output.show(alt, _image(fig, alt))
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)


def picture(png: bytes, alt: str, width: int | None = None) -> str:
    """HTML of a picture that follows the theme.

    Args:
        png: drawn dark on white.
        width: in CSS pixels, if there is room; None for the picture's own.
    """
    data = base64.b64encode(png).decode()
    size = "" if width is None else f' width="{width}"'
    shape = 'class="prodml-picture" style="max-width:100%;height:auto;background:white"'
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt)}"{size} {shape}>{THEMED}'


def _fit_titles(fig: Figure) -> None:
    """Break a title that is wider than its axes, which long labels beside them have made narrow."""
    fig.draw_without_rendering()
    for ax in fig.axes:
        title = ax.get_title(loc="left")
        width = int(ax.get_position().width * fig.get_figwidth() * TITLE_CHARACTERS_PER_INCH)
        if max(map(len, title.splitlines()), default=0) > max(width, 20):
            ax.set_title(textwrap.fill(title, max(width, 20)))


def _image(fig: Figure, alt: str) -> str:
    file = io.BytesIO()
    fig.savefig(file, format="png", dpi=PIXELS_PER_INCH, metadata={"Software": None})
    return picture(file.getvalue(), alt, round(fig.get_figwidth() * CSS_PIXELS_PER_INCH))
