"""Read a submission: take the learner's own cells and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from autograder.judge.limits import LIMITS
from autograder.plain_text import plain
from autograder.source.assignment import Assignment


class Rejected(Exception):
    """Raised when a file is no submission of the assignment; the message is for the learner."""


@dataclass(frozen=True)
class Added:
    """A cell that the learner added. What is no code is text for whoever reads it."""

    is_code: bool
    source: str


class Step(NamedTuple):
    """A cell in the order of a notebook: `setup`, `exercise`, `extra` (the learner's own), or `test`."""

    kind: str
    grade_id: str
    source: str


@dataclass(frozen=True)
class Submission:
    """What is taken from a submitted notebook.

    A cell belongs to its grade id, wherever it stands: a moved one runs at the place that the source has for it.

    Attributes:
        exercises: grade id → source.
        written: grade id → text of Markdown cells that a person grades.
        extra: grade id of the known cell before (None at the top) → cells that the learner added.
        missing: grade ids of exercises and written answers that are not there.
        twice: grade ids of those that stand there more than once.
        moved: whether they stand in another order than in the source.
        language: of the kernel that it was saved with, where that is not Python.
        release: which release of the lab it says that it is; empty where it says none.
    """

    exercises: dict[str, str]
    written: dict[str, str] = field(default_factory=dict)
    extra: dict[str | None, list[Added]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()
    moved: bool = False
    language: str = ""
    release: str = ""

    def plan(self, assignment: Assignment, tests: Mapping[str, str] | None = None) -> list[Step]:
        """What a learner's process runs, in the source's order, and where the tests stand.

        Args:
            tests: grade id → source, of tests that it runs, too.
        """
        steps = self._added(None)
        for grade_id in assignment.order:
            if grade_id in assignment.setup:
                steps.append(Step("setup", grade_id, assignment.setup[grade_id].source))
            elif grade_id in self.exercises:
                steps.append(Step("exercise", grade_id, self.exercises[grade_id]))
            elif grade_id in assignment.checks:
                steps.append(Step("test", grade_id, (tests or {}).get(grade_id, "")))
            steps += self._added(grade_id)
        return steps

    def _added(self, grade_id: str | None) -> list[Step]:
        return [Step("extra", "", cell.source) for cell in self.extra.get(grade_id, []) if cell.is_code]

    @property
    def remarks(self) -> list[str]:
        """Sentences on what is odd about the file, for the learner."""
        said = [f"The cell of {name} is missing." for name in self.missing]
        said += [f"The cell of {name} stands there more than once." for name in self.twice]
        if self.moved:
            said.append("Cells were moved; they were run in the order in which they were handed out.")
        if self.language:
            said.append(f"The notebook was saved with a kernel for {self.language}, but is run with Python.")
        return said


def read_submission(assignment: Assignment, notebook: bytes) -> Submission:
    """Take the learner's answers and the cells that the learner added.

    Raises:
        Rejected: too large, not UTF-8, not JSON, no notebook, or of another lab.
    """
    content, cells = _content(notebook)
    answers = [g for g in assignment.order if g in assignment.exercises or g in assignment.written]
    known = set(assignment.order)
    found: dict[str, list[str]] = {}
    extra: dict[str | None, list[Added]] = {}
    last: str | None = None
    for cell in cells:
        grade_id, kind = _marks(cell)
        if grade_id in known:
            last = grade_id
            found.setdefault(grade_id, []).append(_source(cell))
        elif kind is None and (source := _source(cell)).strip() not in assignment.handed_out:
            extra.setdefault(last, []).append(Added(cell.get("cell_type") == "code", source))
    if not found:
        raise Rejected(f"The notebook has no cell of {assignment.notebook}. Was another notebook handed in?")
    once = {g: found[g][0] for g in answers if len(found.get(g, ())) == 1}
    return Submission(
        exercises={g: source for g, source in once.items() if g in assignment.exercises},
        written={g: source for g, source in once.items() if g in assignment.written},
        extra=extra,
        missing=tuple(g for g in answers if g not in found),
        twice=tuple(g for g in answers if len(found.get(g, ())) > 1),
        moved=[g for g in found if g in once] != list(once),
        language=_other_language(content),
        release=_release(content),
    )


def _content(notebook: bytes) -> tuple[dict[str, object], list[dict[str, object]]]:
    """The notebook, and its cells."""
    if len(notebook) > LIMITS.submission_bytes:
        raise Rejected(
            f"The file is larger than {LIMITS.submission_bytes >> 20} MB. Clear the outputs and hand it in again."
        )
    try:
        content = json.loads(notebook.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Rejected("The file is not UTF-8 text. Save it in JupyterLab and hand it in again.") from None
    except (ValueError, RecursionError):
        raise Rejected("The file is not JSON: was it saved completely?") from None
    if not isinstance(content, dict) or "nbformat" not in content:
        raise Rejected("The file is not a Jupyter notebook: it names no nbformat.")
    if content["nbformat"] != 4:
        which = content["nbformat"] if content["nbformat"] in range(100) else "unknown"
        raise Rejected(f"The notebook has format {which}, not 4. Save it in JupyterLab and hand it in again.")
    cells = content.get("cells")
    if not isinstance(cells, list) or not all(isinstance(c, dict) for c in cells):
        raise Rejected("The file is not a Jupyter notebook: it has no list of cells.")
    if len(cells) > LIMITS.cells:
        raise Rejected(f"The notebook has more than {LIMITS.cells} cells. Delete those that are not needed.")
    return content, cells


def _other_language(content: dict[str, object]) -> str:
    """The language of its kernel, as it names it, where that is not Python; else an empty string."""
    metadata = content.get("metadata")
    for name, key in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(name) if isinstance(metadata, dict) else None
        said = part.get(key) if isinstance(part, dict) else None
        if isinstance(said, str) and said:
            return "" if said.lower() in ("python", "ipython") else plain(said[:40])
    return ""


def _release(content: dict[str, object]) -> str:
    metadata = content.get("metadata")
    lab = metadata.get("lab") if isinstance(metadata, dict) else None
    said = lab.get("release") if isinstance(lab, dict) else None
    return plain(said[:40]) if isinstance(said, str) else ""


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
    text = "".join(str(line) for line in source) if isinstance(source, list) else str(source)
    return text.encode("utf-8", "replace").decode()  # half a character, which JSON can hold, is none
