"""A small lab with a workspace, cells without a kernel, and cells in one."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from prodml.lab import records, session

SLUG = "02_small"
HINTS = ["Look at `len`.", "Look again.", "It is $n - 1$."]


def _check(name: str, points: int) -> NotebookNode:
    return new_code_cell(metadata={"nbgrader": {"grade_id": f"check_{name}", "points": points}})


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An open lab with the exercises `psi` (4 points, three hints) and `rule` (2 points); returns the workspace."""
    about = {"slug": SLUG, "number": 2, "title": "A small lab", "minutes": 5, "points": 6, "hints": {"psi": HINTS}}
    folder = tmp_path / "notebooks" / SLUG
    folder.mkdir(parents=True)
    exercise = new_code_cell(metadata={"lab": {"kind": "exercise", "name": "psi", "exports": ["psi"]}})
    notebook = new_notebook(cells=[exercise, _check("psi", 4), _check("rule", 2)], metadata={"lab": about})
    nbformat.write(notebook, folder / f"{SLUG}.ipynb")
    workspace = tmp_path / "workspace"
    (workspace / ".prodml").mkdir(parents=True)
    monkeypatch.setenv("PRODML_NOTEBOOKS", str(tmp_path / "notebooks"))
    monkeypatch.setenv("PRODML_WORKSPACE", str(workspace))
    monkeypatch.setattr(session, "_slug", SLUG)
    return workspace


@pytest.fixture
def no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder in no workspace; records are kept in memory, from none on."""
    monkeypatch.delenv("PRODML_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(records, "_in_memory", [])
    return tmp_path


@pytest.fixture
def cell() -> Callable[[str], None]:
    """`cell(source)`: run it as IPython would, each in a file of its own, all with the same names."""
    names: dict[str, Any] = {}
    count = iter(range(1000))

    def run(source: str) -> None:
        file = f"<test cell {next(count)} {id(names)}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        exec(compile(source, file, "exec"), names)

    run("from prodml import *")
    return run


@pytest.fixture
def kernel(lab: Path) -> Callable[..., list[NotebookNode]]:
    """`kernel(*sources)`: the cells of a notebook after a real kernel has run them all, errors included."""

    def execute(*sources: str) -> list[NotebookNode]:
        opening = f"from prodml import *\nbegin({SLUG!r})"
        notebook = new_notebook(cells=[new_code_cell(s) for s in (opening, *sources)])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python", "language": "python"}
        client = nbclient.NotebookClient(notebook, timeout=120, allow_errors=True)
        client.execute(cwd=str(lab))
        cells: list[NotebookNode] = notebook.cells
        return cells

    return execute
