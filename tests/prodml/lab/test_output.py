"""Is text escaped, and are numbers readable?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prodml.lab.output import in_notebook, markdown_of, number, shorten, show, text_of


def test_outside_of_a_notebook_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert not in_notebook()
    show("the text", "<p>the markup</p>")
    assert capsys.readouterr().out == "the text\n"


def test_nothing_is_markup_in_text() -> None:
    assert text_of('<b onclick="x">&\n') == "&lt;b onclick=&quot;x&quot;&gt;&amp;<br>"


MARKDOWN = [
    ("Is `a<b` **bold**? 2 * 3 * 4 `", "Is <code>a&lt;b</code> <b>bold</b>? 2 * 3 * 4 `"),
    ("`a**b**`, *thin*, (*so*), <i>", "<code>a**b**</code>, <i>thin</i>, (<i>so</i>), &lt;i&gt;"),
    ("*not `x*y` of `z`* or **`w`**", "<i>not <code>x*y</code> of <code>z</code></i> or <b><code>w</code></b>"),
    ("*a* and *b*, **c** and **d**", "<i>a</i> and <i>b</i>, <b>c</b> and <b>d</b>"),
    ("**all of *this* too**", "<b>all of <i>this</i> too</b>"),
]


@pytest.mark.parametrize(("text", "markup"), MARKDOWN)
def test_markdown_of_a_paragraph(text: str, markup: str) -> None:
    assert markdown_of(text) == markup


@pytest.mark.parametrize(
    "text",
    [
        "a * b * c",
        "x**2 + y**2",
        "2*3*4",
        "f(*args, **options)",
        "* a *",
        "****",
        "a*(b)*c",
        "a*b* c",
        "a**b** c",
        "\x00",
    ],
)
def test_stars_of_arithmetic_are_no_emphasis(text: str) -> None:
    assert markdown_of(text) == text.replace("\x00", "")


NUMBERS: list[tuple[Any, str]] = [
    (3, "3"),
    (12345, "12,345"),
    (12345.6, "12,346"),
    (0.123456, "0.123"),
    (43.21, "43.2"),
    (5.0, "5"),
    (-0.0, "0"),
    (1e-7, "1e-07"),
    (float("nan"), "nan"),
    (float("inf"), "inf"),
    (np.float32(0.25), "0.25"),
    (np.int64(7), "7"),
    ("none", "none"),
    (True, "True"),
    (None, "None"),
    ([1], "[1]"),
]


@pytest.mark.parametrize(("x", "shown"), NUMBERS)
def test_numbers_are_short(x: Any, shown: str) -> None:
    assert number(x) == shown


def test_stars_between_code_spans_are_no_emphasis() -> None:
    assert markdown_of("`a`*`b`*`c`") == "<code>a</code>*<code>b</code>*<code>c</code>"


def test_a_shortened_error_stays_what_it_is() -> None:
    error = ValueError("x")
    shorten(error, "see above")
    assert error._render_traceback_() == ["ValueError: see above"]  # type: ignore[attr-defined]
    assert error.args == ("x",)


def test_an_error_that_refuses_is_left_alone() -> None:
    class Stubborn(Exception):
        def __setattr__(self, name: str, value: Any) -> None:
            raise TypeError(name)

    error = Stubborn()
    shorten(error, "see above")
    assert not hasattr(error, "_render_traceback_")
