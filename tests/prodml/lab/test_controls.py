"""Do controls report what they should, under a name that everybody can read?"""

from __future__ import annotations

import IPython.display
import ipywidgets
import pytest

from prodml.lab.controls import NAME_SLIDERS, column, menu, row, slider, tick


@pytest.mark.parametrize(
    ("arguments", "kind", "value", "step"),
    [
        ((0, 100), ipywidgets.IntSlider, 50, 1),
        ((1, 12, 7), ipywidgets.IntSlider, 7, 1),
        ((0.0, 1.0), ipywidgets.FloatSlider, 0.5, 0.01),
        ((0, 2, 0.5), ipywidgets.FloatSlider, 0.5, 0.02),
    ],
)
def test_a_slider_counts_in_whole_numbers_if_all_are(
    arguments: tuple[float, ...], kind: type, value: float, step: float
) -> None:
    made = slider("days", *arguments)
    assert (type(made), made.value, made.step, made.description) == (kind, value, step, "days")
    assert not made.continuous_update


def test_a_menu_and_a_box() -> None:
    assert (menu("feature", ["a", "b"]).value, menu("feature", ["a", "b"]).description) == ("a", "feature")
    assert (tick("calm", True).value, tick("calm", True).description) == (True, "calm")


def test_a_column_lines_up_and_has_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, object]] = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append(data))
    children = [
        slider("n", 1, 9),
        menu("a longer name", ["a"]),
        tick("calm", True),
        ipywidgets.Button(description="Go"),
    ]
    column(children, "the words")
    assert children[0].style.description_width == children[1].style.description_width == "8.8em"
    assert shown[0]["text/plain"] == "the words"


def test_a_long_label_leaves_room_for_its_slider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: None)
    short, long, menu_of_it = slider("n", 1, 9), slider("x" * 50, 1, 9), menu("m", ["a"])
    column([short, long, menu_of_it], "")
    assert (short.layout.width, long.layout.width, menu_of_it.layout.width) == ("51.0em", "51.0em", None)
    assert long.style.description_width == "31.0em"


def test_the_script_that_names_sliders_uses_ipywidgets_classes() -> None:
    for name in (".widget-slider", ".noUi-handle", ".widget-label", "aria-label", ".widget-readout", "aria-valuetext"):
        assert name in NAME_SLIDERS


def test_menus_of_a_row_are_as_wide_as_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: None)
    menus = [menu("look at", ["a long name of a measure"]), menu("n", ["1"])]
    box = row(menus)
    column([box, slider("hours", 0, 9)], "text")
    assert box.children == tuple(menus)
    assert {m.layout.width for m in menus} == {"max-content"}
    assert {m.style.description_width for m in menus} == {"initial"}
