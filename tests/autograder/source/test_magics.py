"""Does a cell with magics become plain Python, line by line, and a plain one stay as it is?"""

from __future__ import annotations

import pytest

from autograder.source.magics import without_magics


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("import x\nx = 7 % 2", "import x\nx = 7 % 2"),
        ("x = (7\n  % 2)", "x = (7\n  % 2)"),
        ("%matplotlib inline\nimport x", "pass  # %matplotlib inline\nimport x"),
        ("if x:\n    !ls\ny = 1", "if x:\n    pass  # !ls\ny = 1"),
        ("%%time\nx = 1", "pass  # %%time\nx = 1"),
        ("%%bash\nls -l\ncd", "\n\n"),
        ("text = '''\n%no magic'''", "text = '''\n%no magic'''"),
        ("", ""),
    ],
)
def test_magics(source: str, python: str) -> None:
    assert without_magics(source) == python
