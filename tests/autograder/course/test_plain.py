"""Is a course that is none of ours graded as it is, with all that nbgrader's courses hold?"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook

MEAN = "def mean(values):\n    return sum(values) / len(values)"
Results = dict[tuple[str, str], dict[str, Any]]


def digests(folder: Path) -> dict[str, str]:
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def add_drawing(nb: NotebookNode) -> None:
    nb.cells += [new_markdown_cell("See *below*.", id="mine"), new_code_cell("draw = 1", id="mine-too")]


@pytest.fixture(scope="module")
def course(released: Path, tools: dict[str, Callable[..., Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graded by one command, as it lies there."""
    course: Path = shutil.copytree(released, tmp_path_factory.mktemp("graded") / "course")
    write, hand_in = tools["write"], tools["hand_in"]

    def first(nb: NotebookNode) -> None:
        write(mean=MEAN, essay="It moves with $x$.", plot="print(2)")(nb)
        add_drawing(nb)

    hand_in(course, "ada", first=first, second=write(twice="def twice(x): return x + x"))
    hand_in(course, "bob", first=write(mean="def mean(values): return values[1]"))
    hand_in(
        course, "cyd", first=lambda nb: nb.update(cells=[c for c in nb.cells if "mean" not in c.source.split("(")[0]])
    )
    hand_in(course, "dan", first=write(mean=f"open('data.csv')\n{MEAN}\nopen('data.csv', 'w')"))
    before = {part: digests(course / part) for part in ("source", "release", "submitted")}
    tools["run"](course, "labs", "grade", "ps1", "--course", ".", "--json", "grades.json")
    assert before == {part: digests(course / part) for part in before}
    return course


@pytest.fixture(scope="module")
def results(course: Path) -> Results:
    return {(r["student"], r["notebook"]): r for r in json.loads((course / "grades.json").read_text())}


def scores(result: dict[str, Any]) -> dict[str, float | None]:
    return {e["name"]: e["score"] for e in result["exercises"]}


def messages(result: dict[str, Any]) -> dict[str, str]:
    return {e["name"]: e["message"] for e in result["exercises"]}


def test_each_graded_notebook_is_judged(results: Results) -> None:
    """With magics, a module and data beside it; one that only explains is none."""
    assert {notebook for _, notebook in results} == {"first", "second"}
    assert scores(results["ada", "first"]) == {
        "test_mean": 2,
        "test_square": 1,
        "essay": None,
        "plot": None,
        "task": None,
    }
    assert messages(results["ada", "first"])["test_mean"] == "All checks passed, the hidden ones too."
    assert messages(results["ada", "first"])["test_square"] == "All checks passed."
    assert scores(results["ada", "second"]) == {"test_twice": 2}
    assert (results["ada", "first"]["score"], results["ada", "first"]["max_score"]) == (3, 15)
    assert results["bob", "second"]["status"] == "not_submitted"


def test_what_a_person_grades_waits_or_is_blank(results: Results) -> None:
    assert messages(results["ada", "first"])["essay"] == "Waits for a grade by hand."
    assert scores(results["bob", "first"]) == {"test_mean": 2, "test_square": 0, "essay": 0, "plot": 0, "task": None}
    assert messages(results["bob", "first"])["essay"] == "Nothing was written here."


def test_a_missing_cell_is_said(results: Results) -> None:
    assert messages(results["cyd", "first"])["test_mean"] == "The cell of this exercise is missing."
    assert results["cyd", "first"]["message"] == "The cell of mean is missing."


def test_data_can_be_read_and_not_be_changed(course: Path, results: Results) -> None:
    assert scores(results["dan", "first"])["test_mean"] == 2
    assert (course / "source" / "ps1" / "data.csv").read_text() == "10,20,30\n"


def test_the_gradebook_knows_what_a_person_has_to_do(course: Path) -> None:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        found = {
            student: {
                g.name: (g.auto_score, g.needs_manual_grade)
                for g in gradebook.find_submission_notebook("first", "ps1", student).grades
            }
            for student in ("ada", "bob")
        }
        comments = {c.name: c.comment for c in gradebook.find_submission_notebook("first", "ps1", "bob").comments}
    assert found["ada"] == {
        "test_mean": (2, False),
        "test_square": (1, False),
        "essay": (None, True),
        "plot": (None, True),
        "task": (None, True),
    }
    assert found["bob"]["essay"] == (0, False)
    assert comments == {
        "mean": None,
        "essay": "Nothing was written here.",
        "plot": "Nothing was written here.",
        "task": None,
    }


def test_a_teacher_finds_the_answers_and_no_hidden_test(course: Path) -> None:
    nb = nbformat.read(course / "autograded" / "ada" / "ps1" / "first.ipynb", as_version=4)
    sources = [c.source for c in nb.cells]
    assert "It moves with $x$." in sources
    assert sources[-2:] == ["See *below*.", "draw = 1"]
    assert sources[-3].startswith("Draw.")
    assert sources.count("# Problem 1\nRead this.") == 1
    assert "hidden" not in "".join(sources).lower()
    assert "flights()) == 20" not in "".join(sources)
