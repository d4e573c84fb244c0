"""Is from a submission taken what is the learner's, and nothing else?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import Assignment
from autograder.build.build import build_lab
from autograder.build.notebooks import to_text
from autograder.intake import Rejected, read_submission
from autograder.read_assignment import read_assignment


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
        ("exercise", True),
    ]


def test_added_cells_run_where_they_stand_and_explore_cells_do_not(
    assignment: Assignment, notebook: dict[str, Any]
) -> None:
    place = next(i for i, c in enumerate(notebook["cells"]) if c["id"] == "exercise-count")
    mine = {"cell_type": "code", "source": ["a = 1\n", "b = 2"], "metadata": {}}
    notebook["cells"].insert(place, mine)
    notebook["cells"].insert(0, mine)
    steps = read(assignment, notebook).plan(assignment)
    assert [kind for kind, _, _ in steps] == ["extra", "setup", "exercise", "extra", "exercise"]
    assert steps[0][2] == "a = 1\nb = 2"


def test_a_cell_that_stands_twice_is_taken_not_at_all(assignment: Assignment, notebook: dict[str, Any]) -> None:
    notebook["cells"].append(next(c for c in notebook["cells"] if c["id"] == "exercise-double"))
    submission = read(assignment, notebook)
    assert submission.twice == ("double",)
    assert "double" not in submission.exercises


def test_missing_cells_are_named(assignment: Assignment, notebook: dict[str, Any]) -> None:
    notebook["cells"] = [c for c in notebook["cells"] if c["id"] != "exercise-count"]
    assert read(assignment, notebook).missing == ("count",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b'{"cells": [', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"{}", "format 4"),
        (b'{"nbformat": 4, "cells": ["x"]}', "format 4"),
        (b'{"nbformat": 4, "cells": []}', "Was another lab handed in"),
        (b'{"nbformat": 4, "cells": [' + b",".join([b"{}"] * 2001) + b"]}", "more than 2000 cells"),
        (b" " * ((20 << 20) + 1), "larger than 20 MB"),
    ],
)  # fmt: skip
def test_what_is_no_submission_is_rejected_with_the_reason(assignment: Assignment, content: bytes, says: str) -> None:
    with pytest.raises(Rejected, match=says):
        read_submission(assignment, content)


@pytest.mark.parametrize("metadata", [None, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": ["double"]}}, {"lab": "x"}])
def test_odd_metadata_does_no_harm(assignment: Assignment, notebook: dict[str, Any], metadata: Any) -> None:
    notebook["cells"].append({"cell_type": "code", "source": None, "metadata": metadata})
    assert set(read(assignment, notebook).exercises) == {"double", "count"}
