"""Release a lab into a course: a standard nbgrader course tree."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config

from autograder.build.build import build_lab
from autograder.build.notebooks import to_text
from autograder.course.gradebook import open_gradebook
from autograder.errors import CourseError
from autograder.marking.marker import Marker
from autograder.source.read_assignment import read_assignment

CONFIG = '''"""Configuration of nbgrader for this course: every nbgrader command and formgrader read it."""

c = get_config()  # noqa: F821

c.CourseDirectory.root = {root!r}

# `nbgrader autograde`, and formgrader's button for it, judge as `labs grade` does.
c.Autograde.sanitize_preprocessors = ["autograder.nbgrader_plugin.Discard"]
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.JudgeSubmission",
    "nbgrader.preprocessors.AssignLatePenalties",
]
# `nbgrader export` makes a table that no spreadsheet runs.
c.ExportApp.plugin_class = "autograder.course.export.CsvExport"
'''


def release_lab(lab_dir: Path, course: Path) -> Path:
    """Write source/, release/ and the gradebook's entry of a lab; return the released notebook.

    nbgrader's own `generate_assignment` makes the release; our learner notebook, which differs by hints in the
    stub, takes its place.

    Raises:
        AuthorErrors: the lab breaks a rule.
        CourseError: the reference solution fails its own check, or nbgrader refuses the source.
    """
    built = build_lab(lab_dir)
    name = built.source.slug
    course.mkdir(parents=True, exist_ok=True)
    _write_config(course)
    notebook = built.nbgrader_source
    notebook.metadata["judge"] = _recorded_counts(name, to_text(notebook).encode())
    source = course / "source" / name / f"{name}.ipynb"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(to_text(notebook))
    with open_gradebook(course):
        pass  # made before nbgrader looks for it
    _generate(course, name)
    released = course / "release" / name / f"{name}.ipynb"
    released.write_text(to_text(built.learner))
    return released


def _recorded_counts(name: str, notebook: bytes) -> dict[str, object]:
    """How often each assert site holds for the reference: grading asks for exactly that."""
    with Marker(read_assignment(name, notebook), secret=b"release") as marker:
        return {
            grade_id: {"digest": check.digest, "counts": marker.counts(check)}
            for grade_id, check in marker.assignment.checks.items()
        }


def _generate(course: Path, name: str) -> None:
    config = Config()
    config.CourseDirectory.root = str(course.resolve())
    config.CourseDirectory.db_url = f"sqlite:///{(course / 'gradebook.db').resolve()}"
    here = Path.cwd()
    os.chdir(course)  # nbgrader resolves some paths against the current folder
    try:
        api = NbGraderAPI(config=config)
        api.log.setLevel(logging.ERROR)
        outcome = api.generate_assignment(name, force=True, create=True)
    finally:
        os.chdir(here)
    if not outcome["success"]:
        raise CourseError(
            f"nbgrader refused the source of {name}: {outcome.get('error') or outcome.get('log')}",
            "see its log",
        )


def _write_config(course: Path) -> None:
    path = course / "nbgrader_config.py"
    if not path.exists():
        path.write_text(CONFIG.format(root="."))
