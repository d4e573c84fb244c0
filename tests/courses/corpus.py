"""Small courses of a notebook each, one per kind of test and cell that nbgrader's courses have.

A kind is a file of cells. `# %% locked=ID` and `# %%` are cells that are not graded, `# %% answer=ID` holds the solution,
`# %% test=ID points=N` a test; tags of a cell stand as `tags=a,b`. `# %% right=ID` and `# %% wrong=ID` are what two students
wrote into that answer; of a student who has none, the solution stands there. The first lines say what comes out:

    # Right: 3    points of the student who is right, from nbgrader and from us
    # Wrong: 1    of the other; where nbgrader gives another number: `0 (nbgrader: 1; why)`
    # Blank: 0
    # From outside: test_a, test_b   (or: none)
    # Not judged: test_c             (left out where there is none)
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

KINDS = Path(__file__).parent / "kinds"
CELL = re.compile(r"^# %%(.*)$", re.MULTILINE)
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
STUDENTS = ("right", "wrong")


@dataclass
class Kind:
    """A course. `students`: name → answer's id → text. `says`: the first lines."""

    name: str
    source: NotebookNode
    students: dict[str, dict[str, str]] = field(default_factory=lambda: {s: {} for s in STUDENTS})
    says: dict[str, str] = field(default_factory=dict)

    def points(self, who: str) -> float:
        """What we give `right`, `wrong` or `blank`."""
        return float(self.says[who.capitalize()].split()[0])

    def of_nbgrader(self, who: str) -> float:
        """What nbgrader gives."""
        other = re.search(r"nbgrader: ([\d.]+)", self.says[who.capitalize()])
        return float(other[1]) if other else self.points(who)

    def tests(self, line: str) -> set[str]:
        """The tests that a first line names."""
        named = self.says.get(line, "none")
        return set() if named == "none" else set(named.split(", "))

    def handed_in(self, student: str) -> NotebookNode:
        """The student's notebook."""
        nb = new_notebook(metadata=dict(KERNEL))
        for cell in copy.deepcopy(self.source.cells):
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            nb.cells.append(NotebookNode(cell, source=self.students[student].get(grade_id, cell.source)))
        return nb


def read_kind(path: Path) -> Kind:
    head, *parts = CELL.split(path.read_text())
    kind = Kind(path.stem, new_notebook(metadata=dict(KERNEL)))
    kind.says = dict(re.findall(r"^# (Right|Wrong|Blank|From outside|Not judged): (.*)$", head, re.MULTILINE))
    for marks, text in zip(parts[::2], parts[1::2], strict=True):
        said, source = dict(re.findall(r"(\w+)=(\S+)", marks)), text.strip("\n")
        student = next((s for s in STUDENTS if s in said), None)
        if student:
            kind.students[student][said[student]] = source
        else:
            kind.source.cells.append(new_code_cell(source, metadata=_metadata(said)))
    return kind


def all_kinds() -> list[Kind]:
    return [read_kind(path) for path in sorted(KINDS.glob("*.cells"))]


def _metadata(said: dict[str, str]) -> dict[str, object]:
    tags = {"tags": said["tags"].split(",")} if "tags" in said else {}
    marks = {"grade": "test" in said, "solution": "answer" in said, "locked": "answer" not in said, "task": False}
    grade_id = next((said[k] for k in ("locked", "answer", "test") if k in said), None)
    if grade_id is None:
        return tags
    points = {"points": float(said["points"])} if "points" in said else {}
    return {**tags, "nbgrader": {"grade_id": grade_id, "schema_version": 3, **marks, **points}}
