"""Do prediction and measurement stand side by side?"""

from __future__ import annotations

import re

import pytest

from prodml.lab.reveals import NONE_MADE, html_reveal, text_reveal

MEASURED = {"50 flights": 43.21, "1,000 flights": 0}


def test_as_text() -> None:
    assert text_reveal(MEASURED, {"50 flights": 5, "1,000 flights": 5}, "It is noisy.").splitlines() == [
        "  50 flights: you said 5, measured 43.2",
        "  1,000 flights: you said 5, measured 0",
        "It is noisy.",
    ]


def test_as_text_without_a_prediction() -> None:
    assert text_reveal(MEASURED, {}, "").splitlines() == [
        "  50 flights: measured 43.2",
        "  1,000 flights: measured 0",
        NONE_MADE,
    ]


def test_as_a_table() -> None:
    markup = html_reveal(MEASURED, {"50 flights": 5}, "See `x`.")
    assert re.findall(r'scope="(?:col|row)"[^>]*>([^<]*)', markup) == [
        "you said",
        "measured",
        "50 flights",
        "1,000 flights",
    ]
    assert "—" in markup  # nothing was said of 1,000 flights
    assert "See <code>x</code>." in markup
    assert NONE_MADE not in markup


def test_as_a_table_without_a_prediction() -> None:
    markup = html_reveal(MEASURED, {}, "")
    assert NONE_MADE in markup
    assert "you said" not in markup
    assert "width:" not in markup  # a bar alone says nothing


def test_bars_of_a_row_are_to_one_scale() -> None:
    widths = re.findall(r"width:([\d.]+)em", html_reveal({"a": 40}, {"a": 10}, ""))
    assert [float(w) for w in widths] == [3.5, 14.0]


@pytest.mark.parametrize("x", ["<b>", None, float("nan"), float("inf"), -3])
def test_what_has_no_length_has_no_bar(x: object) -> None:
    markup = html_reveal({"<i>": x}, {"<i>": 0}, "")
    assert "width:0.00em" in markup
    assert "<b>" not in markup
    assert "<i>" not in markup
