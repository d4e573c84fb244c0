"""An assignment's notebooks and cells in nbgrader's gradebook: where grades have their place."""

from __future__ import annotations

import json

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry

from autograder.errors import CourseError
from autograder.source.assignment import Assignment

CELLS_FIX = (
    "give the cells their grade ids again; or delete its submissions from the gradebook, grades by hand included: "
    "nbgrader db assignment remove {name} --force"
)


def save_assignment(gradebook: Gradebook, assignment: Assignment, notebook: bytes) -> None:
    """Record the notebook and its cells, where the gradebook has others, or other points.

    Raises:
        CourseError: a graded cell came or went, and there are submissions: their grades would have no place, and
            nbgrader refuses it too.
    """
    nb, file, name = nbformat.reads(notebook.decode(), as_version=4), assignment.notebook, assignment.name
    submissions = gradebook.update_or_create_assignment(name).submissions
    wanted = assignment.points
    try:
        found = gradebook.find_notebook(file, name)
        known = {c.name: c.max_score for c in (*found.grade_cells, *found.task_cells)}
    except MissingEntry:
        known = None
    if known == wanted:
        return
    if submissions and set(known or ()) != set(wanted):
        came, went = sorted(set(wanted) - set(known or ())), sorted(set(known or ()) - set(wanted))
        problem = (
            f"the source of {name}, {file}.ipynb, has other graded cells than the gradebook, which has submissions"
        )
        told = [f"{word}: {', '.join(cells)}" for word, cells in (("new", came), ("gone", went)) if cells]
        raise CourseError(f"{problem} ({'; '.join(told)})", CELLS_FIX.format(name=name))
    if known is not None and set(known) != set(wanted):
        gradebook.remove_notebook(file, name)
    kernelspec = json.dumps(nb.metadata.get("kernelspec", {}))
    gradebook.update_or_create_notebook(file, name, kernelspec=kernelspec)
    for cell in nb.cells:
        if "nbgrader" in cell.metadata:
            _save_cell(gradebook, name, file, cell)


def _save_cell(gradebook: Gradebook, name: str, file: str, cell: NotebookNode) -> None:
    grade_id = cell.metadata.nbgrader["grade_id"]
    if utils.is_grade(cell):
        points = float(cell.metadata.nbgrader["points"])
        gradebook.update_or_create_grade_cell(grade_id, file, name, max_score=points, cell_type=cell.cell_type)
    if utils.is_solution(cell):
        gradebook.update_or_create_solution_cell(grade_id, file, name)
    if utils.is_task(cell):
        points = float(cell.metadata.nbgrader["points"])
        gradebook.update_or_create_task_cell(grade_id, file, name, max_score=points, cell_type=cell.cell_type)
    gradebook.update_or_create_source_cell(
        grade_id,
        file,
        name,
        cell_type=cell.cell_type,
        locked=utils.is_locked(cell),
        source=cell.source,
        checksum=utils.compute_checksum(cell),
    )
