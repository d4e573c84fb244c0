"""Is machinery folded, and code that a learner should read open?"""

from __future__ import annotations

import pytest

from autograder.authoring.folding import is_folded
from autograder.authoring.source import SourceCell

CELLS = {
    "setup": (SourceCell("setup", "import numpy", 1), True),
    "check": (SourceCell("check", 'with check("psi"):\n    assert psi', 1), True),
    "exercise": (SourceCell("exercise", "def psi(): ...", 1), False),
    "text": (SourceCell("text", "def is a word", 1), False),
    "prediction": (SourceCell("explore", 'predict("rows", "How many?", {"rows": (0, 9)})', 1), True),
    "reveal after a run": (SourceCell("explore", "rows = 3\nreveal('rows', {'rows': rows})", 1), True),
    "picture": (SourceCell("explore", "fig, ax = plots.figure('Title')\nplots.show(fig, alt='…')", 1), True),
    "explorer": (SourceCell("explore", "def draw(n): ...\n\nexplorer(draw, n=(0, 9, 3))", 1), True),
    "only definitions": (SourceCell("explore", "import math\n\ndef area(r):\n    return math.pi * r**2", 1), True),
    "a run": (SourceCell("explore", "measured = [psi(day, day) for day in days]", 1), False),
    "a magic": (SourceCell("explore", "%time psi(jan, jan)", 1), False),
    "a word in a text": (SourceCell("explore", "print('plots and predict')", 1), False),
    "opened by the author": (SourceCell("setup", "import numpy", 1, {"folded": False}), False),
    "folded by the author": (SourceCell("explore", "# A table.\nx = 1", 1, {"folded": True}), True),
}


@pytest.mark.parametrize("name", CELLS)
def test_cell_is_folded_or_open(name: str) -> None:
    cell, folded = CELLS[name]
    assert is_folded(cell) is folded
