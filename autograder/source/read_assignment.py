"""Read an assignment from an nbgrader source notebook, ours or any other course's."""

from __future__ import annotations

import copy
import hashlib

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests

from autograder.authoring.names import names_of
from autograder.errors import CourseError
from autograder.source.assignment import Assignment, ByHand, Cell, Check
from autograder.source.cells import blank_of, grade_id_of, id_of, is_by_hand, kind_of, points_of


def read_assignment(name: str, notebook: bytes, file: str = "") -> Assignment:
    """Read a source notebook.

    Args:
        file: its name without `.ipynb`, where that is not the assignment's.

    Raises:
        CourseError: it is no notebook, it is not in Python, a cell is not as it must be, or none is graded.
    """
    try:
        nb = nbformat.reads(notebook.decode(), as_version=4)
    except (UnicodeDecodeError, ValueError, nbformat.ValidationError) as error:
        raise CourseError(f"the source of {name} is no notebook: {error}", "release it again") from None
    _only_python(name, nb)
    visible, _ = ClearHiddenTests().preprocess(copy.deepcopy(nb), {})
    cells = [(c, v, id_of(c, i)) for i, (c, v) in enumerate(zip(nb.cells, visible.cells, strict=True))]
    _each_id_once(name, [c for c, _, _ in cells])
    code = [(c, v, grade_id) for c, v, grade_id in cells if c.cell_type == "code"]
    setup = {g: Cell(g, c.source) for c, _, g in code if kind_of(c) == "setup"}
    exercises = {g: Cell(g, c.source, _exports(c), blank_of(c) or "") for c, _, g in code if kind_of(c) == "exercise"}
    checks = {g: _check(c, v, exercises) for c, v, g in code if kind_of(c) == "check"}
    by_hand = {g: ByHand(g, points_of(c), blank_of(c)) for c, _, g in cells if is_by_hand(c)}
    if not checks and not by_hand:
        raise CourseError(f"the source of {name} has no graded test cell", "give a test cell points in nbgrader")
    order = tuple(g for c, _, g in cells if (c.cell_type == "code" and kind_of(c) != "explore") or grade_id_of(c))
    handed_out = frozenset(c.source.strip() for c, _, _ in cells if not grade_id_of(c))
    digest = hashlib.sha256(notebook).hexdigest()
    counts = nb.metadata.get("judge", {})
    return Assignment(name, file or name, order, setup, exercises, checks, by_hand, handed_out, counts, digest)


def is_graded(notebook: bytes) -> bool:
    """Whether a source notebook has graded cells; True also for one that cannot be read, so that this is said."""
    try:
        cells = nbformat.reads(notebook.decode(), as_version=4).cells
    except (UnicodeDecodeError, ValueError, nbformat.ValidationError):
        return True
    return any(cell.metadata.get("nbgrader", {}).get(mark) for cell in cells for mark in ("grade", "task"))


def _only_python(name: str, nb: NotebookNode) -> None:
    language = str(nb.metadata.get("kernelspec", {}).get("language") or "python")
    if language.lower() not in ("python", "ipython"):
        raise CourseError(f"the source of {name} is in {language}; only Python is judged", "use `nbgrader autograde`")


def _each_id_once(name: str, cells: list[NotebookNode]) -> None:
    ids = [grade_id for cell in cells if (grade_id := grade_id_of(cell))]
    twice = sorted({grade_id for grade_id in ids if ids.count(grade_id) > 1})
    if twice:
        raise CourseError(f"the source of {name} has more than one cell {', '.join(twice)}", "give each its own id")


def _exports(cell: NotebookNode) -> tuple[str, ...]:
    declared = cell.metadata.get("lab", {}).get("exports")
    if declared is not None:
        return tuple(declared)
    return tuple(sorted(names_of(Cell("", cell.source).python).bound))


def _check(cell: NotebookNode, visible: NotebookNode, exercises: dict[str, Cell]) -> Check:
    grade_id, source = grade_id_of(cell), Cell("", cell.source).python
    name = cell.metadata.get("lab", {}).get("name")
    needs: tuple[str, ...] = (name,)
    if name is not None:
        exports = exercises[name].exports
    else:
        bound = {export for exercise in exercises.values() for export in exercise.exports}
        imported = {n for exercise in exercises.values() for n in names_of(exercise.imports).bound}
        exports = tuple(sorted((bound - imported) & names_of(source).loaded))
        binding = [[g for g, e in exercises.items() if export in e.exports] for export in exports]
        needs = tuple(dict.fromkeys(ids[0] for ids in binding if len(ids) == 1))
    shown = visible.source.strip()
    return Check(grade_id, name or grade_id, name, cell.source, shown, exports, points_of(cell), needs)
