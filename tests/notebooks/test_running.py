"""Would the tests of this folder notice what they are there for? Shown on tiny notebooks."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

HOLD_300_MB = """
import subprocess, sys
child = "x = b'x' * (300 << 20); [x.count(b'y') for _ in range(50)]"  # busy long enough to be sampled
subprocess.run([sys.executable, "-c", child], check=True)
"""


def notebook(*cells: str) -> NotebookNode:
    """A notebook of code cells."""
    return new_notebook(cells=[new_code_cell(cell) for cell in cells])


def test_an_error_is_noticed(run_notebook) -> None:
    """Does an error stop the run, and is it told?"""
    run = run_notebook(notebook("1 / 0", "print('after')"))
    assert "ZeroDivisionError" in run.failure
    assert not run.notebook.cells[-1].get("outputs")


def test_a_warning_of_ours_is_noticed(run_notebook) -> None:
    """Is a cell's warning told from other text on stderr, and from a library's own?"""
    library = "warnings.warn_explicit('theirs', UserWarning, '/lib/numpy/core.py', 3)"
    package = "warnings.warn_explicit('ours', FutureWarning, '/src/prodml/data.py', 7)"
    run = run_notebook(
        notebook("import sys, warnings; warnings.warn('cell')", library, package, "sys.stderr.write('plain')")
    )
    assert not run.failure
    found = run.warnings
    assert len(found) == 2
    assert found[0].endswith("UserWarning: cell")
    assert found[1].endswith("data.py:7: FutureWarning: ours")


def test_memory_of_processes_that_a_cell_starts_counts(run_notebook) -> None:
    """Is what a cell's child process holds part of the lab's memory?"""
    small, large = (run_notebook(notebook(cell)) for cell in ("pass", HOLD_300_MB))
    assert large.peak_memory - small.peak_memory == pytest.approx(300 * 2**20, rel=0.2)
