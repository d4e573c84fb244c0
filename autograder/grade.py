"""Grade an nbgrader course tree, or look at one notebook's visible checks."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.autograded import write_autograded
from autograder.errors import CourseError
from autograder.gradebook import open_gradebook, save_assignment, save_result
from autograder.marking import Marker
from autograder.results import Status, SubmissionResult
from autograder.sandbox.fences import Sandbox
from autograder.sandbox.trial import sandbox_here, try_sandbox

NO_SANDBOX = "this machine cannot fence in other people's code ({problem}), which would run with your rights"
DOCTOR = "`labs doctor` says how to allow it; or say that you trust every submission: --trust-submissions"
OnResult = Callable[[SubmissionResult, int, int], None]


def grade_course(
    course: Path,
    assignment: str,
    *,
    student: str | None = None,
    trust_submissions: bool = False,
    readable: tuple[str, ...] = (),
    on_result: OnResult | None = None,
) -> list[SubmissionResult]:
    """Grade every submission of an assignment into the course's gradebook.

    Args:
        course: folder with source/ and submitted/.
        student: grade this one only.
        trust_submissions: judge without a sandbox where there can be none.
        readable: paths that submissions may read, besides Python and its packages.
        on_result: called after each submission with the result, how many are done, and how many there are.

    Raises:
        CourseError: the course, its source or its reference solution is not as it must be; or there is no sandbox
            here, and `trust_submissions` was not given.
    """
    sandbox = sandbox_here(readable, course)
    if sandbox is None and not trust_submissions:
        raise CourseError(NO_SANDBOX.format(problem=try_sandbox().why), DOCTOR)
    source = _source(course, assignment)
    submitted = _submitted(course, assignment, student)
    results: list[SubmissionResult] = []
    with (
        open_gradebook(course) as gradebook,
        Marker(assignment, source, secret=_secret(course), sandbox=sandbox) as marker,
    ):
        save_assignment(gradebook, marker.assignment, source)
        for name, path in submitted.items():
            result = _grade_file(marker, name, path)
            if path is not None:
                save_result(gradebook, result, _timestamp(path))
                _leave_autograded(course, marker, source, path, result)
            results.append(result)
            if on_result:
                on_result(result, len(results), len(submitted))
    if not submitted:
        raise CourseError(f"{course / 'submitted'} holds no submission of {assignment}", "collect submissions first")
    return results


def check_notebook(
    name: str, assignment: bytes, submission: bytes, *, variant: int = 0, sandbox: Sandbox | None = None
) -> SubmissionResult:
    """Judge a notebook's visible checks alone.

    Args:
        assignment: the lab's learner notebook as it was built.
        submission: the notebook as it stands now.
    """
    with Marker(name, assignment, secret=b"", variant=variant, sandbox=sandbox) as marker:
        return marker.mark("you", submission, hidden=False)


def grade_one(assignment: bytes, submission: bytes) -> str:
    """Mark one submission: bytes in, JSON text out, nothing else.

    Args:
        assignment: JSON with `name`, `notebook` (the nbgrader source), `secret` (hexadecimal), `student`, and
            if need be `readable` (paths) and `trust` (true: judge without a sandbox where there can be none).
        submission: the submitted file.

    Raises:
        CourseError: there can be no sandbox here, and `trust` is not true.
    """
    order = json.loads(assignment)
    sandbox = sandbox_here(tuple(order.get("readable", ())))
    if sandbox is None and order.get("trust") is not True:
        raise CourseError(NO_SANDBOX.format(problem=try_sandbox().why), DOCTOR)
    secret = bytes.fromhex(order["secret"])
    with Marker(order["name"], order["notebook"].encode(), secret=secret, sandbox=sandbox) as marker:
        return json.dumps(marker.mark(order["student"], submission).to_json())


def _source(course: Path, assignment: str) -> bytes:
    path = course / "source" / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        known = sorted(p.name for p in (course / "source").glob("*") if p.is_dir())
        raise CourseError(f"{path} is missing; assignments here: {', '.join(known) or 'none'}", "release the lab first")
    return path.read_bytes()


def _submitted(course: Path, assignment: str, student: str | None) -> dict[str, Path | None]:
    """Student → submitted notebook, or None where nothing was handed in."""
    folder = course / "submitted"
    found: dict[str, Path | None] = {}
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if path.is_dir() and not path.is_symlink():
            notebook = path / assignment / f"{assignment}.ipynb"
            found[path.name] = notebook if notebook.is_file() and not notebook.is_symlink() else None
    if student is not None:
        return {student: found.get(student)}
    return found


def _grade_file(marker: Marker, student: str, path: Path | None) -> SubmissionResult:
    if path is None:
        name, highest = marker.assignment.name, marker.assignment.max_score
        return SubmissionResult(
            student,
            name,
            None,
            highest,
            Status.NOT_SUBMITTED,
            f"There is no {name}.ipynb of {student}.",
            0.0,
            (),
        )
    return marker.mark(student, path.read_bytes())


def _leave_autograded(course: Path, marker: Marker, source: bytes, path: Path, result: SubmissionResult) -> None:
    if result.status is Status.GRADER_ERROR:
        return
    stamp = path.with_name("timestamp.txt")
    timestamp = stamp.read_text() if stamp.is_file() else ""
    write_autograded(course, marker.assignment, source, path.read_bytes(), result, timestamp)


def _timestamp(path: Path) -> dt.datetime | None:
    stamp = path.with_name("timestamp.txt")
    try:
        found: dt.datetime = parse_utc(stamp.read_text().strip())
    except (OSError, ValueError):
        return None
    return found


def _secret(course: Path) -> bytes:
    """The course's secret, from which hidden inputs are drawn; made once, readable by its owner only."""
    path = course / ".judge-secret"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
