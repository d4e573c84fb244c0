"""The three notebooks of a lab: the learner's, nbgrader's source, and the reference that papermill runs."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions, ComputeChecksums, LockCells

from autograder.authoring.folding import is_folded
from autograder.authoring.names import names_of, without_magics
from autograder.authoring.source import LabSource, SourceCell

KERNEL = {"display_name": "prodml (warm)", "language": "python", "name": "prodml"}  # prodml/runtime/warm/kernelspec
STUB = "# YOUR CODE HERE"
COLLAPSED = "jp-MarkdownHeadingCollapsed"  # JupyterLab's: what stands under this heading is folded
RAISES = "raises-exception"  # the tag that lets Run All go on past a cell
HINT = re.compile(r"^\d+\. ", re.MULTILINE)
# The number in "*hard · about N lines · 25 minutes*", which the text before an exercise says.
LINES = re.compile(r"(?<=^\*)(?P<before>[^*\n]*)about (?:N|\d+) lines?(?= · )", re.MULTILINE)


def nbgrader_source(lab: LabSource) -> NotebookNode:
    """Solutions and hidden tests with their markers: the `source/` of a course."""
    reached = _cells_that_reach_an_export(lab)
    lengths = _lengths_in_headings(lab)
    numbers: Counter[str] = Counter()
    cells = []
    for cell in lab.shown:
        numbers[cell.kind] += 1
        made = _cell(cell, numbers[cell.kind], cell.line in reached)
        if cell.line in lengths:
            made.source = LINES.sub(rf"\g<before>about {_lines(lengths[cell.line])}", made.source)
        cells.append(made)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "lab": _metadata(lab)}
    return new_notebook(cells=cells, metadata=metadata)


def learner(lab: LabSource) -> NotebookNode:
    """What a learner gets: nbgrader's own preprocessors strip solutions and hidden tests and lock cells."""
    nb = nbgrader_source(lab)
    for step in (
        LockCells(),
        ClearSolutions(code_stub={"python": f"{STUB}\nraise NotImplementedError"}),
        ClearHiddenTests(),
        ComputeChecksums(),
    ):
        nb, _ = step.preprocess(nb, {})
    for cell, source in zip(nb.cells, lab.shown, strict=True):
        if source.kind == "exercise":
            cell.source = _say_how_long(cell.source, source.source)
        cell.source = cell.source.rstrip()
    return nb


def reference(lab: LabSource) -> NotebookNode:
    """Solutions and hidden tests, and no leave to fail."""
    nb = nbgrader_source(lab)
    for cell in nb.cells:
        cell.source = re.sub(r"^ *### (BEGIN|END) (SOLUTION|HIDDEN TESTS)\n?", "", cell.source, flags=re.MULTILINE)
        cell.metadata.pop("tags", None)
    return nb


def to_text(nb: NotebookNode) -> str:
    """The bytes of a notebook file: the same for the same notebook."""
    return str(nbformat.writes(nb, version=4)).rstrip("\n") + "\n"


def hints_of(cell: SourceCell) -> list[str]:
    """The hints of a hints cell, without their numbers."""
    return [part.strip() for part in HINT.split(cell.source) if part.strip()]


def _cell(cell: SourceCell, number: int, reached: bool) -> NotebookNode:
    if not cell.is_code:
        collapsed = {COLLAPSED: True} if "deeper" in cell.options else {}
        return new_markdown_cell(cell.source, id=f"text-{number}", metadata=collapsed)
    name = f"{cell.kind}-{cell.name}" if cell.name else f"{cell.kind}-{number}"
    metadata: dict[str, Any] = {"lab": {"kind": cell.kind}}
    if cell.kind in ("exercise", "check"):
        metadata["lab"]["name"] = cell.name
    if cell.exports:
        metadata["lab"]["exports"] = list(cell.exports)
    if cell.kind != "explore":
        metadata["nbgrader"] = _nbgrader(cell, number)
    if reached:
        metadata["tags"] = [RAISES]
    if is_folded(cell):
        metadata["jupyter"] = {"source_hidden": True}
    return new_code_cell(cell.source, id=name, metadata=metadata)


def _nbgrader(cell: SourceCell, number: int) -> dict[str, Any]:
    ids = {"setup": f"setup_{number}", "exercise": cell.name, "check": f"check_{cell.name}"}
    solution, grade = cell.kind == "exercise", cell.kind == "check"
    meta: dict[str, Any] = {"grade": grade, "grade_id": ids[cell.kind], "locked": not solution}
    meta |= {"schema_version": 3, "solution": solution, "task": False}
    return meta | ({"points": cell.points} if grade else {})


def _metadata(lab: LabSource) -> dict[str, Any]:
    return {
        "slug": lab.slug,
        "number": int(lab.slug.partition("_")[0]),
        "title": lab.meta["title"],
        "minutes": lab.minutes,
        "core_minutes": lab.core_minutes,
        "core": lab.core,
        "points": lab.points,
        "release": lab.release,
        "hints": {c.name: hints_of(c) for c in lab.of_kind("hints")},
    }


def _cells_that_reach_an_export(lab: LabSource) -> set[int]:
    """Lines of checks, and of explore cells that use an export or what such a cell made."""
    tainted, lines = set(lab.exports), set()
    for cell in lab.of_kind("check", "explore"):
        names = names_of(without_magics(cell.source))
        if cell.kind == "check":
            lines.add(cell.line)
        elif names.loaded & tainted:
            lines.add(cell.line)
            tainted |= names.bound
    return lines


def _lengths_in_headings(lab: LabSource) -> dict[int, int]:
    """Line of a text cell that says "about N lines" → lines of the solution of the exercise that comes next."""
    lengths: dict[int, int] = {}
    heading: SourceCell | None = None
    for cell in lab.cells:
        if not cell.is_code and LINES.search(cell.source):
            heading = cell
        elif cell.kind == "exercise" and heading is not None:
            lengths[heading.line], heading = sum(_lengths(cell.source)), None
    return lengths


def _say_how_long(stub: str, solution: str) -> str:
    """Tell in each stub about how many lines the solution takes there."""
    for count in _lengths(solution):
        stub = stub.replace(f"{STUB}\n", f"{STUB} (about {_lines(count)})\n", 1)
    return stub


def _lengths(solution: str) -> list[int]:
    """Lines of each solution region, without empty ones and comments."""
    regions = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", solution, re.DOTALL)
    return [sum(1 for x in r.splitlines() if x.strip() and not x.strip().startswith("#")) for r in regions]


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
