"""Does a diagram come with words, in the page and outside of it?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from nbformat import NotebookNode

from prodml import diagram
from prodml.errors import UsageError

RING = "flowchart LR\n  a --> b --> a"


@pytest.mark.parametrize(
    ("text", "title", "alt", "says"),
    [
        (RING, " ", "a, then b", "title or alt is empty"),
        (RING, "Ring", "", "title or alt is empty"),
        ("", "Ring", "a, then b", "first line is ''"),
        ("mindmap\n  a", "Ring", "a, then b", "first line is 'mindmap'"),
        ("flowchart LR\n  accTitle: x\n  a --> b", "Ring", "a, then b", "has accTitle"),
    ],
)
def test_what_has_no_words_is_refused(text: str, title: str, alt: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        diagram(text, title=title, alt=alt)


def test_outside_of_a_notebook_its_words_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    diagram(RING, title="Ring", alt="a sends to b,\n and b to a.")
    assert capsys.readouterr().out == "Ring\n  a sends to b, and b to a.\n"


def test_grading_shows_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    diagram(RING, title="Ring", alt="a, then b")
    assert capsys.readouterr().out == ""


def test_in_a_kernel_mermaid_carries_its_words(kernel: Callable[..., list[NotebookNode]]) -> None:
    title, shown = kernel(f"diagram({RING!r}, title='Ring <1>', alt='a sends to b,\\n and b to a.')")[1].outputs
    assert "<b>Ring &lt;1&gt;</b>" in title.data["text/html"]
    assert shown.data == {
        "text/plain": "a sends to b, and b to a.",
        "text/vnd.mermaid": "flowchart LR\n    accTitle: Ring <1>\n    accDescr: a sends to b, and b to a.\n  a --> b --> a",
    }
