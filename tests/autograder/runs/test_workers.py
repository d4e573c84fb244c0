"""Do workers judge side by side, and does a worker's death cost nobody anything?"""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from sample_courses import NAME

from autograder.grade import grade_course
from autograder.judge.wire import Closed
from autograder.marking.marker import Marker
from autograder.results import Status, SubmissionResult
from autograder.runs import notebook_run, one
from autograder.runs.answers import Lost, lost
from autograder.runs.one import Task, grade_one, read_result
from autograder.runs.workers import grade_each
from autograder.sandbox.fences import read_fences
from autograder.source.read_assignment import read_assignment

GOOD = json.dumps(SubmissionResult("", NAME, 2.0, 2.0, Status.GRADED, "", 0.1, ()).to_json())


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
            workers = _workers()
            killed.append(workers[0].pid)
            workers[0].kill()

    results = grade_course(course, NAME, workers=2, on_result=kill_one)
    assert killed
    assert [(r.status, r.message) for r in results] == [(Status.GRADED, "")] * 6


@dataclasses.dataclass
class Told:
    """A worker that does what a submission says."""

    ended: int | None = None
    hung_up: threading.Event = dataclasses.field(default_factory=threading.Event)

    def judge(self, order: Mapping[str, object]) -> str:
        match order["submission"]:
            case b"dies":
                self.ended = 3
                raise Closed("the other side is gone")
            case b"dies later":
                self.ended = 9
            case b"fails":
                return lost("it failed")
            case b"lies":
                return "[]"
            case b"waits":
                assert self.hung_up.wait(60)
                raise Closed("this side is closed")
        return GOOD

    def hang_up(self) -> None:
        self.hung_up.set()

    def end(self) -> None:
        self.hang_up()


class Team:
    """Starts such workers, and knows them."""

    def __init__(self) -> None:
        self.workers: list[Told] = []

    def start(self, home: Path, shared: Path) -> Told:
        assert shared.is_relative_to(home)
        self.workers.append(Told())
        return self.workers[-1]


def test_a_submission_that_kills_its_workers_stops_nobody_else(tmp_path: Path) -> None:
    team, work = Team(), [(said, said.encode()) for said in ("dies", "fails", "lies", "fine")]
    outcomes = {label: done for label, _, done in grade_each(b"", work, 1, tmp_path, start=team.start)}
    assert outcomes["fine"]() == GOOD
    assert len(team.workers) == 3, "it is tried twice"
    wanted = {"dies": r"ended 2 times \(status 3\)", "fails": "it failed", "lies": "sent no result"}
    for label, said in wanted.items():
        with pytest.raises(Lost, match=said):
            outcomes[label]()


def test_a_worker_that_dies_with_nothing_to_do_is_replaced(tmp_path: Path) -> None:
    team, work = Team(), [(n, b"dies later") for n in range(3)]
    assert [done() for _, _, done in grade_each(b"", work, 1, tmp_path, start=team.start)] == [GOOD] * 3
    assert len(team.workers) == 3


def test_a_worker_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    def start(home: Path, shared: Path) -> Told:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    ((_, _, outcome),) = grade_each(b"", [("first", b"")], 1, tmp_path, start=start)
    with pytest.raises(Lost, match=r"no worker could judge: .*temporarily unavailable"):
        outcome()


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

    def work() -> Iterator[tuple[int, bytes]]:
        for number in range(20):
            read.append(number)
            yield number, b""

    for done, _ in enumerate(grade_each(b"", work(), 1, tmp_path, start=Team().start), 1):
        assert len(read) <= done + 3
    assert len(read) == 20


def test_closing_it_ends_the_workers(tmp_path: Path) -> None:
    team, work = Team(), [(0, b""), *((n, b"waits") for n in range(3))]
    before = _children()
    outcomes = grade_each(b"", work, 2, tmp_path, start=team.start)
    next(outcomes)
    assert len(_children()) == len(before) + 2, "warm parents"
    outcomes.close()
    assert all(worker.hung_up.is_set() for worker in team.workers)
    assert not Path((tmp_path / "home").read_text()).exists()
    assert set(_children()) <= set(before)


def _workers() -> list[psutil.Process]:
    return [p for p in _children() if "autograder.runs.kept" in " ".join(p.as_dict(["cmdline"])["cmdline"] or ())]


def _children() -> list[psutil.Process]:
    """Processes that this one has started, without those that have ended and that nobody has waited for."""
    return [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
