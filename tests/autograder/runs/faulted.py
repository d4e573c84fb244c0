"""What the tests of faults share: a course that is graded here, or in a mount namespace, and what must be said."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from sample_courses import NAME, POINTS, is_right, student_id

from autograder.grade import grade_course
from autograder.results import SubmissionResult
from labs_cli.places import readable

STUDENTS = 6
LABS = [sys.executable, "-m", "labs_cli.main"]
GRADE = [*LABS, "grade", NAME, "--trust-submissions", "--workers", "1", "--course"]  # no sandbox in such a namespace
SHELL = ["bash", "-ec"]
IN_NAMESPACE = ["unshare", "--map-root-user", "--user", "--mount", *SHELL]
PROGRESS = re.compile(r"^\d+/\d+  (student-\d+)  (\w+)", re.MULTILINE)
OTHER = 54321  # no user's id
AGAIN = "run the same command again"
DESERVED = {student_id(n): POINTS if is_right(n) else 0.0 for n in range(STUDENTS)}


def grade(course: Path, **options: Any) -> list[SubmissionResult]:
    return grade_course(course, NAME, workers=1, trust_submissions=True, readable=readable(), **options)


def scores(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {s.student_id: s.score for s in gradebook.assignment_submissions(NAME)}


def told(text: str, *parts: str) -> None:
    """One error of two lines, with its file and its fix, and no traceback."""
    assert "Traceback" not in text
    assert text.count("fix:") == 1, text
    for part in (*parts, AGAIN):
        assert part in text, text


def all_is_there(course: Path) -> None:
    """The same command completes: every score, and no submission judged again."""
    results = grade(course)
    assert [r.unchanged for r in results] == [True] * STUDENTS
    assert scores(course) == DESERVED
    assert len(list((course / "autograded").glob("*/*/*.ipynb"))) == STUDENTS


def in_namespace(script: str, *, within: Sequence[str] = IN_NAMESPACE, **values: object) -> str:
    """Run a script as root of a user and mount namespace of its own; what it says."""
    env = {**os.environ, **{name: str(value) for name, value in values.items()}, "GRADE": " ".join(GRADE)}
    done = subprocess.run([*within, script], env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def nobody_may_read(path: Path) -> Iterator[Callable[..., str]]:
    """Take all rights to a file or folder away; gives what runs a script as somebody who then has none, root or not."""
    before, within = path.stat(), SHELL
    path.chmod(0)
    if not os.geteuid():
        os.chown(path, OTHER, OTHER)
        within = IN_NAMESPACE  # whose root may do all with its own files, and nothing with other people's
    try:
        yield lambda script, **values: in_namespace(script, within=within, **values)
    finally:
        os.chown(path, before.st_uid, before.st_gid)
        path.chmod(before.st_mode)
