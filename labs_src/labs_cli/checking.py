"""`labs check`: the visible checks of a learner's notebook, judged outside of any kernel."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labs_cli import places
from labs_cli.catalog import Lab, find_lab
from labs_cli.copies import newest_copy
from labs_cli.notebook import NotebookFile, lab_metadata, read_notebook
from labs_cli.screen import count, note, points, say, table

if TYPE_CHECKING:
    from autograder.results import SubmissionResult

COLUMNS = ("exercise", ">points", "visible", "message")


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
    return show(judge(find_work(wanted, notebook)))


def judge(work: Work) -> SubmissionResult:
    """Judge the visible checks in other processes.

    Raises:
        AutograderError: the judge cannot run here.
    """
    from autograder.grade import check_notebook
    from labs_cli.places import sandbox
    from prodml import variant
    from prodml.workspace import course_variant

    chosen = variant() if os.environ.get("PRODML_VARIANT") else course_variant(places.workspace())
    return check_notebook(
        work.lab.slug, work.lab.notebook.read_bytes(), work.file.data, variant=chosen, sandbox=sandbox()
    )


def show(result: SubmissionResult) -> int:
    """Print a table of visible checks; return the exit code."""
    from autograder.results import Status

    rows = [(e.name, points(e.max_score), _state(e.score, e.max_score), e.message) for e in result.exercises]
    if rows:
        table(COLUMNS, rows)
    if result.message:
        say(result.message)
    if result.status is Status.GRADER_ERROR:
        note("This is a fault of the judge's, not of yours.")
        return 3
    passed = sum(state == "passed" for _, _, state, _ in rows)
    how = f"{result.status}, {result.seconds:g} s"
    say(f"{passed} of {count(len(rows), 'exercise')} passed the visible checks ({how}).")
    return 0 if rows and passed == len(rows) else 1


def _state(score: float, max_score: float) -> str:
    return "passed" if score == max_score else "failed"
