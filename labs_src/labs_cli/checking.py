"""`labs check` without --full: the visible checks of a learner's notebook, judged outside of any kernel."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labs_cli import places
from labs_cli.catalog import Lab, find_lab
from labs_cli.copies import newest_copy
from labs_cli.digests import is_exercise, source_of
from labs_cli.notebook import NotebookFile, lab_metadata, read_notebook
from labs_cli.screen import count, note, points, say, table

if TYPE_CHECKING:
    from autograder.results import ExerciseResult, SubmissionResult

COLUMNS = ("exercise", ">points", "visible", "message")
HIDDEN_COLUMNS = ("exercise", ">points", ">yours", "all checks", "message")


@dataclass(frozen=True)
class Work:
    """A learner's notebook of a lab, as saved at one moment."""

    lab: Lab
    file: NotebookFile


def find_work(wanted: str, notebook: Path | None) -> Work:
    """The learner's notebook of a lab: the given file, else the newest copy in the workspace.

    Raises:
        NotFound: no such lab, or it has not been started.
        BadNotebook: the file is no notebook.
    """
    lab = find_lab(wanted)
    path = notebook if notebook is not None else newest_copy(places.workspace(), lab).notebook
    work = Work(lab, read_notebook(path))
    saved = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(path.stat().st_mtime))
    say(f"{lab.short} · {lab.title}: {path}, saved {saved}")
    if lab_metadata(work.file.content).get("release") != lab.release:
        note("This copy was made from another release of the lab; today's checks are run on its answers.")
    return work


def check(wanted: str, notebook: Path | None) -> int:
    """Show the visible checks of a notebook; return the exit code: 1 if any fails, 3 for a fault of ours."""
    work = find_work(wanted, notebook)
    result = judge(work)
    code = show(result, work)
    if (places.SOURCES / work.lab.slug).is_dir() and any(e.score for e in result.exercises):
        say(f"`labs check {work.lab.short} --full` runs the hidden tests too.")
    return code


def judge(work: Work) -> SubmissionResult:
    """Judge the visible checks in other processes.

    Raises:
        AutograderError: the judge cannot run here.
    """
    from autograder.grade import check_notebook

    return check_notebook(
        work.lab.slug,
        work.lab.notebook.read_bytes(),
        work.file.data,
        variant=chosen_variant(),
        sandbox=places.sandbox(),
    )


def chosen_variant() -> int:
    """The variant that the environment names, else the workspace's course."""
    from prodml import variant
    from prodml.lab.workspace import course_variant

    return variant() if os.environ.get("PRODML_VARIANT") else course_variant(places.workspace())


def show(result: SubmissionResult, work: Work, *, hidden: bool = False) -> int:
    """Print a table of checks, the visible ones or all; return the exit code."""
    from autograder.marking.marker import NOT_DONE
    from autograder.results import Status

    untouched = _stubs(read_notebook(work.lab.notebook)) & _stubs(work.file)

    def state(e: ExerciseResult) -> str:
        if e.score == e.max_score:
            return "passed"
        if not e.message.startswith(NOT_DONE):
            return "failed"
        return "not started" if e.name in {name for name, _ in untouched} else "not done"

    states = [state(e) for e in result.exercises]
    rows: list[tuple[str, ...]] = [
        (e.name, points(e.max_score), *([points(e.score)] if hidden else []), said, e.message)
        for e, said in zip(result.exercises, states, strict=True)
    ]
    if rows:
        table(HIDDEN_COLUMNS if hidden else COLUMNS, rows)
    if result.message:
        say(result.message)
    if result.status is Status.GRADER_ERROR:
        note("This is a fault of the judge's, not of yours.")
        return 3
    passed = states.count("passed")
    which = "all checks, the hidden ones too" if hidden else "the visible checks"
    say(f"{passed} of {count(len(rows), 'exercise')} passed {which} ({result.status}, {result.seconds:g} s).")
    return 0 if rows and passed == len(rows) else 1


def _stubs(notebook: NotebookFile) -> set[tuple[str, str]]:
    """(name, source) of the exercises' cells."""
    cells = [cell for cell in notebook.content["cells"] if isinstance(cell, dict) and is_exercise(cell)]
    return {(str(lab_metadata(cell).get("name")), source_of(cell)) for cell in cells}
