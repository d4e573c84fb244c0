"""A workspace, a folder of built labs, a small lab's source, and the command line run on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labs_cli import places
from labs_cli.main import main

SOURCE = '''\
# ---
# jupyter:
#   lab:
#     title: Twice
#     question: How much is twice as much?
#     minutes: {core: 5, all: 5}
#     seconds: 1
#     objectives: [one, two, three]
#     prerequisites: []
#     covers:
#       topic.twice: [double]
# ---

# %% [markdown]
# # 90 · Twice

# %% kind="setup"
# Imports.
from prodml import begin, check, hidden_rng, value

begin("90_twice")

# %% kind="exercise" name="double" exports=["double"]
def double(x):
    """Twice x, a number."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% kind="check" name="double" points=3
with check("double"):
    got = value(double(3.0), float)
    assert got == 6, f"Twice 3 is 6, yours is {got}. Do you add instead of multiplying?"
    ### BEGIN HIDDEN TESTS
    secret = hidden_rng().normal() - 10
    assert value(double(secret), float) == 2 * secret, "Negative numbers can be doubled too."
    ### END HIDDEN TESTS

# %% [markdown] kind="hints" name="double"
# 1. What is twice a number?
# 2. There is an operator for it.
'''

ANSWERS = """\
# %% exercise="double" answer="wrong" name="adds" expect="add instead of multiplying"
# Misconception: twice is plus two.
def double(x):
    return x + 2

# %% exercise="double" answer="wrong" name="absolute" expect="Negative numbers can be doubled"
# Misconception: there are no negative numbers.
def double(x):
    return abs(x) * 2

# %% exercise="double" answer="wrong" name="text" expect="expected a value of type float"
# Misconception: a number may be text.
def double(x):
    return f"{2 * x}"

# %% exercise="double" answer="right" name="sum"
def double(x):
    return x + x

# %% exercise="double" answer="right" name="shift"
def double(x):
    return x * 4 / 2
"""


@dataclass(frozen=True)
class Ran:
    """What a run of the command line left."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebooks folder and a workspace of the test's own, and no sources."""
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setenv("PRODML_NOTEBOOKS", str(tmp_path / "notebooks"))
    monkeypatch.setenv("PRODML_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(places, "SOURCES", tmp_path / "labs")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def labs(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run `labs …` in this process."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def add_lab(tmp_path: Path) -> Callable[..., Path]:
    """Write a learner notebook that nobody built."""

    def add(slug: str, release: str = "r1", **changes: Any) -> Path:
        meta = {"slug": slug, "number": int(slug[:2]), "title": slug[3:].title(), "minutes": 30, "points": 5.0}
        meta |= {"release": release, "hints": {}} | changes
        nbgrader = {"grade": True, "grade_id": "check_one", "points": 5.0, "solution": False, "locked": True}
        cell = {"cell_type": "code", "id": "a", "source": "pass", "metadata": {"nbgrader": nbgrader}}
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"lab": meta}, "cells": [cell]}
        path = tmp_path / "notebooks" / slug / f"{slug}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(notebook))
        return path

    return add


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The source of the small lab 90_twice, where the command line looks for sources."""
    folder = tmp_path / "labs" / "90_twice"
    folder.mkdir(parents=True)
    (folder / "lab.py").write_text(SOURCE)
    (folder / "answers.py").write_text(ANSWERS)
    return folder


@pytest.fixture
def started(source: Path, labs: Callable[..., Ran], workspace: Path) -> Path:
    """The small lab, built and started: the learner's notebook."""
    assert labs("build").code == 0
    assert labs("start", "90").code == 0
    return workspace / "90_twice" / "90_twice.ipynb"


@pytest.fixture
def answer() -> Callable[[Path, str], None]:
    """Put an answer into the exercise cell of a notebook."""

    def write(path: Path, text: str) -> None:
        notebook = json.loads(path.read_text())
        (cell,) = [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == "double"]
        cell["source"] = text
        path.write_text(json.dumps(notebook))

    return write
