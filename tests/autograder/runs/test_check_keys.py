"""Which changes of a source or a submission make which exercise be judged again?"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import nbformat
import pytest
from nbformat import NotebookNode
from sample_courses import NAME, plain_course

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.marking.intake import read_submission
from autograder.runs.keys import check_keys
from autograder.source.assignment import Assignment
from autograder.source.read_assignment import read_assignment

Change = Callable[[dict[str, NotebookNode]], None]  # of cells, by their ids
BOTH, NONE = {"check_double", "check_count"}, set[str]()


def put(cell_id: str, old: str, new: str) -> Change:
    def change(cells: dict[str, NotebookNode]) -> None:
        assert old in cells[cell_id].source
        cells[cell_id].source = cells[cell_id].source.replace(old, new)

    return change


def points(cell_id: str, value: float) -> Change:
    return lambda cells: cells[cell_id].metadata.nbgrader.update(points=value)


@pytest.fixture(scope="module")
def lab(small_lab):
    return build_lab(small_lab)


def read(source: NotebookNode, *, recorded: bool = True) -> Assignment:
    """The assignment; where a release recorded counts, it did for exactly these checks."""
    found = read_assignment("90_small", to_text(source).encode())
    counts = {g: {"digest": c.digest, "counts": [1]} for g, c in found.checks.items()} if recorded else {}
    return replace(found, counts=counts)


def keys(assignment: Assignment, content: bytes, conditions: bytes = b"") -> dict[str, str]:
    return check_keys("grader", conditions, assignment, read_submission(assignment, content), content)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {g for g in before if before[g] != after.get(g)}


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        pytest.param(put("check-count", "got == 3", "got == 3.0"), {"check_count"}, id="a visible part"),
        pytest.param(put("check-double", "2 * kept", "kept * 2"), {"check_double"}, id="a hidden part"),
        pytest.param(put("text-1", "A small lab", "A tiny lab"), NONE, id="wording"),
        pytest.param(put("explore-1", "print(table)", "table"), NONE, id="an explore cell"),
        pytest.param(put("setup-1", "factor = 2", "factor = 3"), BOTH, id="setup"),
        pytest.param(put("exercise-double", "doubled = ", "twice = doubled = "), NONE, id="a solution"),
        pytest.param(points("check-double", 5), NONE, id="points"),
    ],
)
def test_a_source_that_changed(lab, change: Change, stale: set[str]) -> None:
    source = copy.deepcopy(lab.nbgrader_source)
    content = to_text(lab.learner).encode()
    before = keys(read(source), content)
    change({cell.id: cell for cell in source.cells})
    assert changed(before, keys(read(source), content)) == stale


def test_a_hint_that_changed_judges_nothing_again(lab) -> None:
    """Hints stand in the notebook's metadata, and no check reads them."""
    source = copy.deepcopy(lab.nbgrader_source)
    content = to_text(lab.learner).encode()
    before = keys(read(source), content)
    source.metadata.lab.hints["double"][0] = "What are two times a number?"
    assert changed(before, keys(read(source), content)) == NONE


def test_solutions_count_where_nobody_recorded_what_they_prove(lab) -> None:
    source, content = copy.deepcopy(lab.nbgrader_source), to_text(lab.learner).encode()
    before = keys(read(source, recorded=False), content)
    put("exercise-double", "doubled = ", "twice = doubled = ")({cell.id: cell for cell in source.cells})
    assert changed(before, keys(read(source, recorded=False), content)) == BOTH


def test_other_recorded_counts(lab) -> None:
    assignment, content = read(lab.nbgrader_source), to_text(lab.learner).encode()
    counts = {**assignment.counts, "check_count": {**assignment.counts["check_count"], "counts": [2]}}
    assert changed(keys(assignment, content), keys(replace(assignment, counts=counts), content)) == {"check_count"}


def test_every_byte_of_a_submission_and_what_it_is_judged_with_count(lab) -> None:
    """Hidden inputs are drawn from these bytes."""
    assignment, content = read(lab.nbgrader_source), to_text(lab.learner).encode()
    assert changed(keys(assignment, content), keys(assignment, content + b"\n")) == BOTH
    assert changed(keys(assignment, content), keys(assignment, content, b"another secret")) == BOTH
    other = check_keys("grader 2", b"", assignment, read_submission(assignment, content), content)
    assert changed(keys(assignment, content), other) == BOTH


def test_points_of_a_plain_check_that_ends_in_a_number(tmp_path) -> None:
    """There the number is points, so that their highest number decides over it."""
    course = plain_course(tmp_path / "course", 1)
    content = next((course / "submitted").rglob("*.ipynb")).read_bytes()
    nb = nbformat.read(course / "source" / NAME / f"{NAME}.ipynb", as_version=4)
    for last, stale in (("", set()), ("\n2 * 0.5", {"test_squares"})):
        source = copy.deepcopy(nb)
        source.cells[2].source += last
        before = keys(read_assignment(NAME, nbformat.writes(source).encode()), content)
        source.cells[2].metadata.nbgrader.points = 3
        assert changed(before, keys(read_assignment(NAME, nbformat.writes(source).encode()), content)) == stale
