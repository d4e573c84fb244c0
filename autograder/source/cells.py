"""What a source says of one of its cells: in nbgrader's metadata, or in ours."""

from __future__ import annotations

import copy

from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from autograder.errors import CourseError


def kind_of(cell: NotebookNode) -> str:
    """Our labs say their kind; in a plain nbgrader course it is inferred."""
    if "lab" in cell.metadata:
        return str(cell.metadata.lab.kind)
    meta = cell.metadata.get("nbgrader", {})
    if meta.get("solution"):
        return "exercise"
    return "check" if meta.get("grade") else "setup"


def is_by_hand(cell: NotebookNode) -> bool:
    """Whether nbgrader has a person grade it: a task, or an answer that has points of its own."""
    meta = cell.metadata.get("nbgrader", {})
    return bool(meta.get("task") or (meta.get("grade") and (meta.get("solution") or cell.cell_type != "code")))


def blank_of(cell: NotebookNode) -> str | None:
    """A cell for an answer as it is handed out; None for a cell that holds none, such as a task."""
    if not cell.metadata.nbgrader.get("solution"):
        return None
    cleared, _ = ClearSolutions().preprocess_cell(copy.deepcopy(cell), {"language": "python"}, 0)
    return str(cleared.source)


def grade_id_of(cell: NotebookNode) -> str:
    """Its grade id, or an empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or "")


def id_of(cell: NotebookNode, position: int) -> str:
    """Its grade id, or a name for its place."""
    return grade_id_of(cell) or f"cell-{position}"


def points_of(cell: NotebookNode) -> float:
    """Points of a graded cell.

    Raises:
        CourseError: it has none, or they are no number.
    """
    given = cell.metadata.nbgrader.get("points")
    try:
        return float(given)
    except (TypeError, ValueError):
        said = "no points" if given is None else f"{given!r} points"
        raise CourseError(f"the source's cell {grade_id_of(cell)} has {said}", "give it points in nbgrader") from None
