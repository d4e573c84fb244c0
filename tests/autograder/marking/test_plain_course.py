"""Is a plain nbgrader course, which knows nothing of our labs, judged by the same rules?"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.authoring.notebooks import to_text
from autograder.errors import CourseError
from autograder.marking.marker import Marker
from autograder.source.read_assignment import read_assignment


def cell(
    source: str, grade_id: str | None = None, *, solution: bool = False, points: float | None = None
) -> NotebookNode:
    meta: dict[str, Any] = {}
    if grade_id:
        meta = {"grade_id": grade_id, "solution": solution, "grade": points is not None, "locked": not solution}
        meta |= {"schema_version": 3, "task": False} | ({"points": points} if points is not None else {})
        meta = {"nbgrader": meta}
    return new_code_cell(source, metadata=meta)


SQUARES = "def squares(n):\n    ### BEGIN SOLUTION\n    return [i * i for i in range(1, n + 1)]\n    ### END SOLUTION"
TEST = "assert squares(1) == [1]\n### BEGIN HIDDEN TESTS\nassert squares(2) == [1, 4]\n### END HIDDEN TESTS"


@pytest.fixture
def source() -> NotebookNode:
    cells = [
        new_markdown_cell("# Squares"),
        cell("import numpy as np\noffset = 1"),
        cell(SQUARES, "squares", solution=True),
        cell(TEST, "test_squares", points=2),
        cell("assert np.sum(squares(3)) == 14\nassert offset == 1", "test_sum", points=3),
    ]
    return new_notebook(
        cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )


def mark(source: NotebookNode, answer: str) -> dict[str, tuple[float, str]]:
    nb = copy.deepcopy(source)
    nb.cells[2].source = answer
    with Marker(read_assignment("squares", to_text(source).encode()), secret=b"x") as marker:
        result = marker.mark("ada", to_text(nb).encode())
    return {e.name: (e.score, e.message) for e in result.exercises}


def test_a_right_answer_gets_all_points(source: NotebookNode) -> None:
    answer = "import itertools\ndef squares(n):\n    return [i ** 2 for i in itertools.islice(itertools.count(1), n)]"
    assert {n: s for n, (s, _) in mark(source, answer).items()} == {"test_squares": 2, "test_sum": 3}


def test_a_wrong_answer_loses_what_it_gets_wrong(source: NotebookNode) -> None:
    found = mark(source, "def squares(n):\n    return [1] if n == 1 else [7, 7]")
    assert found["test_squares"] == (0, "Visible checks passed. A hidden test failed.")
    assert found["test_sum"] == (3, "All checks passed.")


def test_the_untouched_stub_gets_nothing(source: NotebookNode) -> None:
    found = mark(source, "def squares(n):\n    # YOUR CODE HERE\n    raise NotImplementedError()")
    assert found["test_squares"] == (0, "Not done yet: the exercise still raises NotImplementedError.")


def test_the_missing_cell_of_a_name_is_said(source: NotebookNode) -> None:
    nb = copy.deepcopy(source)
    del nb.cells[2]
    with Marker(read_assignment("squares", to_text(source).encode()), secret=b"x") as marker:
        result = marker.mark("ada", to_text(nb).encode())
    assert {e.message for e in result.exercises} == {"The cell of this exercise is missing."}


def _retype(nb: NotebookNode) -> None:
    nb.metadata.kernelspec.language = "R"


def _repeat(nb: NotebookNode) -> None:
    nb.cells.append(NotebookNode(copy.deepcopy(nb.cells[3]), id="again"))


def _no_points(nb: NotebookNode) -> None:
    del nb.cells[3].metadata.nbgrader["points"]


def _odd_points(nb: NotebookNode) -> None:
    nb.cells[3].metadata.nbgrader["points"] = "two"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_retype, r"the source of squares is in R; only Python is judged\n  fix: use `nbgrader autograde`"),
        (_repeat, r"the source of squares has more than one cell test_squares\n  fix: give each its own id"),
        (_no_points, r"the source's cell test_squares has no points\n  fix: give it points in nbgrader"),
        (_odd_points, r"the source's cell test_squares has 'two' points"),
    ],
)
def test_a_source_that_cannot_be_judged_is_said(source: NotebookNode, change: Any, says: str) -> None:
    change(source)
    with pytest.raises(CourseError, match=says):
        read_assignment("squares", to_text(source).encode())


def test_a_source_without_graded_cells_is_refused(source: NotebookNode) -> None:
    source.cells = source.cells[:3]
    with pytest.raises(CourseError, match="no graded test cell"):
        mark(source, "pass")
