"""Is an exercise that is not done told in one line, and a library's own error in full?"""

from __future__ import annotations

from collections.abc import Callable

from nbformat import NotebookNode

LIBRARY = """
import sys, types
library = types.ModuleType("library")
exec("def refuse(): raise NotImplementedError('not for this dtype')", vars(library))
library.refuse()
"""


def test_one_line_for_a_stub_and_for_what_waits_for_it(kernel: Callable[..., list[NotebookNode]]) -> None:
    cells = kernel(
        "def f(): raise NotImplementedError", "table = f()", "table.mean()", LIBRARY, "table = 3", "table + 1"
    )
    errors = [c.outputs[0] for c in cells[2:5]]
    assert [e.ename for e in errors] == ["NotImplementedError"] * 3
    assert errors[0].traceback == ["NotImplementedError: finish the exercise first, then run this cell again"]
    assert errors[1].traceback == [f"NotImplementedError: {errors[1].evalue}"]
    assert errors[1].evalue.startswith("`table` comes from a cell above")
    assert "library" in "".join(errors[2].traceback)
    assert cells[6].outputs[0].data["text/plain"] == "4"


HANDED_ON = """
from prodml.runtime.processes import ring
exec("def hand_on(): raise NotImplementedError", vars(ring))
ring.hand_on()
"""
TRACED = "def f(): raise NotImplementedError('in user code:\\n\\n    File \"/tmp/cell.py\", line 1, in f\\n')\nf()"


def test_one_line_for_a_stub_in_another_process_or_in_a_traced_function(
    kernel: Callable[..., list[NotebookNode]],
) -> None:
    cells = kernel(HANDED_ON, TRACED)
    line = ["NotImplementedError: finish the exercise first, then run this cell again"]
    assert [c.outputs[0].traceback for c in cells[1:]] == [line, line]
