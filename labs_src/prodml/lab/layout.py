"""How an explorer's controls lie: in as many columns as there is room for, each under its label."""

from __future__ import annotations

from typing import Any

COLUMN = 15  # em, at least

# What ipywidgets' own traits cannot say. It applies while it is on the page, so it comes with each new picture.
STYLE = (
    "<style>"
    ".prodml-controls>.widget-slider,.prodml-controls>.widget-dropdown"
    "{display:grid;grid-template-columns:minmax(0,1fr) auto;align-items:center;align-content:start}"
    ".prodml-controls .widget-label{grid-column:1/-1;width:auto;text-align:left;height:1.6em;line-height:1.6em}"
    ".prodml-controls .widget-dropdown select{grid-column:1/-1}"
    "</style>"
)


def columns(controls: list[Any], text: str) -> None:
    """Display controls above what they move, with `text` where widgets cannot be shown."""
    import ipywidgets as widgets
    from IPython.display import display

    for control in controls:
        control.layout = widgets.Layout(width="auto", height="auto", margin="2px")
        if isinstance(control, widgets.Checkbox):
            control.layout.align_self = "flex-end"
    columns = f"repeat(auto-fill, minmax(min({COLUMN}em, 100%), 1fr))"
    grid = widgets.GridBox(controls, layout=widgets.Layout(grid_template_columns=columns, grid_gap="0 2em"))
    grid.add_class("prodml-controls")
    display({**grid._repr_mimebundle_(), "text/plain": text}, raw=True)
