"""Is a misspelt word told from a wrong idea?"""

from __future__ import annotations

from typing import Any

import pytest

from prodml.lab.slips import is_slip

LIBRARY = "def find(name): raise NameError(name)\ndef parse(text): raise SyntaxError(text)"


def _is_slip(source: str) -> bool:
    library: dict[str, Any] = {}
    exec(LIBRARY, library)
    names: dict[str, Any] = {"find": library["find"], "parse": library["parse"]}
    try:
        exec(source, names)
    except Exception as error:
        return is_slip(error, names)
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    "source",
    [
        "lenght",
        "def f():\n    a = b\n    b = 1\nf()",
        "import nunpy",
        "from math import sinus",
        "eval('1 +')",
        "exec('if 1:\\nx')",
        "'a'.uper()",
        "import numpy as np\nnp.maen",
        "import pandas as pd\npd.DataFrame({'a': [1]}).meann()",
    ],
)
def test_words_that_python_does_not_know(source: str) -> None:
    assert _is_slip(source)


@pytest.mark.parametrize(
    "source",
    [
        "1 / 0",
        "None.mean()",
        "[1].shape",
        "find('column')",
        "parse('select')",
        "raise AttributeError('mean')",
        "class Odd:\n    def __dir__(self): raise ValueError\nOdd().maen",
    ],
)
def test_what_says_something_about_the_idea(source: str) -> None:
    assert not _is_slip(source)


def test_an_error_that_was_never_raised_is_none() -> None:
    assert not is_slip(NameError("x"), {})
