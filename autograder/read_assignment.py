"""Read an assignment from an nbgrader source notebook, ours or any other course's."""

from __future__ import annotations

import copy
import hashlib

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests

from autograder.assignment import Assignment, Cell, Check
from autograder.build.names import names_of
from autograder.errors import CourseError


def read_assignment(name: str, notebook: bytes) -> Assignment:
    """Read a source notebook.

    Raises:
        CourseError: it is no notebook, or it has no graded cell.
    """
    try:
        nb = nbformat.reads(notebook.decode(), as_version=4)
    except (UnicodeDecodeError, ValueError, nbformat.ValidationError) as error:
        raise CourseError(f"the source of {name} is no notebook: {error}", "release it again") from None
    visible, _ = ClearHiddenTests().preprocess(copy.deepcopy(nb), {})
    pairs = [(c, v) for c, v in zip(nb.cells, visible.cells, strict=True) if c.cell_type == "code"]
    setup = {_id(c, i): Cell(_id(c, i), c.source) for i, (c, _) in enumerate(pairs) if _kind(c) == "setup"}
    exercises = {_id(c, 0): Cell(_id(c, 0), c.source, _exports(c)) for c, _ in pairs if _kind(c) == "exercise"}
    checks = {_id(c, 0): _check(c, v, exercises) for c, v in pairs if _kind(c) == "check"}
    if not checks:
        raise CourseError(f"the source of {name} has no graded test cell", "give a test cell points in nbgrader")
    order = tuple(_id(c, i) for i, (c, _) in enumerate(pairs) if _kind(c) != "explore")
    digest = hashlib.sha256(notebook).hexdigest()
    return Assignment(name, order, setup, exercises, checks, nb.metadata.get("judge", {}), digest)


def _kind(cell: NotebookNode) -> str:
    """Our labs say their kind; in a plain nbgrader course it is inferred."""
    if "lab" in cell.metadata:
        return str(cell.metadata.lab.kind)
    meta = cell.metadata.get("nbgrader", {})
    if meta.get("solution"):
        return "exercise"
    return "check" if meta.get("grade") else "setup"


def _id(cell: NotebookNode, position: int) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell-{position}")


def _exports(cell: NotebookNode) -> tuple[str, ...]:
    declared = cell.metadata.get("lab", {}).get("exports")
    return tuple(declared) if declared is not None else tuple(sorted(names_of(cell.source).bound))


def _check(cell: NotebookNode, visible: NotebookNode, exercises: dict[str, Cell]) -> Check:
    grade_id = _id(cell, 0)
    name = cell.metadata.get("lab", {}).get("name")
    if name is not None:
        exports = exercises[name].exports
    else:
        bound = {export for exercise in exercises.values() for export in exercise.exports}
        exports = tuple(sorted(bound & names_of(cell.source).loaded))
    points = float(cell.metadata.nbgrader.points)
    return Check(grade_id, name or grade_id, name, cell.source, visible.source.strip(), exports, points)
