"""Judge one submission: bytes in, JSON text out, nothing else. What a pool of workers runs."""

from __future__ import annotations

import atexit
import dataclasses
import json
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError, CourseError
from autograder.marking.marker import Marker
from autograder.results import Status, SubmissionResult
from autograder.sandbox.fences import Fences, Sandbox
from autograder.sandbox.trial import Trial, try_sandbox
from autograder.source.assignment import Assignment

NO_SANDBOX = "this machine cannot fence in other people's code ({problem}), which would run with your rights"
DOCTOR = "`labs doctor` says how to allow it; or say that you trust every submission: --trust-submissions"


@dataclasses.dataclass(frozen=True)
class Task:
    """What is to be judged, alike for every submission of an assignment.

    Attributes:
        assignment: `Assignment.to_json()`.
        secret: hexadecimal; hidden inputs are drawn from it.
        beside: name → path of files that the notebook finds in its folder.
        fences, readable: of the sandbox (see sandbox/fences.py).
        trust: judge without a sandbox where there can be none.
        only: names of the exercises to judge; None for all.
    """

    assignment: dict[str, Any]
    secret: str
    fences: Fences
    beside: dict[str, str] = dataclasses.field(default_factory=dict)
    readable: tuple[str, ...] = ()
    trust: bool = False
    only: tuple[str, ...] | None = None

    def to_bytes(self) -> bytes:
        """As `grade_one` takes it: JSON, the same bytes for the same task."""
        return json.dumps(dataclasses.asdict(self)).encode()


class _Kept:
    """The last task's marker with its warm parents, for the next submission.

    Attributes:
        shared: folder of warm parents that this process may share with others; see `share_parents`.
    """

    task: bytes = b""
    marker: Marker | None = None
    shared: Path | None = None
    only: list[str] | None = None


def grade_one(task: bytes, submission: bytes) -> str:
    """Judge one submission; a fault of ours is tried once more, with processes that are new.

    Args:
        task: `Task.to_bytes()`.
        submission: the submitted file.

    Returns:
        JSON: a SubmissionResult without a student; or `{"problem", "fix"}` where no submission of this task can
        be judged: a check that is not as it must be, or no sandbox on this machine.
    """
    try:
        result = _marker(task).mark("", submission, only=_Kept.only)
        if result.status is Status.GRADER_ERROR:
            end()
            result = _marker(task).mark("", submission, only=_Kept.only)
    except AutograderError as error:
        end()
        return json.dumps({"problem": error.problem, "fix": error.fix})
    if result.status is Status.GRADER_ERROR:
        end()
    return json.dumps(result.to_json())


def read_result(text: str, student: str) -> SubmissionResult:
    """The result that `grade_one` wrote, as that of a student.

    Raises:
        CourseError: nothing of this task can be judged.
    """
    found = json.loads(text)
    if "problem" in found:
        raise CourseError(found["problem"], found["fix"])
    return SubmissionResult.from_json({**found, "student": student})


def share_parents(folder: Path) -> None:
    """Take forks of the SharedParents in a folder. They must hold the modules of every task from now on."""
    _Kept.shared = folder


def end() -> None:
    """End the processes that are kept for the next submission."""
    marker, _Kept.marker, _Kept.task = _Kept.marker, None, b""
    if marker is not None:
        marker.close()


atexit.register(end)


def require_sandbox(trust: bool) -> Trial:
    """How the sandbox here was tried; where it is not usable, there is none.

    Raises:
        CourseError: there can be none, and the submissions are not trusted.
    """
    trial = try_sandbox()
    if not trial.usable and not trust:
        raise CourseError(NO_SANDBOX.format(problem=trial.why), DOCTOR)
    return trial


def is_trusted(task: bytes) -> bool:
    """Whether the task says that submissions may be judged without a sandbox."""
    return json.loads(task)["trust"] is True


def marker_of(task: bytes, *, ours: bool = False) -> Marker:
    """A marker for a task, to be closed.

    Args:
        ours: what it will mark is the course's own: it needs no sandbox where there can be none.

    Raises:
        CourseError: there can be no sandbox, and neither is it ours nor are submissions trusted.
    """
    order: dict[str, Any] = json.loads(task)
    fences, trial = Fences(**order["fences"]), require_sandbox(ours or order["trust"] is True)
    sandbox = Sandbox(fences, tuple(order["readable"]), trial.bubblewrap) if trial.usable else None
    assignment, secret = Assignment.from_json(order["assignment"]), bytes.fromhex(order["secret"])
    return Marker(assignment, secret=secret, sandbox=sandbox, beside=order["beside"], shared=_Kept.shared)


def _marker(task: bytes) -> Marker:
    if _Kept.marker is None or _Kept.task != task:
        end()
        _Kept.marker, _Kept.task, _Kept.only = marker_of(task), task, json.loads(task)["only"]
    return _Kept.marker
