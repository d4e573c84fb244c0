"""A prediction before the measurement, and both side by side afterwards. Neither ever stops *Run All*."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prodml.errors import UsageError
from prodml.grading import grading
from prodml.lab import records
from prodml.lab.controls import NAME_SLIDERS, column, slider
from prodml.lab.output import in_notebook, number, show, text_of
from prodml.lab.reveals import html_reveal, text_reveal
from prodml.lab.session import current_lab
from prodml.lab.workspace import find_workspace

Range = tuple[float, float]


def predict(name: str, question: str, ranges: Mapping[str, Range]) -> None:
    """Ask for a prediction: a slider per label, and a button that locks them in.

    What was locked in is recorded and stays: run again, the cell shows it. Without widgets the question is text.

    Args:
        name: what `reveal` calls it.
        ranges: label → (lowest, highest); two ints make a slider of whole numbers.

    Raises:
        UsageError: a range is none.
    """
    for label, bounds in ranges.items():
        if len(tuple(bounds)) != 2 or not bounds[0] < bounds[1]:
            raise UsageError(f"predict({name!r}): the range of {label!r} is {bounds!r}.", "Give (lowest, highest).")
    if grading():
        return
    made = _prediction(name, ranges)
    _show_question(question, ranges, made)
    if in_notebook():
        _show_sliders(name, ranges, made)


def reveal(name: str, measured: Mapping[str, Any], text: str = "") -> None:
    """Show what was measured beside what was predicted; if nothing was, say so.

    Args:
        name: the prediction's.
        measured: label → number.
        text: what it means, in a sentence or two; Markdown's code spans and emphasis.
    """
    if grading():
        return
    made = _prediction(name, measured) or {}
    show(text_reveal(measured, made, text), html_reveal(measured, made, text))


def _prediction(name: str, labels: Iterable[str]) -> dict[str, float] | None:
    """The first prediction that was locked in; one about other labels belongs to another version of the lab."""
    wanted = ("predicted", current_lab().slug, name, set(labels))
    made = (r.detail for r in records.read(find_workspace()) if (r.kind, r.lab, r.name, set(r.detail)) == wanted)
    return next(made, None)


def _show_question(question: str, ranges: Mapping[str, Range], made: Mapping[str, float] | None) -> None:
    title = "You predicted" if made else "Predict"
    rows = [
        f"  {label}: {number(made[label])}" if made else f"  {label}: from {number(low)} to {number(high)}"
        for label, (low, high) in ranges.items()
    ]
    markup = f'<p style="margin:.2em 0"><b>{title}:</b> {text_of(question)}</p>'
    show("\n".join([f"{title}: {question}", *rows]), markup + NAME_SLIDERS)


def _show_sliders(name: str, ranges: Mapping[str, Range], made: Mapping[str, float] | None) -> None:
    import ipywidgets as widgets

    sliders = {label: slider(label, *bounds, made[label] if made else None) for label, bounds in ranges.items()}
    button, status = widgets.Button(description="Lock in"), widgets.HTML()

    def close(values: Mapping[str, float]) -> None:
        for label, s in sliders.items():
            s.value, s.disabled = values[label], True
        button.disabled, button.description = True, "Locked in"

    def lock(_: Any) -> None:
        values = _prediction(name, ranges)  # it may be locked in elsewhere, in a second copy of this cell
        if values is None:
            values = {label: s.value for label, s in sliders.items()}
            try:
                records.append(records.new(current_lab().slug, "predicted", name, values))
            except OSError as error:
                status.value = text_of(f"Your prediction could not be saved: {error}")
                return
        close(values)

    button.on_click(lock)
    if made:
        close(made)
    column([*sliders.values(), button, status], "(sliders and a button, in a running notebook)")
