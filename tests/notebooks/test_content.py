"""Does every lab hold what a lab must hold: predictions that are revealed, an explorer, a notebook in sync?"""

from __future__ import annotations

import ast
from pathlib import Path

from nbformat import NotebookNode

from autograder.authoring.write import out_of_date

ROOT = Path(__file__).resolve().parents[2]
FEWER = {"00_start_here": (1, 0)}  # ten minutes, nothing to learn but how a lab works
USUAL = (2, 1)  # predictions, explorers


def calls(notebook: NotebookNode, name: str) -> list[ast.Call]:
    """Calls of a function by its plain name, in all code cells. None of the labs' cells with such calls has magics."""
    cells = [c.source for c in notebook.cells if c.cell_type == "code" and f"{name}(" in c.source]
    nodes = [node for source in cells for node in ast.walk(ast.parse(source))]
    return [n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name]


def names(notebook: NotebookNode, function: str) -> list[str]:
    """First arguments of the calls."""
    return [ast.literal_eval(call.args[0]) for call in calls(notebook, function)]


def test_predictions_are_made_and_revealed(lab_dir, reference: NotebookNode) -> None:
    """Does a learner predict often enough, each prediction once, and is each revealed after it?"""
    predicted, revealed = names(reference, "predict"), names(reference, "reveal")
    assert len(predicted) >= FEWER.get(lab_dir.name, USUAL)[0]
    assert len(set(predicted)) == len(predicted)
    assert revealed == predicted


def test_there_is_an_explorer(lab_dir, reference: NotebookNode) -> None:
    """Can a learner move the central idea under a slider?"""
    assert len(calls(reference, "explorer")) >= FEWER.get(lab_dir.name, USUAL)[1]


def test_learners_notebooks_are_in_sync() -> None:
    """Is every committed notebook what its source makes, and is there none without a source?"""
    labs = sorted(path.parent for path in (ROOT / "labs_src" / "labs").glob("*/lab.py"))
    assert labs
    assert out_of_date(labs, ROOT / "notebooks") == []
