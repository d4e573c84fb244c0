"""Is honest text shown as it was meant, and all else as it was written?"""

from __future__ import annotations

import pytest
from attack_samples.shown import MARKDOWN, TEXT_ANYWAY

from autograder.course import shown
from autograder.plain_text import UNSEEN, plain

HONEST = {
    "text": "# Answer\n\nIt *moves* with **every** value, see `mean`; 3 < 4 & 5 > 2.",
    "lists and tables": "1. one\n2. two\n   - three\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "formulas": r"$x^2 < y$ and $$\frac{\partial f}{\partial x} = \sum_{i=1}^n \left( x_i \right)$$",
    "an environment": r"\begin{align} a &= b \\ \text{where } c &= \mathbb{R} \end{align}",
    "links": "[docs](https://numpy.org 'NumPy'), <https://numpy.org>, [above](#top), [me](mailto:ada@uni.edu)",
    "code": "```python\nprint('<b>')\n```\n\n    indented <i>",
    "other languages": "Привет, 世界, שלום, مرحبا 👩‍💻",
    "quotes": "> a\n>> b",
}


@pytest.mark.parametrize("name", HONEST)
def test_text_formulas_and_links_are_shown_as_they_were_meant(name: str) -> None:
    assert shown.markdown(HONEST[name]) == HONEST[name]


@pytest.mark.parametrize(
    "name", sorted(name for name in MARKDOWN.keys() - TEXT_ANYWAY if not UNSEEN.search(MARKDOWN[name]))
)
def test_what_a_page_would_load_or_run_is_shown_as_it_was_written(name: str) -> None:
    text = shown.markdown(MARKDOWN[name], shown.ids_of_page(["double", "check_double"]))
    if name == "script in a formula":  # formulas are escaped by nbconvert itself
        assert text == MARKDOWN[name]
    else:
        assert text.startswith(shown.AS_WRITTEN)
        assert MARKDOWN[name] in text


def test_what_is_too_long_is_cut_and_said() -> None:
    assert shown.code("x" * 20_000) == "x" * 20_000
    assert shown.code("x" * 20_007).endswith(
        "\n# … 7 more characters are not shown here; they are in the submitted file."
    )
    assert "7 more characters" in shown.markdown("x" * 20_007)


def test_unseen_characters_are_written_out() -> None:
    assert plain("a\x1b[2J\u202eb\ud800\n\tc") == "a\\u001b[2J\\u202eb\\ud800\n\tc"
    assert plain("\u3164\u200f\U000e0041") == "\\u3164\\u200f\\U000e0041"


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    assert shown.verbatim("a\n`````\nb") == "``````text\na\n`````\nb\n``````"
