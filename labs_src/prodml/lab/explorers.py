"""`explorer`: controls that redraw a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from prodml.errors import UsageError
from prodml.grading import grading
from prodml.lab.calm import UNFINISHED
from prodml.lab.controls import NAME_SLIDERS, menu, slider, tick
from prodml.lab.layout import STYLE, columns
from prodml.lab.output import in_notebook, number, shorten, text_of
from prodml.lab.pictures import drawn, one_at_a_time
from prodml.lab.scales import logarithmic


def explorer(function: Callable[..., Any], **controls: Any) -> None:
    """Call `function` with the values of the controls, now and whenever one is moved, and show what it draws.

    The picture is an ordinary output of the cell, which a moved control updates in place by its display id. So
    it is on the page once, and a notebook that is executed without a front end (papermill), exported or opened
    elsewhere still holds it. An Output widget would live in the widgets' state instead, which only a running
    front end draws.

    Args:
        function: draws with `plots.figure` and `plots.show`. What it prints, displays or returns is shown too.
        controls: argument → (lowest, highest, start) for a slider, with step 1 if all three are ints;
            (lowest, highest, start, "log") for one whose steps are factors, whole numbers if all three are ints;
            a list for a menu; a bool for a box to tick.

    Raises:
        UsageError: a control is none of these.
        Exception: what the first call raises, so that a run from top to bottom fails. Later errors are shown in
            place of the picture.
    """
    start = {name: _start(name, control) for name, control in controls.items()}
    if grading():
        return
    if not in_notebook():
        function(**start)
        return
    from IPython.display import display

    first = _first(function, start)
    widgets = {name: _widget(name, control) for name, control in controls.items()}
    columns(list(widgets.values()), _in_words(controls))
    place = display({**first, "text/html": first["text/html"] + STYLE + NAME_SLIDERS}, raw=True, display_id=True)

    def redraw(_: Any) -> None:
        with one_at_a_time:
            try:
                picture = drawn(function, {name: widget.value for name, widget in widgets.items()})
            except Exception as error:
                picture = _in_place(error)
            place.update({**picture, "text/html": picture["text/html"] + STYLE}, raw=True)

    for widget in widgets.values():
        widget.observe(redraw, names="value")


def _start(name: str, control: Any) -> Any:
    if isinstance(control, bool):
        return control
    if isinstance(control, list) and control:
        return control[0]
    if isinstance(control, tuple) and len(control) == 3 and control[0] <= control[2] <= control[1]:
        return control[2]
    if isinstance(control, tuple) and control[3:] == ("log",) and 0 < control[0] <= control[2] <= control[1]:
        return control[2]
    raise UsageError(
        f"explorer: the control {name!r} is {control!r}.",
        'Give (lowest, highest, start), (lowest, highest, start, "log") above 0, a list of choices, or True or False.',
    )


def _first(function: Callable[..., Any], start: dict[str, Any]) -> dict[str, str]:
    try:
        return drawn(function, start)
    except NotImplementedError as error:
        shorten(error, UNFINISHED)
        raise


def _widget(name: str, control: Any) -> Any:
    label = name.replace("_", " ")
    if isinstance(control, bool):
        return tick(label, control)
    if isinstance(control, list):
        return menu(label, control)
    if len(control) == 4:
        return _log_slider(label, *control[:3])
    return slider(label, *control)


def _log_slider(label: str, low: float, high: float, start: float) -> Any:
    import ipywidgets as widgets

    scale = logarithmic(low, high)
    options = {**dict(zip(scale.values, scale.texts, strict=True)), start: f"{start:,}"}
    ordered = [(options[value], value) for value in sorted(options)]
    return widgets.SelectionSlider(options=ordered, value=start, description=label, continuous_update=False)


def _in_words(controls: dict[str, Any]) -> str:
    words = []
    for name, control in controls.items():
        if isinstance(control, tuple):
            low, high, start = map(number, control[:3])
            words.append(f"{name} from {low} to {high}, here {start}")
        else:
            choices = control if isinstance(control, list) else ["yes", "no"]
            words.append(f"{name}: {', '.join(map(str, choices))}")
    return f"Controls, in a running notebook: {'; '.join(words)}."


def _in_place(error: Exception) -> dict[str, str]:
    unfinished = isinstance(error, NotImplementedError)
    text = f"{UNFINISHED.capitalize()}." if unfinished else f"{type(error).__name__}: {error}"
    return {"text/plain": text, "text/html": f"<p>{text_of(text)}</p>"}
