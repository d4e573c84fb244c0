"""Do three notebooks come from one source, the same bytes each time?"""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.authoring.build import Built, build_lab
from autograder.authoring.notebooks import to_text


@pytest.fixture
def built(lab_dir: Path) -> Built:
    return build_lab(lab_dir)


def cell(nb: NotebookNode, name: str) -> NotebookNode:
    (found,) = [c for c in nb.cells if c.id == name]
    return found


def test_building_twice_gives_the_same_bytes(lab_dir: Path) -> None:
    one, two = build_lab(lab_dir), build_lab(lab_dir)
    for name in ("learner", "nbgrader_source", "reference"):
        assert to_text(getattr(one, name)) == to_text(getattr(two, name))


def test_notebooks_are_valid_and_hold_no_outputs(built: Built) -> None:
    for nb in (built.learner, built.nbgrader_source, built.reference):
        nbformat.validate(nb)
        assert all(not c.outputs and c.execution_count is None for c in nb.cells if c.cell_type == "code")


def test_the_stub_says_about_how_long_it_is(built: Built) -> None:
    stub = cell(built.learner, "exercise-double").source
    assert stub.endswith("    # YOUR CODE HERE (about 2 lines)\n    raise NotImplementedError")
    assert "factor" not in stub


@pytest.mark.parametrize("written", ["N", "7"])
def test_the_heading_says_as_many_lines_as_the_stub(lab_dir: Path, lab_text: str, written: str) -> None:
    """Is "about … lines" of the text before an exercise the length of its solution, whatever the source says?"""
    heading = f"# %% [markdown]\n# ## Double\n# *easy · about {written} lines · 5 minutes*\n\n"
    exercise = '# %% kind="exercise" name="double"'
    (lab_dir / "lab.py").write_text(lab_text.replace(exercise, heading + exercise))
    built = build_lab(lab_dir)
    for nb in (built.learner, built.reference):
        assert [c.source.splitlines()[1] for c in nb.cells if "## Double" in c.source] == [
            "*easy · about 2 lines · 5 minutes*"
        ]


def test_a_learner_sees_no_hidden_test(built: Built) -> None:
    check = cell(built.learner, "check-double").source
    assert "Do you add instead of multiplying?" in check
    assert "secret" not in check
    assert "secret" in cell(built.nbgrader_source, "check-double").source


def test_checks_and_cells_that_reach_an_export_may_fail(built: Built) -> None:
    tagged = {c.id for c in built.learner.cells if "raises-exception" in c.metadata.get("tags", [])}
    assert tagged == {"check-double", "check-count", "explore-1"}
    assert not any("tags" in c.metadata for c in built.reference.cells)


def test_a_cell_that_reveals_an_answer_is_folded(lab_dir: Path, lab_text: str) -> None:
    shown = '# The sum, beside the guess.\ntable = double(np.arange(3.0))\nreveal("table", {"sum": sum(table)})'
    (lab_dir / "lab.py").write_text(lab_text.replace("table = double(np.arange(3.0))\nprint(table)", shown))
    assert cell(build_lab(lab_dir).learner, "explore-1").metadata.jupyter == {"source_hidden": True}


def test_locked_cells_cannot_be_edited_and_exercises_can(built: Built) -> None:
    assert cell(built.learner, "check-double").metadata.editable is False
    assert cell(built.learner, "setup-1").metadata.editable is False
    assert cell(built.learner, "exercise-double").metadata.get("editable", True) is True


def test_hints_stand_in_the_metadata_and_in_no_cell(built: Built) -> None:
    """Do hints come with a check's card alone, so that nobody reads them by scrolling?"""
    for nb in (built.learner, built.nbgrader_source, built.reference):
        assert not any("What is twice" in c.source for c in nb.cells)
    assert built.learner.metadata.lab.hints["double"] == [
        "What is twice a number?",
        "An array can be multiplied as a whole.",
    ]


def test_the_reference_runs_everything_without_markers(built: Built) -> None:
    text = to_text(built.reference)
    assert "BEGIN" not in text
    assert "secret = hidden_rng()" in text
