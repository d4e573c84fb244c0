"""The notebook that a teacher looks at in formgrader: the learner's cells, our locked cells, our verdicts.

nbgrader makes a learner's feedback from it. So no hidden test stands there, and nothing of the learner's is more than
text: outputs, attachments and metadata stay in the submitted file.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.preprocessors import ClearHiddenTests

from autograder.course import shown
from autograder.files import write_whole
from autograder.marking.intake import Added, Rejected, Submission, read_submission
from autograder.plain_text import plain
from autograder.results import ExerciseResult, SubmissionResult
from autograder.source.assignment import Assignment
from autograder.source.cells import id_of

MISSING = "This cell is missing in the submission, or stands there more than once."
ADDED_CELLS = 200  # so many are shown
MORE = "The submission has {more} more cells of the learner's own, which are not shown here."


def autograded_path(course: Path, student: str, assignment: Assignment) -> Path:
    """Where nbgrader looks for an autograded notebook."""
    return course / "autograded" / student / assignment.name / f"{assignment.notebook}.ipynb"


def write_autograded(
    course: Path, assignment: Assignment, source: bytes, submission: bytes, result: SubmissionResult, timestamp: str
) -> Path:
    """Write `autograded/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb`, whole or not at all.

    Every cell of the source stands in its place; cells for answers hold the learner's text; cells that the learner
    added follow the cell that they followed. What is said of the whole submission stands at the top.
    """
    nb, _ = ClearHiddenTests().preprocess(nbformat.reads(source.decode(), as_version=4), {})
    theirs, said = _read(assignment, submission), {e.grade_id: _verdict(e) for e in result.exercises}
    taken = shown.ids_of_page(assignment.order)
    added = _shown_cells(theirs, taken)
    cells = [_note(result.message, "whole")] if result.message else []
    cells += added.get(None, [])
    for place, cell in enumerate(nb.cells):
        grade_id = id_of(cell, place)
        cells += [_filled(cell, grade_id, assignment, theirs, said, taken), *added.get(grade_id, [])]
    nb.cells = cells
    nb.metadata.pop("judge", None)
    path = autograded_path(course, result.student, assignment)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, nbformat.writes(nb).encode())
    if timestamp:
        write_whole(path.with_name("timestamp.txt"), timestamp.encode())
    return path.parent


def _read(assignment: Assignment, submission: bytes) -> Submission:
    try:
        return read_submission(assignment, submission)
    except Rejected:
        return Submission({})


def _verdict(e: ExerciseResult) -> str:
    scored = "" if e.score is None else f"{e.score:g} of {e.max_score:g} points. "
    return plain(scored + e.message)


def _filled(
    cell: NotebookNode,
    grade_id: str,
    assignment: Assignment,
    theirs: Submission,
    said: dict[str, str],
    taken: frozenset[str],
) -> NotebookNode:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
        if grade_id in assignment.exercises:
            cell.source = shown.code(theirs.exercises.get(grade_id, f"# {MISSING}"))
        if grade_id in said:
            cell.outputs = [new_output("stream", name="stdout", text=said[grade_id] + "\n")]
    elif grade_id in assignment.written:
        cell.source = shown.markdown(theirs.written.get(grade_id, MISSING), taken)
        cell.pop("attachments", None)
    return cell


def _shown_cells(theirs: Submission, taken: frozenset[str]) -> dict[str | None, list[NotebookNode]]:
    """Grade id of the cell before → the learner's own cells, as many as a page can hold."""
    left, more = ADDED_CELLS, 0
    cells: dict[str | None, list[NotebookNode]] = {}
    for place, (grade_id, added) in enumerate(theirs.extra.items()):
        cells[grade_id] = [_own(cell, f"added-{place}-{n}", taken) for n, cell in enumerate(added[:left])]
        more += len(added[left:])
        left -= len(added[:left])
    if more:
        cells.setdefault(None, []).insert(0, _note(MORE.format(more=more), "more"))
    return cells


def _own(cell: Added, cell_id: str, taken: frozenset[str]) -> NotebookNode:
    if cell.is_code:
        return new_code_cell(shown.code(cell.source), id=cell_id)
    return new_markdown_cell(shown.markdown(cell.source, taken), id=cell_id)


def _note(text: str, name: str) -> NotebookNode:
    return new_markdown_cell(shown.verbatim(text), id=f"note-{name}")
