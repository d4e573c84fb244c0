"""Does a submission get the points that it deserves, and no others?"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.authoring.build import Built, build_lab
from autograder.authoring.notebooks import to_text
from autograder.judge.limits import Limits
from autograder.marking.marker import Marker
from autograder.marking.marks import ALL_PASSED, VISIBLE_PASSED
from autograder.results import Status, SubmissionResult
from autograder.source.read_assignment import read_assignment

SHORT = Limits(cell_seconds=10, call_seconds=3, check_seconds=10)
GOOD = {
    "double": "def double(x):\n    return 2 * x",
    "count": "class Counter:\n    n = 0\n    def add(self):\n        self.n += 1\n    def total(self):\n        return self.n",
}
Mark = Callable[..., SubmissionResult]


@pytest.fixture(scope="module")
def built(small_lab: Path) -> Built:
    return build_lab(small_lab)


@pytest.fixture(scope="module")
def marker(built: Built) -> Iterator[Marker]:
    with Marker(
        read_assignment("90_small", to_text(built.nbgrader_source).encode()), secret=b"test", limits=SHORT
    ) as marker:
        yield marker


@pytest.fixture
def mark(marker: Marker, built: Built) -> Mark:
    """Mark a submission that holds these sources in its exercise cells."""

    def mark(
        *,
        hidden: bool = True,
        change: Callable[[NotebookNode], None] | None = None,
        draw: bytes | None = None,
        **cells: str,
    ) -> SubmissionResult:
        nb = copy.deepcopy(built.learner)
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = {**GOOD, **cells}.get(name, cell.source)
        if change:
            change(nb)
        return marker.mark("ada", to_text(nb).encode(), hidden=hidden, draw=draw)

    return mark


def points(result: SubmissionResult) -> dict[str, float]:
    return {e.name: e.score for e in result.exercises}


def messages(result: SubmissionResult) -> dict[str, str]:
    return {e.name: e.message for e in result.exercises}


def test_a_draw_decides_the_hidden_inputs_whatever_the_notebook_says(mark: Mark) -> None:
    lucky = "def double(x):\n    return 2 * x if getattr(x, 'shape', None) != (5,) or x[0] > 0 else x"
    draws = [b"0", b"1", b"2", b"3", b"4", b"5"]
    first, second = ([points(mark(double=text, draw=d))["double"] for d in draws] for text in (lucky, f"# \n{lucky}"))
    assert first == second
    assert len(set(first)) == 2


def test_right_answers_get_all_points(mark: Mark) -> None:
    result = mark()
    assert (result.status, result.score, result.max_score) == (Status.GRADED, 5, 5)
    assert set(messages(result).values()) == {ALL_PASSED}


def test_visible_checks_alone_promise_nothing_more(mark: Mark) -> None:
    assert set(messages(mark(hidden=False)).values()) == {VISIBLE_PASSED}


def test_one_mistake_costs_its_own_points_only(mark: Mark) -> None:
    result = mark(double="def double(x):\n    return x + 2")
    assert points(result) == {"double": 0, "count": 2}
    assert (
        messages(result)["double"] == "Twice [1, 4] is [2, 8], yours is [3.0, 6.0]. Do you add instead of multiplying?"
    )


def test_a_hidden_failure_says_the_authors_sentence_and_nothing_of_the_learners(mark: Mark) -> None:
    source = "def double(x):\n    if len(x) == 5:\n        raise RuntimeError(repr(list(x)))\n    return 2 * x"
    result = mark(double=source)
    assert points(result)["double"] == 0
    assert messages(result)["double"] == "Visible checks passed. A hidden test failed. (Your code raised RuntimeError.)"


def test_a_failure_in_a_helper_belongs_to_the_part_that_called_it(lab_dir: Path, lab_text: str) -> None:
    """The helper stands in the visible part, and the hidden part fails in it: is it told as a hidden test?"""
    helper = "    def ask(x):\n        return value(double(x), np.ndarray)\n\n    got = ask(np.array([1.0, 4.0]))"
    text = lab_text.replace("    got = value(double(np.array([1.0, 4.0])), np.ndarray)", helper)
    (lab_dir / "lab.py").write_text(text.replace("answer = value(double(secret), np.ndarray)", "answer = ask(secret)"))
    built = build_lab(lab_dir)
    nb = copy.deepcopy(built.nbgrader_source)
    for cell in nb.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "double":
            cell.source = "def double(x):\n    if len(x) == 5:\n        raise RuntimeError\n    return 2 * x"
    with Marker(
        read_assignment("90_small", to_text(built.nbgrader_source).encode()), secret=b"test", limits=SHORT
    ) as marker:
        result = marker.mark("ada", to_text(nb).encode(), only=["double"])
    assert messages(result)["double"] == "Visible checks passed. A hidden test failed. (Your code raised RuntimeError.)"


UNDESERVED = {
    "equal to everything": "class Any:\n    def __eq__(self, o): return True\n    def tolist(self): return self\ndef double(x): return Any()",
    "raises StopIteration": "def double(x):\n    raise StopIteration",
    "raises AssertionError": "def double(x):\n    raise AssertionError",
    "raises SystemExit": "def double(x):\n    raise SystemExit(0)",
    "ends the process": "import os\ndef double(x):\n    os._exit(0)",
    "ends the process at once": "import os\nos._exit(0)",
    "changes numpy": "import numpy as np\nnp.allclose = np.array_equal = lambda *a, **k: True\ndef double(x): return x",
    "changes check and value": "import prodml\ncheck = value = prodml.value = lambda *a: None\ndef double(x): return x",
    "looks for the solution": "import gc\ndef double(x):\n    found = [o for o in gc.get_objects() if isinstance(o, str) and 'self.calls + 1' in o]\n    return 2 * x if found else x",
    "an array subclass": "import numpy as np\nclass A(np.ndarray):\n    def __eq__(self, o): return True\n    def tolist(self): return [2.0, 8.0]\ndef double(x): return np.zeros(2).view(A)",
    "returns nothing": "def double(x): pass",
    "is not there": "pass",
    "is no Python": "def double(x:",
    "is no function": "double = 3",
}  # fmt: skip


@pytest.mark.parametrize("name", UNDESERVED)
def test_no_points_are_undeserved_and_neighbours_keep_theirs(mark: Mark, name: str) -> None:
    result = mark(double=UNDESERVED[name])
    assert points(result) == {"double": 0, "count": 2}, messages(result)
    assert messages(result)["double"]


def test_a_hang_costs_its_own_points_only(mark: Mark) -> None:
    result = mark(double="def double(x):\n    while True: pass")
    assert (result.status, points(result)) == (Status.TIMEOUT, {"double": 0, "count": 2})
    assert messages(result)["double"] == "your code did not answer within 3 s"


HONEST = {
    "prints and warns": "import warnings, sys\ndef double(x):\n    print('hello')\n    warnings.warn('careful')\n    print('err', file=sys.stderr)\n    return 2 * x",
    "callable object": "class Double:\n    def __call__(self, x): return 2 * x\ndouble = Double()",
    "lambda": "double = lambda x: x * 2",
    "global state": "calls = []\ndef double(x):\n    calls.append(1)\n    return 2 * x",
    "magics": "%precision 3\ndef double(x): return 2 * x",
    "raises at its end": "def double(x): return 2 * x\nraise ValueError('a test of mine')",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest_oddities_get_full_points(mark: Mark, name: str) -> None:
    result = mark(double=HONEST[name])
    assert result.score == 5, messages(result)


def test_a_helper_in_a_cell_that_the_learner_added_is_used(mark: Mark) -> None:
    def add_helper(nb: NotebookNode) -> None:
        place = next(i for i, c in enumerate(nb.cells) if c.id == "exercise-double")
        nb.cells.insert(place, new_code_cell("def helper(x):\n    return 2 * x", id="mine"))

    assert mark(double="def double(x):\n    return helper(x)", change=add_helper).score == 5


def test_edited_locked_cells_change_nothing(mark: Mark) -> None:
    def edit(nb: NotebookNode) -> None:
        for cell in nb.cells:
            if cell.metadata.get("nbgrader", {}).get("locked"):
                cell.source = "assert True"

    assert points(mark(change=edit, double="def double(x): return x")) == {"double": 0, "count": 2}
    assert mark(change=edit).score == 5


def test_a_missing_cell_scores_nothing_and_is_said(mark: Mark) -> None:
    def drop(nb: NotebookNode) -> None:
        nb.cells = [c for c in nb.cells if c.id != "exercise-double"]

    result = mark(change=drop)
    assert points(result) == {"double": 0, "count": 2}
    assert messages(result)["double"] == "The cell of this exercise is missing."
    assert result.message == "The cell of double is missing."


@pytest.mark.parametrize(
    "notebook", [b"", b"\xff", b"[]", b'{"nbformat": 3, "cells": []}', b'{"nbformat": 4, "cells": [1]}']
)
def test_a_broken_file_is_rejected_with_a_reason(marker: Marker, notebook: bytes) -> None:
    result = marker.mark("ada", notebook)
    assert (result.status, result.score) == (Status.REJECTED, 0)
    assert result.message.endswith((".", "?"))


def test_a_long_cell_is_run(mark: Mark) -> None:
    """Pasted data makes a cell longer than anything that a learner's process may answer."""
    assert mark(double=f"data = {list(range(50_000))}\ndef double(x):\n    return 2 * x").score == 5
