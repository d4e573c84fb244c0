"""Does a teacher see what the solution and the blank release get, before anybody is graded?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from corpus import all_kinds

Labs = Callable[..., Any]
KINDS = {kind.name: kind for kind in all_kinds()}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with one assignment of three notebooks, and a student who hands in the solution of each."""
    folder = tmp_path / "course"
    for name in ("own_classes", "solution_fails", "name_bound_again"):
        for place in ("source/hw", "submitted/ada/hw"):
            path = folder / place / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(KINDS[name].source, path)
    return folder


def test_a_dry_run_shows_each_test_and_grades_nobody(labs: Labs, course: Path) -> None:
    ran = labs("grade", "hw", "--course", course, "--dry-run")
    rows = [line.split() for line in ran.out.splitlines()]
    assert ["own_classes", "test_made", "1", "in", "place", "1", "0"] in [row[:7] for row in rows]
    assert ["name_bound_again", "test_one", "1", "outside", "1", "0"] in [row[:6] for row in rows]
    assert ["solution_fails", "test_five", "1", "not", "0", "0"] in [row[:6] for row in rows]
    assert "error: the reference solution itself does not pass test_five" in ran.err
    assert "Judged in place: test_made, test_in, test_sum, test_with" in ran.err
    assert ran.code == 1
    assert not (course / "autograded").exists()
    assert not (course / "gradebook.db").exists()


def test_grading_says_it_first_and_gives_no_score_of_such_a_test(labs: Labs, course: Path, tmp_path: Path) -> None:
    ran = labs("grade", "hw", "--course", course, "--json", tmp_path / "grades.json")
    assert ran.code == 0
    assert ran.err.index("does not pass test_five") < ran.err.index("ada")
    results = {r["notebook"]: r for r in json.loads((tmp_path / "grades.json").read_text())}
    found = {e["name"]: (e["score"], e["in_place"]) for r in results.values() for e in r["exercises"]}
    assert (found["test_five"], found["test_double"]) == ((None, False), (1, False))
    assert (found["test_made"], found["test_one"]) == ((1, True), (1, False))
    assert results["solution_fails"]["exercises"][1]["message"].startswith("No score: the source's own solution")


def test_a_release_of_ours_is_shown_where_something_is_odd_only(labs: Labs, started: Path, tmp_path: Path) -> None:
    assert "judged" not in labs("release", "90", "--course", tmp_path / "course").out
    ran = labs("grade", "90", "--course", tmp_path / "course", "--dry-run")
    assert ran.code == 0
    assert "1 test of 90_twice: the solution gets all points, the blank release none." in ran.out
