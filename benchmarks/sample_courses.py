"""Plain nbgrader courses of any size, made in a moment: for the benchmark and for tests."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

NAME = "squares"
NUMPY, TENSORFLOW = "import numpy as np", "import numpy as np\nimport tensorflow as tf"
SOLUTION = """\
def squares(n):
    ### BEGIN SOLUTION
    return np.arange(1, n + 1) ** 2
    ### END SOLUTION"""
TEST = """\
assert list(squares(3)) == [1, 4, 9], "The first three squares are 1, 4, 9."
### BEGIN HIDDEN TESTS
assert int(np.sum(squares(10))) == 385, "Squares are added up wrongly."
### END HIDDEN TESTS"""
POINTS = 2.0
CONFIG = "c = get_config()\nc.CourseDirectory.root = '.'\n"


def plain_course(folder: Path, students: int, first: str = NUMPY) -> Path:
    """Make a course with one assignment, `squares`, that each student has handed in; every third one is wrong.

    Args:
        first: the assignment's first cell.
    """
    source = _source(first)
    (folder / "source" / NAME).mkdir(parents=True)
    nbformat.write(source, folder / "source" / NAME / f"{NAME}.ipynb")
    (folder / "nbgrader_config.py").write_text(CONFIG)
    for number in range(students):
        hand_in(folder, student_id(number), answer(source, number))
    return folder


def student_id(number: int) -> str:
    """The id of a student."""
    return f"student-{number:05}"


def is_right(number: int) -> bool:
    """Whether that student's answer is right."""
    return number % 3 != 0


def answer(source: NotebookNode, number: int) -> NotebookNode:
    """What a student hands in; no two are alike."""
    notebook = copy.deepcopy(source)
    power = 2 if is_right(number) else 3
    notebook.cells[1].source = f"def squares(n):\n    return np.arange(1, n + 1) ** {power}  # {number}"
    return notebook


def hand_in(course: Path, student: str, notebook: NotebookNode, name: str = NAME) -> None:
    """Put a notebook where students' work belongs, in place of what they had handed in before."""
    path = course / "submitted" / student / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def _source(first: str) -> NotebookNode:
    cells = [_cell(first), _cell(SOLUTION, "squares", solution=True), _cell(TEST, "test_squares", points=POINTS)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def _cell(source: str, grade_id: str = "", *, solution: bool = False, points: float | None = None) -> NotebookNode:
    if not grade_id:
        return new_code_cell(source, id="first")
    meta: dict[str, Any] = {"grade_id": grade_id, "solution": solution, "locked": not solution, "task": False}
    meta |= {"grade": points is not None, "schema_version": 3} | ({"points": points} if points is not None else {})
    return new_code_cell(source, id=grade_id, metadata={"nbgrader": meta})
