"""Release a lab into a course: a standard nbgrader course tree."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config

from autograder.authoring.build import build_lab
from autograder.authoring.notebooks import to_text
from autograder.course.gradebook import open_gradebook
from autograder.course.releases import kept_releases, release_of
from autograder.course.staging import decide, prepare
from autograder.course.tree import PRIVATE, private_folder
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.marking.how import How
from autograder.marking.marker import Marker
from autograder.marking.try_lab import of_lab
from autograder.source.assignment import Assignment
from autograder.source.read_assignment import read_assignment

CONFIG_FILE = "nbgrader_config.py"
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


def release_lab(
    lab_dir: Path, course: Path, on_source: Callable[[Assignment, dict[str, How]], object] = lambda *found: None
) -> Path:
    """Write source/, release/ and the gradebook's entry of a lab; return the released notebook.

    nbgrader's own `generate_assignment` makes the release; our learner notebook, which differs by hints in the
    stub, takes its place. Killed at any moment, it leaves the old release or the new one (staging.py).

    Args:
        on_source: called with what solution and blank release get, test by test.

    Raises:
        AuthorErrors: the lab breaks a rule.
        CourseError: the reference solution fails its own check, nbgrader refuses the source, or another run is
            busy with the course.
    """
    built = build_lab(lab_dir)
    name = built.source.slug
    notebook = built.nbgrader_source
    solution = to_text(notebook).encode()
    with Marker(read_assignment(name, solution), secret=b"release") as marker:
        notebook.metadata["judge"] = _recorded_counts(marker)
        on_source(marker.assignment, of_lab(marker, solution, to_text(built.learner).encode()))
    course.mkdir(parents=True, exist_ok=True)
    if not (course / CONFIG_FILE).exists():
        write_whole(course / CONFIG_FILE, CONFIG.format(root=".").encode())
    with private_folder(course) as private:
        prepared = prepare(private)
        source = prepared / "source" / name
        if (course / "source" / name).is_dir():  # files beside the notebook are released, too
            shutil.copytree(course / "source" / name, source)
        source.mkdir(parents=True, exist_ok=True)
        (source / f"{name}.ipynb").write_text(to_text(notebook))
        with open_gradebook(course):
            pass  # made before nbgrader looks for it
        _generate(course, name, prepared)
        (prepared / "release" / name / f"{name}.ipynb").write_text(to_text(built.learner))
        decide(course, private)
    return course / "release" / name / f"{name}.ipynb"


def earlier_releases(course: Path, name: str) -> list[str]:
    """Releases of a lab before the current one whose sources are kept."""
    current = release_of((course / "source" / name / f"{name}.ipynb").read_bytes())
    return [release for release, _ in kept_releases(course / PRIVATE, name) if release != current]


def _recorded_counts(marker: Marker) -> dict[str, object]:
    """How often each assert site holds for the reference: grading asks for exactly that."""
    return {
        grade_id: {"digest": check.digest, "counts": marker.counts(check)}
        for grade_id, check in marker.assignment.checks.items()
    }


def _generate(course: Path, name: str, folder: Path) -> None:
    """Have nbgrader make `folder/release/` from `folder/source/`, and the entry in the course's gradebook."""
    config = Config()
    config.CourseDirectory.root = str(folder.resolve())
    config.CourseDirectory.db_url = f"sqlite:///{(course / 'gradebook.db').resolve()}"
    here = Path.cwd()
    os.chdir(folder)  # nbgrader resolves some paths against the current folder
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
