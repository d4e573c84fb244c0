"""A course that is none of ours, as nbgrader's own commands make it, with what such courses hold."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

BIN = Path(sys.executable).parent
SUBMITTED = "2026-03-01 12:00:00.000000 UTC"
MEAN = """def mean(values):
    ### BEGIN SOLUTION
    return sum(values) / len(values)
    ### END SOLUTION"""
TEST_MEAN = """assert mean([1, 2, 3]) == 2, f"The mean of 1, 2, 3 is 2, yours is {mean([1, 2, 3])}."
### BEGIN HIDDEN TESTS
assert mean(flights()) == 20, "The mean of the file's numbers is another."
### END HIDDEN TESTS"""
FIRST: list[tuple[str, str, dict[str, Any]]] = [
    ("markdown", "# Problem 1\nRead this.", {}),
    ("code", "%matplotlib inline\nimport csv\n\nfrom helper import square", {}),
    ("code", "def flights():\n    with open('data.csv') as file:\n        return [int(n) for n in next(csv.reader(file))]", {}),
    ("markdown", "Locked text.", {"grade_id": "read_only", "locked": True}),
    ("code", MEAN, {"grade_id": "mean", "solution": True}),
    ("code", TEST_MEAN, {"grade_id": "test_mean", "grade": True, "locked": True, "points": 2}),
    ("code", "assert square(mean([3])) == 9", {"grade_id": "test_square", "grade": True, "locked": True, "points": 1}),
    ("markdown", "The mean moves with every value.", {"grade_id": "essay", "solution": True, "grade": True, "points": 5}),
    ("code", "### BEGIN SOLUTION\nprint(1)\n### END SOLUTION", {"grade_id": "plot", "solution": True, "grade": True, "points": 3}),
    ("markdown", "Draw.\n=== BEGIN MARK SCHEME ===\n1 point per axis\n=== END MARK SCHEME ===", {"grade_id": "task", "task": True, "locked": True, "points": 4}),
]  # fmt: skip
SECOND: list[tuple[str, str, dict[str, Any]]] = [
    ("code", "def twice(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION", {"grade_id": "twice", "solution": True}),
    ("code", "assert twice(2) == 4", {"grade_id": "test_twice", "grade": True, "locked": True, "points": 2}),
]  # fmt: skip
Change = Callable[[NotebookNode], None]


def notebook(cells: list[tuple[str, str, dict[str, Any]]]) -> NotebookNode:
    """A source notebook as nbgrader's Create Assignment leaves it."""
    nb = new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    for place, (kind, source, marks) in enumerate(cells):
        full = {"schema_version": 3, "solution": False, "grade": False, "locked": False, "task": False, **marks}
        metadata = {"nbgrader": full} if marks else {}
        make = new_code_cell if kind == "code" else new_markdown_cell
        nb.cells.append(make(source, metadata=metadata, id=f"c{place}"))
    return nb


def run(course: Path, *command: str) -> str:
    """Run a command of the environment in the course's folder; what it said."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("JUPYTER")}
    env |= {"PATH": f"{BIN}{os.pathsep}{env['PATH']}", "JUPYTER_CONFIG_DIR": str(course.parent / "no-config")}
    done = subprocess.run(command, cwd=course, env=env, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def hand_in(course: Path, student: str, **changes: Change) -> None:
    """What was released, changed by one function per notebook."""
    folder = course / "submitted" / student / "ps1"
    folder.mkdir(parents=True)
    for name, change in changes.items():
        nb = copy.deepcopy(nbformat.read(course / "release" / "ps1" / f"{name}.ipynb", as_version=4))
        change(nb)
        nbformat.write(nb, folder / f"{name}.ipynb")
    (folder / "timestamp.txt").write_text(SUBMITTED)


def write(**cells: str) -> Change:
    """A change: grade id → what the learner writes there."""

    def change(nb: NotebookNode) -> None:
        for cell in nb.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            cell.source = cells.get(grade_id, cell.source)

    return change


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An assignment of two notebooks, one that only explains, and data; released by nbgrader."""
    course = tmp_path_factory.mktemp("plain") / "course"
    folder = course / "source" / "ps1"
    folder.mkdir(parents=True)
    (course / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "plain"\n')
    nbformat.write(notebook(FIRST), folder / "first.ipynb")
    nbformat.write(notebook(SECOND), folder / "second.ipynb")
    nbformat.write(notebook([("markdown", "Welcome.", {})]), folder / "welcome.ipynb")
    (folder / "data.csv").write_text("10,20,30\n")
    (folder / "helper.py").write_text("def square(x):\n    return x * x\n")
    run(course, "nbgrader", "generate_assignment", "ps1")
    return course


@pytest.fixture(scope="session")
def tools() -> dict[str, Any]:
    """Functions for tests: `run`, `hand_in`, `write`."""
    return {"run": run, "hand_in": hand_in, "write": write}
