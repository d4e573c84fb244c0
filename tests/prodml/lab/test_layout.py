"""Do an explorer's controls lie in columns, each under a label that names it?"""

from __future__ import annotations

import IPython.display
import pytest

from prodml.lab.controls import menu, slider, tick
from prodml.lab.layout import STYLE, columns


def test_controls_lie_in_columns_and_have_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    import ipywidgets

    shown: list[dict[str, object]] = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
    before = set(ipywidgets.widgets.widget._instances)
    controls = [slider("workers", 1, 9), menu("network", ["a", "b"]), tick("calm", True)]
    columns(controls, "the words")
    made = [w for k, w in ipywidgets.widgets.widget._instances.items() if k not in before]
    (grid,) = [w for w in made if isinstance(w, ipywidgets.GridBox)]
    assert grid.layout.grid_template_columns == "repeat(auto-fill, minmax(min(15em, 100%), 1fr))"
    assert grid._dom_classes == ("prodml-controls",)
    assert list(grid.children) == controls
    assert {control.layout.width for control in controls} == {"auto"}
    assert [control.description for control in controls] == ["workers", "network", "calm"]  # what names them
    assert shown[0]["text/plain"] == "the words"


def test_the_style_touches_nothing_else() -> None:
    rules = STYLE.removeprefix("<style>").removesuffix("</style>").split("}")
    selectors = [part for rule in rules if rule for part in rule.split("{")[0].split(",")]
    assert selectors
    assert all(selector.startswith(".prodml-controls") for selector in selectors)
