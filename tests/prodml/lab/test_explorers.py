"""Does an explorer leave a picture where nobody moves anything, and a new one where somebody does?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from prodml import explorer
from prodml.errors import UsageError
from prodml.lab.explorers import _widget

DRAW = """
def draw(month, feature="temp", calm=False):
    if month == 3: raise NotImplementedError
    if month == 4: raise ValueError("no <b> month")
    fig, ax = plots.figure(f"{feature} in {month}", x="x", y="y")
    ax.plot([1, month])
    plots.show(fig, alt=f"{feature} in month {month}, calm {calm}")
"""
SPY = """
import ipywidgets
from ipywidgets.widgets.widget import _instances
class Updates:
    def __init__(self, pub): self.pub, self.sent = pub, []
    def publish(self, data, metadata=None, **kwargs):
        if kwargs.get("update"): self.sent.append(data["text/plain"])
        return self.pub.publish(data, metadata, **kwargs)
    def __getattr__(self, name): return getattr(self.pub, name)
shell = get_ipython()
spy = shell.display_pub = Updates(shell.display_pub)
widgets = {w.description: w for w in _instances.values() if hasattr(w, "description")}
"""


def test_without_a_notebook_it_draws_once(lab: Path) -> None:
    calls: list[dict[str, Any]] = []
    explorer(lambda **values: calls.append(values), days=(1, 9, 5), feature=["temp", "wind"], calm=True)
    assert calls == [{"days": 5, "feature": "temp", "calm": True}]


@pytest.mark.parametrize(
    "control", [(1, 2), (1, 2, 3), [], "temp", 3, (0, 9, 3, "log"), (1, 9, 3, "lin"), (1, 9, 10, "log")]
)
def test_a_control_must_be_one(lab: Path, control: Any) -> None:
    with pytest.raises(UsageError, match=r"the control 'days' is .*\n.*lowest, highest, start"):
        explorer(print, days=control)


def test_a_logarithmic_control_stands_exactly_where_it_starts() -> None:
    made = _widget("workers", (2, 512, 130, "log"))
    texts, values = zip(*made.options, strict=True)
    assert (made.description, made.value, values[0], values[-1]) == ("workers", 130, 2, 512)
    assert list(values) == sorted(set(values))
    assert len(set(texts)) == len(texts)
    assert all(isinstance(value, int) for value in values)
    rates = [value for _, value in _widget("rate", (0.01, 1.0, 0.05, "log")).options]
    assert rates.index(0.1) == pytest.approx(len(rates) / 2, abs=2)  # the middle of 0.01 and 1 by factors


def test_grading_draws_nothing(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    explorer(pytest.fail, reason=["a"])


def test_in_a_kernel_a_picture_stays_and_moves(kernel: Callable[..., list[NotebookNode]]) -> None:
    """Is the picture an ordinary output, once, that a control updates?"""
    cells = kernel(
        DRAW,
        "explorer(draw, month=(1, 12, 7), feature=['temp', 'wind'], calm=False)",
        SPY + "widgets['month'].value = 8\nwidgets['feature'].value = 'wind'\nwidgets['calm'].value = True",
        "widgets['month'].value = 3\nwidgets['month'].value = 4\nprint(spy.sent)",
    )
    controls, picture = cells[2].outputs
    assert "application/vnd.jupyter.widget-view+json" in controls.data
    assert controls.data["text/plain"] == (
        "Controls, in a running notebook: month from 1 to 12, here 7; feature: temp, wind; calm: yes, no."
    )
    sent = [
        "temp in month 8, calm False",
        "wind in month 8, calm False",
        "wind in month 8, calm True",
        "Finish the exercise first, then run this cell again.",
        "ValueError: no <b> month",
    ]
    assert cells[4].outputs[0].text.strip() == repr(sent)
    assert picture.data["text/html"].startswith(
        "<p>ValueError: no &lt;b&gt; month</p>"
    )  # the last update is what stays


def test_the_first_picture_is_saved(kernel: Callable[..., list[NotebookNode]]) -> None:
    cells = kernel(DRAW, "explorer(draw, month=(1, 12, 7))")
    picture = cells[2].outputs[1].data
    assert picture["text/html"].startswith('<img src="data:image/png;base64,')
    assert 'alt="temp in month 7, calm False"' in picture["text/html"]
    assert picture["text/plain"] == "temp in month 7, calm False"


@pytest.mark.parametrize(("month", "name"), [(3, "NotImplementedError"), (4, "ValueError")])
def test_an_error_of_the_first_call_ends_the_cell(
    kernel: Callable[..., list[NotebookNode]], month: int, name: str
) -> None:
    """Does a run from top to bottom notice it?"""
    (error,) = kernel(DRAW, f"explorer(draw, month=(1, 12, {month}))")[2].outputs
    assert error.ename == name
    wall = len("".join(error.traceback).splitlines())
    assert (wall == 1) == (name == "NotImplementedError")
