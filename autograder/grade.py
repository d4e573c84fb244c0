"""Grade an nbgrader course tree, or look at one notebook's visible checks."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from autograder.assignment import is_graded
from autograder.autograded import write_autograded
from autograder.beside import find_beside
from autograder.errors import CourseError
from autograder.gradebook import open_gradebook, save_assignment, save_result
from autograder.intake import Rejected
from autograder.marking import Marker
from autograder.results import Status, SubmissionResult
from autograder.sandbox.fences import Sandbox
from autograder.sandbox.trial import sandbox_here, try_sandbox
from autograder.submitted import HandedIn, find_submitted

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
    sources, beside = _sources(course, assignment), find_beside(course / "source" / assignment)
    expected = tuple(f"{notebook}.ipynb" for notebook in sources)
    submitted = [h for h in find_submitted(course, assignment, expected) if student in (None, h.student)]
    if student is not None and not submitted:
        submitted = [HandedIn(student, course / "submitted" / student / assignment, expected)]
    if not submitted:
        raise CourseError(f"{course / 'submitted'} holds no submission of {assignment}", "collect submissions first")
    results: list[SubmissionResult] = []
    with open_gradebook(course) as gradebook:
        for notebook, source in sources.items():
            with Marker(
                assignment, source, secret=_secret(course), sandbox=sandbox, file=notebook, beside=beside
            ) as marker:
                save_assignment(gradebook, marker.assignment, source)
                for handed_in in submitted:
                    content, result = _grade_file(marker, handed_in)
                    if handed_in.has_id and result.status is not Status.NOT_SUBMITTED:
                        save_result(gradebook, result, handed_in.time)
                        _leave_autograded(course, marker, source, content, result, handed_in.time)
                    results.append(result)
                    if on_result:
                        on_result(result, len(results), len(submitted) * len(sources))
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


def _sources(course: Path, assignment: str) -> dict[str, bytes]:
    """Name without `.ipynb` → content of the assignment's notebooks, without those that only explain."""
    folder = course / "source" / assignment
    found = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.ipynb")) if path.is_file()}
    graded = {name: notebook for name, notebook in found.items() if len(found) == 1 or is_graded(notebook)}
    if not graded:
        known = sorted(p.name for p in (course / "source").glob("*") if p.is_dir())
        problem = f"{folder} holds no graded notebook; assignments here: {', '.join(known) or 'none'}"
        raise CourseError(problem, "release the lab first")
    return graded


def _grade_file(marker: Marker, handed_in: HandedIn) -> tuple[bytes, SubmissionResult]:
    """What was handed in, and what it is worth."""
    student, assignment = handed_in.student, marker.assignment
    name = f"{assignment.notebook}.ipynb"
    try:
        content = handed_in.read(name)
    except Rejected as error:
        return b"", marker.reject(student, str(error))
    except OSError as error:
        status, message = Status.GRADER_ERROR, f"{name} of {student} cannot be read: {error.strerror or error}"
    else:
        if content is not None:
            return content, marker.mark(student, content)
        status, message = Status.NOT_SUBMITTED, f"There is no {name} of {student}."
    highest = assignment.max_score
    return b"", SubmissionResult(student, assignment.name, None, highest, status, message, 0.0, (), assignment.notebook)


def _leave_autograded(
    course: Path, marker: Marker, source: bytes, content: bytes, result: SubmissionResult, time: dt.datetime | None
) -> None:
    if result.status is not Status.GRADER_ERROR:
        timestamp = f"{time} UTC" if time else ""
        write_autograded(course, marker.assignment, source, content, result, timestamp)


def _secret(course: Path) -> bytes:
    """The course's secret, from which hidden inputs are drawn; made once, readable by its owner only."""
    path = course / ".judge-secret"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()
