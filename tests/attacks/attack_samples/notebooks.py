"""Notebooks that are not what was handed out. Promises P1, P6."""

from __future__ import annotations

import copy
import json

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from attack_samples.target import GOOD, POINTS, Attack
from autograder.authoring.notebooks import to_text

WRONG = "def double(x): return x + 2"
LOST = r"yours is \[3.0, 6.0\]"


def _cell(nb: NotebookNode, grade_id: str) -> NotebookNode:
    found: NotebookNode = next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)
    return found


def _edit_check(nb: NotebookNode) -> None:
    _cell(nb, "check_double").source = "pass"


def _delete_check(nb: NotebookNode) -> None:
    nb.cells.remove(_cell(nb, "check_double"))


def _double_check(nb: NotebookNode) -> None:
    twin = copy.deepcopy(_cell(nb, "check_double"))
    twin.source, twin.id = "pass", "twin"
    nb.cells.append(twin)


def _relabel(nb: NotebookNode) -> None:
    """The easy check under the hard one's name."""
    _cell(nb, "check_double").metadata.nbgrader.grade_id = "check_other"
    _cell(nb, "check_count").metadata.nbgrader.grade_id = "check_double"


def _raise_points(nb: NotebookNode) -> None:
    _cell(nb, "check_double").metadata.nbgrader.points = 1000
    _cell(nb, "double").metadata.nbgrader.update(grade=True, points=50)


def _forge_outputs(nb: NotebookNode) -> None:
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("execute_result", data={"text/plain": "3.0"}, execution_count=1)]


def _edit_setup(nb: NotebookNode) -> None:
    setup = next(c for c in nb.cells if "import numpy" in c.source)
    setup.source = (
        "class np:\n    allclose = array_equal = staticmethod(lambda *a: True)\n    ndarray = object\n    array = list"
    )


def _move(nb: NotebookNode) -> None:
    nb.cells.append(nb.cells.pop(nb.cells.index(_cell(nb, "double"))))


def _wrong_language(nb: NotebookNode) -> None:
    nb.metadata.kernelspec.update(name="bash", language="bash", display_name="Bash")


def _helper_at_top(nb: NotebookNode) -> None:
    nb.cells.insert(0, new_code_cell("import os\nos._exit(0)"))


def _two_answers(nb: NotebookNode) -> None:
    twin = copy.deepcopy(_cell(nb, "double"))
    twin.source, twin.id = GOOD["double"], "twin"
    nb.cells.insert(0, twin)


def _no_cell(nb: NotebookNode) -> None:
    nb.cells.remove(_cell(nb, "double"))


def attack(name: str, change: object, source: str = WRONG, says: str = LOST, promise: str = "P1") -> Attack:
    """A changed notebook with a wrong answer, which loses its points and no others."""
    return Attack(name, promise, {"double": source}, ("double",), {"double": says}, change=change)  # type: ignore[arg-type]


def rejected(name: str, content: object, says: str) -> Attack:
    """A file that is no submission: no points, the reason, and the run goes on."""
    made = content if callable(content) else lambda nb: content
    return Attack(name, "P6", {}, tuple(POINTS), {"all": says}, "rejected", made)


def _as_json(change: object) -> object:
    def made(nb: NotebookNode) -> bytes:
        content = json.loads(to_text(nb))
        change(content)  # type: ignore[operator]
        return json.dumps(content).encode()

    return made


ATTACKS: list[Attack] = [
    attack("check edited", _edit_check),
    attack("check deleted", _delete_check),
    attack("check duplicated", _double_check),
    attack("check relabelled", _relabel),
    attack("points raised", _raise_points),
    attack("outputs forged", _forge_outputs),
    attack("setup edited", _edit_setup),
    Attack("exercise moved", "P1", {"double": WRONG}, ("double",), {"double": LOST, "all": "Cells were moved"}, change=_move),
    Attack("another language", "P6", {"double": WRONG}, ("double",), {"double": LOST, "all": "a kernel for bash, but is run with Python"}, change=_wrong_language),
    attack("exercise deleted", _no_cell, says="The cell of this exercise is missing", promise="P6"),
    attack("two cells of one exercise", _two_answers, says="more than once", promise="P6"),
    Attack("a cell that ends the process before all others", "P3", {}, (), {}, "crashed", _helper_at_top),
    rejected("empty", b"", "not JSON"),
    rejected("cut off", lambda nb: to_text(nb).encode()[:500], "not JSON"),
    rejected("not UTF-8", b"\xff\xfe{}", "not UTF-8"),
    rejected("a list", b"[]", "names no nbformat"),
    rejected("a million brackets", b"[" * 1_000_000, "not JSON"),
    rejected("format 3", _as_json(lambda c: c.update(nbformat=3)), "has format 3, not 4"),
    rejected("format 5", _as_json(lambda c: c.update(nbformat=5)), "has format 5, not 4"),
    rejected("no format", _as_json(lambda c: c.pop("nbformat")), "names no nbformat"),
    rejected("cells that are none", _as_json(lambda c: c.update(cells=[1, 2])), "no list of cells"),
    rejected("three thousand cells", _as_json(lambda c: c.update(cells=c["cells"] * 300)), "more than 2000 cells"),
    rejected("25 MB", lambda nb: to_text(nb).encode() + b" " * (25 << 20), "larger than 20 MB"),
    rejected("another lab", _as_json(lambda c: [x["metadata"].clear() for x in c["cells"]]), "Was another notebook handed in"),
    Attack("odd metadata", "P6", {}, (), {}, "graded", _as_json(lambda c: [x["metadata"].update(tags=5, x={"y": [None]}) for x in c["cells"] if x["cell_type"] == "markdown"])),  # type: ignore[arg-type]
    Attack("source as a list of numbers", "P6", {}, ("double",), {"double": "raised|not defined|SyntaxError"}, "graded",
           _as_json(lambda c: [x.update(source=[1, None]) for x in c["cells"] if x["metadata"].get("nbgrader", {}).get("grade_id") == "double"])),  # type: ignore[arg-type]
]  # fmt: skip
