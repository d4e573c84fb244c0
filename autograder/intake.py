"""Read a submission: take the learner's own cells and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from autograder.assignment import Assignment
from autograder.judge.limits import LIMITS


class Rejected(Exception):
    """Raised when a file is no submission of the assignment; the message is for the learner."""


@dataclass(frozen=True)
class Submission:
    """What is taken from a submitted notebook.

    Attributes:
        exercises: grade id → source.
        extra: grade id of the known cell before (None at the top) → sources of cells that the learner added.
        missing: grade ids of exercises that are not there.
        twice: grade ids of exercises that stand there more than once.
    """

    exercises: dict[str, str]
    extra: dict[str | None, list[str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()

    def plan(self, assignment: Assignment) -> list[tuple[str, str, str]]:
        """`(kind, grade id, source)` of the cells that the learner's process runs, in the source's order."""
        steps = [("extra", "", source) for source in self.extra.get(None, [])]
        for grade_id in assignment.order:
            if grade_id in assignment.setup:
                steps.append(("setup", grade_id, assignment.setup[grade_id].source))
            elif grade_id in self.exercises:
                steps.append(("exercise", grade_id, self.exercises[grade_id]))
            steps += [("extra", "", source) for source in self.extra.get(grade_id, [])]
        return steps


def read_submission(assignment: Assignment, notebook: bytes) -> Submission:
    """Take the exercise cells and the cells that the learner added.

    Raises:
        Rejected: too large, not UTF-8, not JSON, no notebook, or of another lab.
    """
    cells = _cells(notebook)
    known = set(assignment.order)
    found: dict[str, list[str]] = {}
    extra: dict[str | None, list[str]] = {}
    last: str | None = None
    for cell in cells:
        grade_id, kind = _marks(cell)
        if grade_id in known:
            last = grade_id
            if grade_id in assignment.exercises:
                found.setdefault(grade_id, []).append(_source(cell))
        elif cell.get("cell_type") == "code" and kind is None and grade_id is None:
            extra.setdefault(last, []).append(_source(cell))
    if not found:
        raise Rejected(f"The notebook has no exercise cell of {assignment.name}. Was another lab handed in?")
    twice = tuple(g for g, sources in found.items() if len(sources) > 1)
    missing = tuple(g for g in assignment.exercises if g not in found)
    return Submission({g: s[0] for g, s in found.items() if g not in twice}, extra, missing, twice)


def _cells(notebook: bytes) -> list[dict[str, object]]:
    if len(notebook) > LIMITS.submission_bytes:
        raise Rejected(
            f"The file is larger than {LIMITS.submission_bytes >> 20} MB. Clear the outputs and hand it in again."
        )
    try:
        content = json.loads(notebook.decode("utf-8"))
    except UnicodeDecodeError:
        raise Rejected("The file is not UTF-8 text.") from None
    except (ValueError, RecursionError):
        raise Rejected("The file is not JSON: was it saved completely?") from None
    cells = content.get("cells") if isinstance(content, dict) and content.get("nbformat") == 4 else None
    if not isinstance(cells, list) or not all(isinstance(c, dict) for c in cells):
        raise Rejected("The file is not a Jupyter notebook of format 4.")
    if len(cells) > LIMITS.cells:
        raise Rejected(f"The notebook has more than {LIMITS.cells} cells.")
    return cells


def _marks(cell: dict[str, object]) -> tuple[str | None, str | None]:
    """The cell's grade id and our kind, or None."""
    metadata = cell.get("metadata")
    if not isinstance(metadata, dict):
        return None, None
    nbgrader, lab = metadata.get("nbgrader"), metadata.get("lab")
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    kind = lab.get("kind") if isinstance(lab, dict) else None
    return (grade_id if isinstance(grade_id, str) else None), (kind if isinstance(kind, str) else None)


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    return "".join(str(line) for line in source) if isinstance(source, list) else str(source)
