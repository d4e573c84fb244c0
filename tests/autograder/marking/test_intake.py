"""Is from a submission taken what is the learner's, and nothing else?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.marking.intake import Rejected, read_submission
from autograder.source.assignment import Assignment
from autograder.source.read_assignment import read_assignment


@pytest.fixture(scope="module")
def assignment(small_lab: Path) -> Assignment:
    return read_assignment("90_small", to_text(build_lab(small_lab).nbgrader_source).encode())


@pytest.fixture
def notebook(small_lab: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(to_text(build_lab(small_lab).learner))
    return loaded


def read(assignment: Assignment, notebook: dict[str, Any]) -> Any:
    return read_submission(assignment, json.dumps(notebook).encode())


def test_locked_cells_come_from_the_source(assignment: Assignment, notebook: dict[str, Any]) -> None:
    for cell in notebook["cells"]:
        cell["source"] = "theirs()"
    steps = read(assignment, notebook).plan(assignment)
    assert [(kind, source == "theirs()") for kind, _, source in steps] == [
        ("setup", False),
        ("exercise", True),
        ("test", False),
        ("exercise", True),
        ("test", False),
    ]


def test_added_cells_run_where_they_stand_and_explore_cells_do_not(
    assignment: Assignment, notebook: dict[str, Any]
) -> None:
    place = next(i for i, c in enumerate(notebook["cells"]) if c["id"] == "exercise-count")
    mine = {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "metadata": {}}
    notebook["cells"].insert(place, mine)
    notebook["cells"].insert(0, mine)
    steps = read(assignment, notebook).plan(assignment)
    assert [kind for kind, _, _ in steps] == ["extra", "setup", "exercise", "test", "extra", "exercise", "test"]
    assert steps[0][2] == "a = 1\nb = 2"


def test_a_cell_that_stands_twice_is_taken_not_at_all(assignment: Assignment, notebook: dict[str, Any]) -> None:
    notebook["cells"].append(next(c for c in notebook["cells"] if c["id"] == "exercise-double"))
    submission = read(assignment, notebook)
    assert submission.twice == ("double",)
    assert submission.remarks == ["The cell of double stands there more than once."]
    assert "double" not in submission.exercises


def test_missing_cells_are_named(assignment: Assignment, notebook: dict[str, Any]) -> None:
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] != "exercise-count"]
    submission = read(assignment, notebook)
    assert submission.missing == ("count",)
    assert submission.remarks == ["The cell of count is missing."]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is not JSON: was it saved completely?"),
        (b"\xff\xfe", "The file is not UTF-8 text. Save it in JupyterLab and hand it in again."),
        (b'{"cells": [', "The file is not JSON: was it saved completely?"),
        (b"[" * 100_000, "The file is not JSON: was it saved completely?"),
        (b"[]", "The file is not a Jupyter notebook: it names no nbformat."),
        (b'{"cells": []}', "The file is not a Jupyter notebook: it names no nbformat."),
        (b'{"nbformat": 3, "worksheets": []}', "The notebook has format 3, not 4. Save it in JupyterLab and hand it in again."),
        (b'{"nbformat": 5, "cells": []}', "The notebook has format 5, not 4. Save it in JupyterLab and hand it in again."),
        (b'{"nbformat": ["x"], "cells": []}', "The notebook has format unknown, not 4. Save it in JupyterLab and hand it in again."),
        (b'{"nbformat": 4}', "The file is not a Jupyter notebook: it has no list of cells."),
        (b'{"nbformat": 4, "cells": ["x"]}', "The file is not a Jupyter notebook: it has no list of cells."),
        (b'{"nbformat": 4, "cells": []}', "The notebook has no cell of 90_small. Was another notebook handed in?"),
        (b'{"nbformat": 4, "cells": [' + b",".join([b"{}"] * 2001) + b"]}", "The notebook has more than 2000 cells. Delete those that are not needed."),
        (b" " * ((20 << 20) + 1), "The file is larger than 20 MB. Clear the outputs and hand it in again."),
    ],
)  # fmt: skip
def test_what_is_no_submission_is_rejected_with_the_reason(assignment: Assignment, content: bytes, says: str) -> None:
    with pytest.raises(Rejected) as rejected:
        read_submission(assignment, content)
    assert str(rejected.value) == says


@pytest.mark.parametrize("metadata", [None, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": ["double"]}}, {"lab": "x"}])
def test_odd_metadata_does_no_harm(assignment: Assignment, notebook: dict[str, Any], metadata: Any) -> None:
    notebook["cells"].append({"cell_type": "code", "source": None, "metadata": metadata})
    assert set(read(assignment, notebook).exercises) == {"double", "count"}


def test_a_moved_cell_is_taken_as_it_is_and_run_where_it_belongs(
    assignment: Assignment, notebook: dict[str, Any]
) -> None:
    cells = notebook["cells"]
    cells.append(cells.pop(next(i for i, c in enumerate(cells) if c["id"] == "exercise-double")))
    submission = read(assignment, notebook)
    steps = submission.plan(assignment)
    assert [grade_id for kind, grade_id, _ in steps if kind != "test"] == ["setup_1", "double", "count"]
    assert submission.remarks == ["Cells were moved; they were run in the order in which they were handed out."]


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "R"),
        ({"kernelspec": {"name": "julia-1.10", "language": "julia"}}, "julia"),
        ({"language_info": {"name": "bash"}}, "bash"),
        ({"kernelspec": {"language": "\u202e" + "x" * 1000}}, "\\u202e" + "x" * 39),
        ({"kernelspec": {"name": "conda-env", "language": "Python"}}, ""),
        ({"kernelspec": ["R"], "language_info": 3}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_another_kernel_is_said(assignment: Assignment, notebook: dict[str, Any], metadata: Any, language: str) -> None:
    notebook["metadata"] = metadata
    wanted = [f"The notebook was saved with a kernel for {language}, but is run with Python."] if language else []
    submission = read(assignment, notebook)
    assert submission.remarks == wanted
    assert set(submission.exercises) == {"double", "count"}


def test_half_a_character_and_a_byte_order_mark_do_no_harm(assignment: Assignment, notebook: dict[str, Any]) -> None:
    next(c for c in notebook["cells"] if c["id"] == "exercise-double")["source"] = "x = '\ud800'"
    submission = read_submission(assignment, b"\xef\xbb\xbf" + json.dumps(notebook).encode())
    assert submission.exercises["double"] == "x = '?'"


def test_texts_that_were_handed_out_are_not_the_learners(assignment: Assignment, notebook: dict[str, Any]) -> None:
    """Neither are locked cells; what was added is, whatever its type or its foreign grade id."""
    assert read(assignment, notebook).extra == {}
    notebook["cells"] += [
        {"cell_type": "markdown", "source": "mine", "metadata": {}},
        {"cell_type": "raw", "source": "raw", "metadata": {}},
        {"cell_type": "code", "source": "1", "metadata": {"nbgrader": {"grade_id": "of_another_lab"}}},
    ]
    added = read(assignment, notebook).extra["check_count"]
    assert [(cell.is_code, cell.source) for cell in added] == [(False, "mine"), (False, "raw"), (True, "1")]
