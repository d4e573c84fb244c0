"""Do workers judge side by side, and does a worker's death cost nobody anything?"""

from __future__ import annotations

import operator
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from sample_courses import NAME

from autograder.grade import grade_course
from autograder.marking.marker import Marker
from autograder.results import Status, SubmissionResult
from autograder.runs import notebook_run, one
from autograder.runs.one import Task, grade_one, read_result
from autograder.runs.workers import Lost, grade_each
from autograder.sandbox.fences import read_fences
from autograder.source.read_assignment import read_assignment


def test_one_worker_or_two(course: Path) -> None:
    """Does it make no difference to what is said?"""
    alone, together = (
        [(r.student, r.score, r.exercises) for r in grade_course(course, NAME, workers=n, force=True)] for n in (1, 2)
    )
    assert alone == together
    assert len(alone) == 6


def test_a_worker_that_dies_is_replaced(course: Path) -> None:
    killed: list[int] = []

    def kill_one(result: SubmissionResult, done: int, total: int) -> None:
        if not killed:
            workers = [p for p in _children() if "spawn_main" in " ".join(p.cmdline())]
            killed.append(workers[0].pid)
            workers[0].kill()

    results = grade_course(course, NAME, workers=2, on_result=kill_one)
    assert killed
    assert [(r.status, r.message) for r in results] == [(Status.GRADED, "")] * 6


def test_a_submission_that_kills_its_worker_is_told(tmp_path: Path) -> None:
    """And stops nobody else? Here what judges ends its process where it is told to."""
    work: Any = [("first", 3), ("second", 4)]
    outcomes = {label: outcome for label, _, outcome in grade_each(os._exit, work, 1, tmp_path, judge=operator.call)}  # type: ignore[arg-type]
    with pytest.raises(Lost, match="status 3"):
        outcomes["first"]()
    with pytest.raises(Lost, match="status 4"):
        outcomes["second"]()


def test_a_submission_that_the_worker_fails_on_stops_nobody_else(tmp_path: Path) -> None:
    """Here what judges rounds numbers, and the first is none."""
    work: Any = [("first", "no number"), ("second", 0)]
    outcomes = {label: done for label, _, done in grade_each(round, work, 1, tmp_path, judge=operator.call)}  # type: ignore[arg-type]
    with pytest.raises(Lost, match="the worker failed: TypeError: "):
        outcomes["first"]()
    assert outcomes["second"]() == 0


def test_a_fault_of_ours_costs_no_points_and_is_tried_again(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> str:
        raise Lost("the worker process ended 2 times (status 9)")

    with monkeypatch.context() as patch:
        patch.setattr(
            notebook_run, "grade_each", lambda task, work, *_: ((each, content, lost) for each, content in work)
        )
        results = grade_course(course, NAME)
    assert {(r.status, r.score, r.message) for r in results} == {
        (Status.GRADER_ERROR, None, "the worker process ended 2 times (status 9)")
    }
    assert not any(r.unchanged for r in grade_course(course, NAME))


def test_a_fault_is_tried_once_more_with_new_processes(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., SubmissionResult] = Marker.mark
    markers: list[Marker] = []

    def mark(self: Marker, student: str, notebook: bytes, **options: Any) -> SubmissionResult:
        markers.append(self)
        if len(markers) == 1:
            return SubmissionResult(student, NAME, None, 2.0, Status.GRADER_ERROR, "broken", 0.1, ())
        return real(self, student, notebook, **options)

    monkeypatch.setattr(Marker, "mark", mark)
    source = (course / "source" / NAME / f"{NAME}.ipynb").read_bytes()
    task = Task(read_assignment(NAME, source).to_json(), "00", read_fences())
    handed = next((course / "submitted").rglob("*.ipynb")).read_bytes()
    try:
        assert read_result(grade_one(task.to_bytes(), handed), "ada").status is Status.GRADED
    finally:
        one.end()
    assert len(markers) == len(set(map(id, markers))) == 2


def test_submissions_are_read_as_they_are_needed(tmp_path: Path) -> None:
    """A course of thousands must not be in memory at once."""
    read: list[int] = []

    def work() -> Any:
        for number in range(20):
            read.append(number)
            yield number, number

    for done, _ in enumerate(grade_each(0, work(), 1, tmp_path, judge=operator.add), 1):  # type: ignore[arg-type]
        assert len(read) <= done + 3
    assert len(read) == 20


def test_closing_it_ends_the_workers(tmp_path: Path) -> None:
    work: Any = [(n, 600) for n in range(3)]
    outcomes = grade_each(time.sleep, iter([(0, 0), *work]), 2, tmp_path, judge=operator.call)  # type: ignore[arg-type]
    next(outcomes)
    workers = [p for p in _children() if "spawn_main" in " ".join(p.cmdline())]
    assert len(workers) == 2
    outcomes.close()
    assert psutil.wait_procs(workers, 30)[1] == []
    assert not Path((tmp_path / "home").read_text()).exists()


def _children() -> list[psutil.Process]:
    """Processes that this one has started, without those that have ended and that nobody has waited for."""
    return [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
