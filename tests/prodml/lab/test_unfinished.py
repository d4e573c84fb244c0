"""Does a cell that waits for an exercise say so, instead of complaining of an unknown name?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nbclient
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from prodml.lab.unfinished import Unfinished

USES: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda x: x.mean,
    "call": lambda x: x(),
    "item": lambda x: x["a"],
    "loop": list,
    "arithmetic": lambda x: 1 + x,
    "comparison": lambda x: x > 2,
    "truth": bool,
    "array": np.asarray,
    "format": lambda x: f"{x:.2f}",
    "key": lambda x: {x: 1},
}


@pytest.mark.parametrize("use", USES)
def test_whatever_is_done_with_it_says_what_it_waits_for(use: str) -> None:
    with pytest.raises(NotImplementedError, match="`table` comes from a cell above that waits for an exercise"):
        USES[use](Unfinished("table"))


def test_it_can_be_looked_at() -> None:
    assert "waits for an exercise" in repr(Unfinished("table"))


def test_cells_that_follow_an_unfinished_one_fail_alike_until_it_is_done() -> None:
    sources = [
        "from prodml import begin\nbegin('90_none')\nready = False",
        "def exercise():\n    if not ready:\n        raise NotImplementedError\n    return 3",
        "made = exercise()",
        "more = made + 1",
        "more * 2",
        "ready = True\nmade = exercise()\nmore = made + 1",
        "more * 2",
    ]
    nb = new_notebook(cells=[new_code_cell(s) for s in sources])
    nbclient.NotebookClient(nb, allow_errors=True, kernel_name="python3").execute()
    ends = [c.outputs[-1].get("ename", "result") if c.outputs else "nothing" for c in nb.cells[1:]]
    assert ends == ["nothing", *["NotImplementedError"] * 3, "nothing", "result"]
    assert nb.cells[-1].outputs[-1].data["text/plain"] == "8"
