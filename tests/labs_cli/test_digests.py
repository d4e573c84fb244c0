"""Is a changed answer seen, and nothing else taken for one?"""

from __future__ import annotations

from pathlib import Path

import pytest

from labs_cli.digests import answer_digests
from labs_cli.notebook import NotebookFile

ANSWER = "def double(x):\n    return twice(x)"
HELPERS = ["def twice(x):\n    return times(x, 2)", "def times(x, n):\n    return n * x"]


def digest(answer: object, *own: str, text: str = "") -> str:
    exercise = {"cell_type": "code", "source": answer, "metadata": {"lab": {"kind": "exercise", "name": "double"}}}
    cells = [{"cell_type": "code", "source": source, "metadata": {}} for source in own]
    note = {"cell_type": "markdown", "source": text, "metadata": {}}
    content = {"nbformat": 4, "cells": [exercise, note, *cells]}
    return answer_digests(NotebookFile(Path("a.ipynb"), b"", content))["double"]


def test_comments_layout_and_lines_do_not_count() -> None:
    assert digest(ANSWER) == digest(f"# mine\n{ANSWER}") == digest(ANSWER.splitlines(keepends=True))
    assert digest(ANSWER) != digest(ANSWER.replace("twice", "thrice"))


def test_cells_of_ones_own_count_if_they_are_used() -> None:
    assert digest(ANSWER, *HELPERS) == digest(ANSWER, *HELPERS, "y = double(3)", text="a thought")
    assert digest(ANSWER, *HELPERS) != digest(ANSWER, HELPERS[0], HELPERS[1].replace("*", "+"))
    assert digest(ANSWER, *HELPERS) != digest(ANSWER)


@pytest.mark.parametrize("source", ["%%time\ndef double(x): ...", "def double(:", "\0", None])
def test_what_is_no_python_has_a_digest_too(source: object) -> None:
    assert digest(source) == digest(source) != digest(ANSWER)
    digest(ANSWER, "def half(:", "%time twice")


def test_answers_that_need_each_other_come_to_an_end() -> None:
    assert digest("def double(x):\n    return a(x)", "def a(x):\n    return b(x)", "def b(x):\n    return a(x)")
