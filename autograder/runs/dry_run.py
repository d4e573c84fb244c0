"""What the source itself gets, test by test, before anybody is graded: its own solution, and the blank release."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from autograder.course.releases import Releases
from autograder.files import write_whole
from autograder.marking.how import How
from autograder.marking.try_lab import of_lab
from autograder.runs.one import Task, marker_of
from autograder.runs.stamp import describe_task, grader_stamp, hash_of

FOLDER = "tried"  # in the grader's private folder


def with_how(private: Path, releases: Releases, task: Task, *, force: bool = False) -> Releases:
    """The releases of a plain course's notebook, whose current source says how each of its tests is judged.

    What has been found out before is not found out again as long as nothing has changed that it depends on.

    Raises:
        GraderFault: the processes of a judgement do not start or end without a verdict.
    """
    assignment = releases.current.assignment
    if not assignment.is_plain:
        return releases
    order = dataclasses.replace(task, assignment=assignment.to_json()).to_bytes()
    path = private / FOLDER / assignment.name / f"{assignment.notebook}.json"
    key = hash_of([grader_stamp(describe_task(order)).encode(), order])
    found = None if force else _read(path, key)
    if found is None:
        with marker_of(order, ours=True) as marker:
            found = {g: how.to_json(assignment.checks[g]) for g, how in marker.how().items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps({"key": key, "tests": found}, indent=1) + "\n").encode())
    current = dataclasses.replace(releases.current, assignment=dataclasses.replace(assignment, counts=found))
    return dataclasses.replace(releases, current=current)


def how_tests_fare(releases: Releases, task: Task, blank: bytes | None) -> dict[str, How]:
    """Grade id → how each test of the current source is judged, and what solution and blank release get.

    Args:
        releases: as `with_how` gives them.
        blank: the notebook that learners get; None where there is none. Of a plain course it is made from the source.

    Raises:
        GraderFault: see `with_how`.
    """
    source = releases.current
    checks = source.assignment.checks
    known = {g: How.recorded(source.assignment, check) for g, check in checks.items()}
    found = {g: how for g, how in known.items() if how is not None}
    if len(found) == len(checks):
        return found
    order = dataclasses.replace(task, assignment=source.assignment.to_json()).to_bytes()
    with marker_of(order, ours=True) as marker:
        return of_lab(marker, source.content, blank)


def _read(path: Path, key: str) -> dict[str, dict[str, object]] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return dict(found["tests"]) if found["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
