"""Are plots alike, readable, and described?"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from nbformat import NotebookNode
from PIL import Image

from prodml.errors import UsageError
from prodml.lab import plots


def test_a_long_title_is_wrapped_not_cut() -> None:
    title = "The popular rule rings every other day with fifty rows and never with a thousand, whatever has happened"
    fig, ax = plots.figure(title)
    assert ax.get_title(loc="left").replace("\n", " ") == title
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    (box,) = [t.get_window_extent(canvas.get_renderer()) for t in fig.findobj(Text) if t.get_text().startswith("The")]
    assert box.x0 >= 0
    assert box.x1 <= fig.bbox.width
    assert box.y1 <= fig.bbox.height


def test_a_title_over_narrow_axes_is_wrapped_to_them(capsys: pytest.CaptureFixture[str]) -> None:
    """Is a title whole where long labels leave the axes half of the figure?"""
    fig, ax = plots.figure("A title that would fit the figure but not what the labels leave of it", figsize=(7, 2))
    ax.barh(["a label that takes nearly half of the figure's width", "b"], [1, 2])
    plots.show(fig, alt="Two bars.")
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    (box,) = [
        t.get_window_extent(canvas.get_renderer()) for t in fig.findobj(Text) if t.get_text().startswith("A title")
    ]
    assert box.x1 <= fig.bbox.width
    assert capsys.readouterr().out == "Two bars.\n"


def test_axes_are_labelled_and_the_figures_size_is_free() -> None:
    fig, ax = plots.figure("t", x="delay (min)", y="flights", figsize=(4, 2))
    assert (ax.get_xlabel(), ax.get_ylabel(), list(fig.get_size_inches())) == ("delay (min)", "flights", [4, 2])


def test_colours_differ_in_lightness_too() -> None:
    """Could a reader tell neighbours in the cycle apart in a grey print?"""

    def lightness(colour: str) -> float:
        red, green, blue = mpl.colors.to_rgb(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    assert len(set(plots.COLOURS)) == len(plots.COLOURS)
    for one, other in zip(plots.COLOURS, plots.COLOURS[1:], strict=False):
        assert abs(lightness(one) - lightness(other)) > 0.03


def test_lines_are_labelled_at_their_ends_and_apart() -> None:
    _, ax = plots.figure("t")
    x = np.arange(5.0)
    for slope, label in ((1, "one"), (1.01, "two"), (3, "three"), (2, "_hidden")):
        ax.plot(x, slope * x, label=label)
    ax.plot([], [], label="empty")
    ax.plot([0, 4, 5], [0, 8, np.nan], label="gap")
    plots.label_lines(ax)
    placed = {t.get_text(): t.xy for t in ax.texts}  # type: ignore[attr-defined]
    assert set(placed) == {"one", "two", "three", "gap"}
    assert placed["gap"][0] == 4
    heights = sorted(y for _, y in placed.values())
    assert min(np.diff(heights)) > 0.5


@pytest.mark.parametrize("alt", ["", "  "])
def test_a_picture_needs_words(alt: str) -> None:
    fig, _ = plots.figure("t")
    with pytest.raises(UsageError, match="alt is empty"):
        plots.show(fig, alt=alt)


def test_outside_of_a_notebook_the_words_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    fig, _ = plots.figure("t")
    plots.show(fig, alt="Two lines cross.")
    assert capsys.readouterr().out == "Two lines cross.\n"


def test_grading_shows_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    fig, _ = plots.figure("t")
    plots.show(fig, alt="Two lines cross.")
    assert capsys.readouterr().out == ""


def test_in_a_kernel_a_picture_has_its_words_and_is_shown_once(kernel: Callable[..., list[NotebookNode]]) -> None:
    cells = kernel(
        "fig, ax = plots.figure('t', figsize=(4, 2))\nax.plot([1, 2])\nplots.show(fig, alt='a < b')",
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nplots.show(fig, alt='old way')\nprint(plt.get_fignums())",
        "import matplotlib\nprint(matplotlib.rcParams['axes.prop_cycle'].by_key()['color'][0])",
    )
    (picture,) = cells[1].outputs
    assert picture.data["text/plain"] == "a < b"
    assert 'alt="a &lt; b"' in picture.data["text/html"]
    data = re.search(r"base64,([^\"]+)", picture.data["text/html"])
    assert data
    assert Image.open(io.BytesIO(base64.b64decode(data[1]))).size == (576, 288)
    assert 'width="384"' in picture.data["text/html"]
    assert [o.output_type for o in cells[2].outputs] == ["display_data", "stream"]
    assert cells[2].outputs[1].text == "[]\n"
    assert cells[3].outputs[0].text == "#0072B2\n"


def test_a_picture_follows_the_theme_and_stays_legible_without_its_rule() -> None:
    """Is it drawn on white, inverted by a rule that touches nothing but these pictures?"""
    markup = plots.picture(b"...", 'a < "b"', 384)
    assert markup.startswith(
        '<img src="data:image/png;base64,Li4u" alt="a &lt; &quot;b&quot;" width="384" class="prodml-picture"'
    )
    assert "background:white" in markup
    assert 'width="' not in plots.picture(b"...", "a")
    rules = re.findall(r"([^<>{}]+)\{", plots.THEMED.removeprefix("<style>"))
    assert rules == ['[data-jp-theme-light="false"] .prodml-picture']
    assert plots.STYLE["figure.facecolor"] == "white"
