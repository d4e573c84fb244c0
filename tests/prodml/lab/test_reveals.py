"""Do prediction and measurement stand side by side, on one scale per unit?"""

from __future__ import annotations

import re
from typing import Any

import pytest

from prodml.errors import UsageError
from prodml.lab.reveals import NONE_MADE, html_reveal, rows_of, text_reveal

MEASURED = {"50 flights": 43.21, "1,000 flights": 0}
BAR = re.compile(r"margin:\.2em 0 0 ([\d.]+)em;width:([\d.]+)em")


def _html(measured: Any, made: Any, unit: Any = "", formula: Any = (), logarithmic: Any = (), text: str = "") -> str:
    return html_reveal(rows_of("n", measured, made, unit, formula, logarithmic), text)


def _text(
    measured: Any, made: Any, unit: Any = "", formula: Any = (), logarithmic: Any = (), text: str = ""
) -> list[str]:
    return text_reveal(rows_of("n", measured, made, unit, formula, logarithmic), text).splitlines()


def _bars(*args: Any) -> list[tuple[float, float]]:
    """(where it begins, how long it is) of each bar, row by row: what was said, what was found."""
    return [(float(begin), float(length)) for begin, length in BAR.findall(_html(*args))]


def _off(said: float, found: Any, unit: str = "", *logarithmic: str) -> str:
    (line,) = _text({"x": found}, {"x": said}, unit, (), logarithmic)
    return line.rpartition(", ")[2]


def _heads(markup: str) -> list[str]:
    return re.findall(r'scope="col"[^>]*>([^<]*)', markup)


def test_as_text() -> None:
    assert _text(MEASURED, {"50 flights": 5, "1,000 flights": 5}, "days", ["1,000 flights"], text="It is noisy.") == [
        "  50 flights: you said 5 days, measured 43.2 days, 38.2 days too low",
        "  1,000 flights: you said 5 days, formula 0 days, 5 days too high",
        "It is noisy.",
    ]


def test_as_text_without_a_prediction() -> None:
    assert _text(MEASURED, {}) == ["  50 flights: measured 43.2", "  1,000 flights: measured 0", NONE_MADE]


def test_as_a_table() -> None:
    markup = _html(MEASURED, {"50 flights": 5}, text="See `x`.")
    assert _heads(markup) == ["you said", "measured", "off by"]
    assert re.findall(r'scope="row"[^>]*>([^<]*)', markup) == ["50 flights", "1,000 flights"]
    assert markup.count("—") == 2  # nothing was said of 1,000 flights
    assert "See <code>x</code>." in markup
    assert NONE_MADE not in markup


def test_as_a_table_without_a_prediction() -> None:
    markup = _html(MEASURED, {})
    assert NONE_MADE in markup
    assert _heads(markup) == ["measured"]
    assert "width:" not in markup  # a bar alone says nothing


def test_what_was_computed_never_stands_under_measured() -> None:
    made = {"50 flights": 5, "1,000 flights": 5}
    both = _html(MEASURED, made, formula=["50 flights"])
    assert _heads(both) == ["you said", "measured", "formula", "off by"]
    cells = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<td style.*?</td>", both)]
    assert cells == ["5", "—", "43.2", "38.2 too low", "5", "0", "—", "5 too high"]
    assert _heads(_html(MEASURED, made, formula=list(MEASURED))) == ["you said", "formula", "off by"]
    assert _heads(_html({"x": 1}, {}, formula="x")) == ["formula"]


def test_bars_of_a_unit_are_to_one_scale() -> None:
    measured, made = {"a": 40, "b": 20, "c": 3}, {"a": 10, "b": 5, "c": 6}
    bars = _bars(measured, made, {"a": "s", "b": "s", "c": "%"})
    assert [length for _, length in bars] == [3, 12, 1.5, 6, 12, 6]


def test_bars_below_zero_go_to_the_left_of_it() -> None:
    assert _bars({"a": -4, "b": 2}, {"a": 2, "b": 0}) == [(8, 4), (0, 8), (0, 0), (8, 4)]
    assert _bars({"a": -4}, {"a": -2}) == [(6, 6), (0, 12)]


def test_on_a_logarithmic_scale_bars_grow_by_the_factor() -> None:
    measured, made = {"a": 1000, "b": 10}, {"a": 100, "b": 5}
    lengths = [length for _, length in _bars(measured, made, "µs", (), ["a"])]
    assert lengths == pytest.approx([8, 12, 2.8, 4], abs=0.01)  # from 1: three powers of ten
    assert "Bars on a logarithmic scale, from 1 to 1,000 µs." in _html(measured, made, "µs", (), ["a"])
    assert "logarithmic" not in _html(measured, made, "µs")


def test_what_is_not_above_zero_has_no_place_on_a_logarithmic_scale() -> None:
    assert [length for _, length in _bars({"a": 0, "b": -1}, {"a": 10, "b": 10}, "", (), ["a"])] == [12, 0, 12, 0]
    assert [length for _, length in _bars({"a": 0}, {"a": -1}, "", (), ["a"])] == [0, 0]


@pytest.mark.parametrize(
    ("said", "found", "unit", "off"),
    [
        (3, 5.5, "min", "2.5 min too low"),
        (3, 5.5, "", "2.5 too low"),
        (60, 33.3, "%", "26.7 percentage points too high"),
        (-1, 1, "s", "2 s too low"),
        (0, 0, "s", "nothing"),
        (0.3, 0.1, "", "0.2 too high"),
        (1, None, "s", "—"),
        (1, float("nan"), "s", "—"),
        ("prefetch", "prefetch", "", "nothing: right"),
        ("prefetch", "reads", "", "another one"),
    ],
)
def test_off_by_a_difference(said: Any, found: Any, unit: str, off: str) -> None:
    assert _off(said, found, unit) == off


@pytest.mark.parametrize(
    ("said", "found", "off"),
    [
        (31, 10, "×3.1 too high"),
        (10, 31, "×3.1 too low"),
        (104, 100, "×1.04 too high"),
        (5, 10_000, "×2,000 too low"),
        (1, 0, "1 too high"),
        (7, 7, "nothing"),
    ],
)
def test_off_by_a_factor(said: float, found: float, off: str) -> None:
    assert _off(said, found, "", "x") == off


@pytest.mark.parametrize("x", ["<b>", None, float("nan"), float("inf"), True, [1, 2]])
def test_what_is_no_number_has_no_bar(x: object) -> None:
    assert [length for _, length in _bars({"<i>": x}, {"<i>": 5}, "s")] == [12, 0]
    markup = _html({"<i>": x}, {"<i>": 5}, "s")
    assert "<b>" not in markup
    assert "<i>" not in markup


@pytest.mark.parametrize(("unit", "formula"), [({"y": "s"}, ()), ("s", ["y"]), ("", "y")])
def test_a_label_that_is_not_there_is_named(unit: Any, formula: Any) -> None:
    with pytest.raises(UsageError, match=r"reveal\('n'\): (unit|formula) names 'y'\.\n.*\['x'\]"):
        rows_of("n", {"x": 1}, {}, unit, formula, ())
