"""A console to investigate incidents by hand: look around, mark an onset, close the incident, learn the truth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from prodml.adapt.incidents import views
from prodml.adapt.incidents.evidence import Incident
from prodml.adapt.incidents.form import Form
from prodml.adapt.incidents.looking import LOOKS, view
from prodml.grading import grading
from prodml.lab.controls import NAME_SLIDERS, column, menu, row, slider
from prodml.lab.output import in_notebook
from prodml.lab.pictures import drawn, one_at_a_time

HOURS = 120  # how far before the alarm an onset can be marked


def console(incidents: Sequence[Incident]) -> None:
    """Show the evidence of `incidents`, one at a time, and a form to close the one that is shown.

    Another incident begins without a mark, and one that is come back to has its own. Without widgets (papermill, a
    viewer) the first picture and a description of the controls are there.
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

    def chosen() -> Incident:
        return incidents[int(which.value) - 1]

    def onset() -> Any:
        return chosen().evidence.now - np.timedelta64(mark.value, "h") if mark.value else None

    def redraw(_: Any = None) -> None:
        with one_at_a_time:
            place.update(drawn(view, {
                "evidence": chosen().evidence, "look_at": look_at.value, "split_by": split_by.value,
                "days": views.WINDOWS[window.value], "mark": onset(),
            }), raw=True)  # fmt: skip

    def look(at: str, by: str, hours: int) -> None:
        look_at.value, split_by.value, mark.value = at, by, min(hours, HOURS)

    form, marks = Form(chosen, onset, look), dict[int, int]()

    def another(_: Any) -> None:
        mark.value = marks.get(which.value, 0)
        form.begin(which.value)

    def keep(_: Any) -> None:
        marks[which.value] = mark.value

    which.observe(another, names="value")
    mark.observe(keep, names="value")
    for widget in (which, look_at, split_by, window, mark):
        widget.observe(redraw, names="value")
    mark.observe(form.follow, names="value")
    form.begin(which.value)
    form.show()


def _in_words(numbers: list[int]) -> str:
    return (
        f"Controls, in a running notebook: incident {numbers[0]} to {numbers[-1]}; look at: {', '.join(LOOKS)}; "
        f"split by: {', '.join(views.SPLITS)}; window: {', '.join(views.WINDOWS)}; onset: hours before the alarm."
    )
