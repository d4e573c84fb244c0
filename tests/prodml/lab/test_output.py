"""Is text escaped, and are numbers readable?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prodml.lab.output import in_notebook, markdown_of, number, prose_of, shorten, show, text_of


def test_outside_of_a_notebook_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert not in_notebook()
    show("the text", "<p>the markup</p>")
    assert capsys.readouterr().out == "the text\n"


def test_nothing_is_markup_in_text() -> None:
    assert text_of('<b onclick="x">&\n') == "&lt;b onclick=&quot;x&quot;&gt;&amp;<br>"


def test_a_message_has_code_spans_only() -> None:
    assert prose_of("Is `a<b` **bold**? 2 * 3 * 4 `") == "Is <code>a&lt;b</code> **bold**? 2 * 3 * 4 `"


def test_markdown_of_an_author() -> None:
    text = "`a**b**`, **bold**, *thin*, 2 * 3 * 4 <i>"
    assert markdown_of(text) == "<code>a**b**</code>, <b>bold</b>, <i>thin</i>, 2 * 3 * 4 &lt;i&gt;"


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
