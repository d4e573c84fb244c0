"""A prediction before the measurement, and both side by side afterwards. Neither ever stops *Run All*."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from prodml.grading import grading
from prodml.lab import records
from prodml.lab.controls import NAME_SLIDERS, column
from prodml.lab.output import in_notebook, markdown_of, number, show, text_of
from prodml.lab.plots import BLUE
from prodml.lab.reveals import html_reveal, rows_of, text_reveal
from prodml.lab.scales import Range, Scale, scale_of
from prodml.lab.session import current_lab
from prodml.lab.workspace import find_workspace

UNSET = "not set"
_logarithmic: dict[tuple[str, str], set[str]] = {}  # (lab, prediction) → labels, as this kernel asked


def predict(name: str, question: str, ranges: Mapping[str, Range]) -> None:
    """Ask for a prediction: a slider per label, none of them set, and a button that locks them in once all are.

    What was locked in is recorded and stays: run again, the cell shows it. Without widgets the question is text.

    Args:
        name: what `reveal` calls it.
        question: Markdown's code spans and emphasis.
        ranges: label → what can be said: `(lowest, highest)`, whole numbers if both are ints;
            `(lowest, highest, step)`; `(lowest, highest, "log")`; or a list of numbers or words,
            the only choices.

    Raises:
        UsageError: a range is none of these.
    """
    scales = {label: scale_of(name, label, given) for label, given in ranges.items()}
    if grading():
        return
    _logarithmic[current_lab().slug, name] = {label for label, scale in scales.items() if scale.logarithmic}
    made = _prediction(name, ranges)
    _show_question(question, scales, made)
    if in_notebook():
        _show_sliders(name, scales, made)


def reveal(
    name: str,
    measured: Mapping[str, Any],
    text: str = "",
    unit: str | Mapping[str, str] = "",
    formula: Collection[str] = (),
) -> None:
    """Show what was measured beside what was predicted, and how far off that was; if nothing was, say so.

    Bars of one unit share one scale, a logarithmic one where the prediction had it.

    Args:
        name: the prediction's.
        measured: label → number.
        text: what it means, in a sentence or two; Markdown's code spans and emphasis.
        unit: of all numbers, or label → unit.
        formula: labels whose number was computed, not measured: it stands under "formula".

    Raises:
        UsageError: `unit` or `formula` names a label that `measured` has not.
    """
    lab = current_lab().slug
    made = {} if grading() else _prediction(name, measured) or {}
    rows = rows_of(name, measured, made, unit, formula, _logarithmic.get((lab, name), set()))
    if not grading():
        show(text_reveal(rows, text), html_reveal(rows, text))


def _prediction(name: str, labels: Iterable[str]) -> dict[str, float | str] | None:
    """The first prediction that was locked in; one about other labels belongs to another version of the lab."""
    wanted = ("predicted", current_lab().slug, name, set(labels))
    made = (r.detail for r in records.read(find_workspace()) if (r.kind, r.lab, r.name, set(r.detail)) == wanted)
    return next(made, None)


def _show_question(question: str, scales: Mapping[str, Scale], made: Mapping[str, float | str] | None) -> None:
    title = "You predicted" if made else "Predict"
    rows = [f"  {label}: {number(made[label]) if made else scale.words}" for label, scale in scales.items()]
    markup = f'<p style="margin:.2em 0"><b>{title}:</b> {markdown_of(question)}</p>'
    show("\n".join([f"{title}: {question}", *rows]), markup + NAME_SLIDERS)


def _show_sliders(name: str, scales: Mapping[str, Scale], made: Mapping[str, float | str] | None) -> None:
    import ipywidgets as widgets

    sliders = {label: _slider(label, scale) for label, scale in scales.items()}
    button, status = widgets.Button(description="Lock in"), widgets.HTML()

    def close(values: Mapping[str, float | str]) -> None:
        for label, s in sliders.items():
            _close(s, values[label])
        button.disabled, button.description, status.value = True, "Locked in", ""

    def look(_: Any = None) -> list[str]:
        missing = [label for label, s in sliders.items() if s.value == UNSET]
        button.disabled = bool(missing)
        status.value = text_of(f"Not set yet: {'; '.join(missing)}.") if missing else ""
        return missing

    def lock(_: Any) -> None:
        values = _prediction(name, scales)  # it may be locked in elsewhere, in a second copy of this cell
        if values is None:
            if look():
                return
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
    else:
        look()
        for s in sliders.values():
            s.observe(look, names="value")
    column([*sliders.values(), button, status], "(sliders and a button, in a running notebook)")


def _slider(label: str, scale: Scale) -> Any:
    """A slider that stands left of its lowest value, at none."""
    import ipywidgets as widgets

    options = [(UNSET, UNSET), *zip(scale.texts, scale.values, strict=True)]
    made = widgets.SelectionSlider(options=options, description=label, continuous_update=False)
    made.layout.max_width = "100%"
    return made


def _close(slider: Any, value: float | str) -> None:
    """Show `value`, which an earlier version of the scale may have had, for good."""
    options = [option for option in slider.options if option[1] != UNSET]
    if value not in [v for _, v in options]:
        options.append((value if isinstance(value, str) else f"{value:,}", value))
    words = any(isinstance(v, str) for _, v in options)
    with slider.hold_sync():
        slider.options = options if words else sorted(options, key=lambda option: option[1])
        slider.value, slider.disabled = value, True
    slider.style.handle_color = BLUE
