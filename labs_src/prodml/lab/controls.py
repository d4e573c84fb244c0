"""The widgets that labs use: each named for screen readers, with text for where no widget can be shown."""

from __future__ import annotations

from typing import Any

# The handle of ipywidgets' slider (8.1) has the role "slider" and no name; its value in words is rounded, or a position
# among the choices; and where it is disabled it is hardly to be seen. This names each handle by its own label, has it
# say what stands beside it, and keeps a locked one visible, now and for as long as the cell's output lives.
NAME_SLIDERS = """<script>(() => {
const area = document.currentScript && document.currentScript.closest('.jp-OutputArea');
if (!area) return;
const set = (handle, name, text) => text && handle.getAttribute(name) !== text && handle.setAttribute(name, text);
const name = () => area.querySelectorAll('.widget-slider .noUi-handle').forEach(handle => {
  const slider = handle.closest('.widget-slider'), text = part => (slider.querySelector(part) || {}).textContent;
  set(handle, 'aria-label', text('.widget-label'));
  set(handle, 'aria-valuetext', text('.widget-readout'));
  const track = handle.closest('.slider');
  if (track) track.style.opacity = track.hasAttribute('disabled') ? 1 : '';
});
new MutationObserver(name).observe(
  area, {childList: true, subtree: true, attributeFilter: ['aria-valuetext', 'disabled']});
name();
})()</script>"""

SLIDER = 34  # em, with its label and its number
TRACK = 20  # em, at least, without the label


def slider(label: str, low: float, high: float, start: float | None = None) -> Any:
    """A slider: whole numbers if all that is given is, else a hundred steps. It reports when it is let go.

    Args:
        start: where it stands; in the middle if None.
    """
    import ipywidgets as widgets

    common = {"description": label, "min": low, "max": high, "continuous_update": False}
    common["layout"] = widgets.Layout(width=f"{SLIDER}em", max_width="100%")
    if all(type(x) is int for x in (low, high, start) if x is not None):
        return widgets.IntSlider(value=(low + high) // 2 if start is None else start, **common)
    middle = (low + high) / 2 if start is None else start
    return widgets.FloatSlider(value=middle, step=(high - low) / 100, readout_format=".3g", **common)


def menu(label: str, choices: list[Any]) -> Any:
    """A menu that stands at the first of its choices."""
    import ipywidgets as widgets

    return widgets.Dropdown(options=choices, value=choices[0], description=label)


def tick(label: str, start: bool) -> Any:
    """A box to tick."""
    import ipywidgets as widgets

    return widgets.Checkbox(value=start, description=label, indent=False)


def column(children: list[Any], text: str) -> None:
    """Display widgets one below the other, with `text` where widgets cannot be shown."""
    import ipywidgets as widgets
    from IPython.display import display

    plain = widgets.Button | widgets.Checkbox | widgets.Box
    named = [w for w in children if not isinstance(w, plain) and w.description]
    label = 1 + 0.6 * max((len(w.description) for w in named), default=0)  # em; 1: the margins
    for w in named:  # all sliders begin at one line, and a long label takes nothing away from them
        w.style.description_width = f"{label:.1f}em"
        if not isinstance(w, widgets.Dropdown):
            w.layout.width = f"{max(SLIDER, label + TRACK):.1f}em"
    bundle = widgets.VBox(children)._repr_mimebundle_()
    display({**bundle, "text/plain": text}, raw=True)


def row(children: list[Any]) -> Any:
    """Menus beside one another, each as wide as its words; they wrap where there is no room. For `column`."""
    import ipywidgets as widgets

    for menu_ in children:
        menu_.style.description_width = "initial"
        menu_.layout = widgets.Layout(width="max-content")
    return widgets.HBox(children, layout=widgets.Layout(flex_flow="row wrap"))
