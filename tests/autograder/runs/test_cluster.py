"""Does a Dask cluster judge as the pool does, behind TLS, and is nothing lost with a worker, the scheduler or the client?"""

from __future__ import annotations

import contextlib
import operator
import os
import re
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import psutil
import pytest
from running_dask import Dask, as_variables, certificates, start_dask
from sample_courses import NAME, POINTS, is_right, plain_course, student_id

from autograder.errors import CourseError
from autograder.grade import grade_course
from autograder.results import Status, SubmissionResult
from autograder.runs import cluster as on_dask
from autograder.runs import connecting
from autograder.runs.answers import Lost
from autograder.runs.cluster import grade_each
from autograder.runs.connecting import connected
from autograder.runs.kept import IDLE_SECONDS
from autograder.runs.one import Task
from autograder.sandbox.fences import read_fences
from autograder.source.read_assignment import read_assignment

SECONDS = 120
JUDGED = re.compile(r"\d+/\d+  (student-\d+)  graded  ")
pytestmark = pytest.mark.xdist_group("dask")


# ------------------------------------------------------------- clusters


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    running = start_dask(tmp_path_factory.mktemp("dask"), 2)
    yield running
    running.end()


@pytest.fixture
def tls(shared: Dask) -> Iterator[Dask]:
    """The cluster that tests share, with Dask configured for it."""
    with dask.config.set(shared.tls):
        yield shared


@pytest.fixture
def private(tmp_path: Path) -> Path:
    (tmp_path / "private").mkdir()
    return tmp_path / "private"


def task(course: Path) -> bytes:
    source = (course / "source" / NAME / f"{NAME}.ipynb").read_bytes()
    return Task(read_assignment(NAME, source).to_json(), "00", read_fences()).to_bytes()


def told(results: list[SubmissionResult]) -> list[Any]:
    return [(r.student, r.score, r.status, r.exercises) for r in results]


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, IDLE_SECONDS / 2)[1]


# ------------------------------------------------------------- judging


def test_it_judges_as_the_pool_does(course: Path, tls: Dask) -> None:
    """And leaves no process and no file on the workers?"""
    kept: list[int] = []

    def count(result: SubmissionResult, done: int, total: int) -> None:
        kept.append(len(tls.processes("autograder.runs.kept")))

    on_cluster = grade_course(course, NAME, scheduler=tls.address, on_result=count)
    assert max(kept) == 2, "both workers judge"
    assert gone(tls.processes("autograder."))
    assert list(tls.temporary.glob("grading-*")) == []
    assert told(on_cluster) == told(grade_course(course, NAME, workers=1, force=True))


def test_a_worker_that_differs_is_refused(course: Path, tls: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    real = on_dask.describe_task
    monkeypatch.setattr(on_dask, "describe_task", lambda task: {**real(task), "numpy": "99"})
    with pytest.raises(
        CourseError, match=r"worker tls://127\.0\.0\.1:\d+ .* than this machine: numpy is .* there, 99 here\n"
    ) as caught:
        grade_course(course, NAME, scheduler=tls.address, student=student_id(1))
    assert "requirements.txt" in caught.value.fix


def test_what_a_worker_sends_is_not_believed(
    course: Path, tls: Dask, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_dask, "judge", operator.concat)
    with connected(tls.address, 0, private) as client:
        outcomes = list(grade_each(client, task(course), [("ada", b"!")]))
    with pytest.raises(Lost, match="a worker sent no result, but a bytes"):
        outcomes[0][2]()


def test_an_error_on_a_worker_costs_one_submission_its_run(
    course: Path, tls: Dask, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_dask, "judge", operator.getitem)
    with connected(tls.address, 0, private) as client:
        ((_, _, outcome),) = grade_each(client, task(course), [("ada", b"!")])
    with pytest.raises(Lost, match="the cluster failed: TypeError"):
        outcome()


def test_submissions_are_read_as_they_are_needed(
    course: Path, tls: Dask, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A course of thousands must not be in the scheduler's memory at once."""
    monkeypatch.setattr(on_dask, "judge", operator.concat)
    read: list[int] = []

    def work() -> Iterator[tuple[int, bytes]]:
        for number in range(40):
            read.append(number)
            yield number, b""

    with connected(tls.address, 0, private) as client:
        for done, _ in enumerate(grade_each(client, task(course), work()), 1):
            assert len(read) < done + 2 * on_dask.AHEAD
    assert len(read) == 40


# ------------------------------------------------------------- losing


def test_processes_that_are_killed_cost_nothing(course: Path, tls: Dask) -> None:
    """One that judges for a worker, and then a worker. What it had started ends, too."""
    killed: list[psutil.Process] = []

    def kill_one(result: SubmissionResult, done: int, total: int) -> None:
        if done <= 2:
            one = tls.processes("autograder.runs.kept" if done == 1 else "spawn_main")[0]
            killed.extend([one, *one.children(recursive=True)])
            one.kill()

    results = grade_course(course, NAME, scheduler=tls.address, on_result=kill_one)
    assert [(r.status, r.score) for r in results] == [(Status.GRADED, POINTS * is_right(n)) for n in range(6)]
    assert len(killed) > 4
    assert gone(killed)
    assert list(tls.temporary.glob("grading-*")) == []


@pytest.mark.long
def test_the_client_is_killed(
    tmp_path: Path, tls: Dask, start: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Does the next run go on, and judge nothing twice?"""
    for name, path in as_variables(tls.tls).items():
        monkeypatch.setenv(name, path)
    course = plain_course(tmp_path / "course", 16)
    first = start(course, "--scheduler", tls.address)
    seen = [JUDGED.findall(first.stderr.readline())[0]]
    first.kill()
    first.wait(SECONDS)
    seen += JUDGED.findall(first.stderr.read())
    assert len(seen) < 16, "the run was over before it was killed"
    second = start(course, "--scheduler", tls.address)
    seen += JUDGED.findall(second.communicate()[1])
    assert second.returncode == 0
    assert len(seen) == len(set(seen)) >= 15  # one may have been kept and not yet told of
    with contextlib.closing(sqlite3.connect(course / ".judge" / "records.db")) as records:
        assert records.execute("SELECT count(*), count(DISTINCT student) FROM results").fetchall() == [(16, 16)]
        assert records.execute("SELECT count(*) FROM written").fetchall() == [(16,)]


def test_the_scheduler_is_killed(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is what was judged kept, and what was under way ended?"""
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 5)  # it is looked for that long, too
    (tmp_path / "dask").mkdir()
    lone = start_dask(tmp_path / "dask", 1, "--no-nanny")
    judged: list[str] = []
    processes: list[psutil.Process] = []

    def kill_it(result: SubmissionResult, done: int, total: int) -> None:
        judged.append(result.student)
        processes.extend(lone.processes("autograder."))
        lone.scheduler.kill()

    try:
        with (
            dask.config.set(lone.tls),
            pytest.raises(CourseError, match="connection to the scheduler is lost") as caught,
        ):
            grade_course(course, NAME, scheduler=lone.address, on_result=kill_it)
        assert "the same command goes on" in caught.value.fix
    finally:
        lone.end()
    assert processes
    assert gone(processes)
    assert list(lone.temporary.glob("grading-*")) == []
    again = grade_course(course, NAME, workers=1)
    assert [r.student for r in again if r.unchanged] == judged
    assert [r.status for r in again] == [Status.GRADED] * 6


def test_a_submission_that_ends_each_worker_is_told(
    course: Path, tls: Dask, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_worker(order: bytes, submission: bytes) -> None:  # not a module's, so that Dask sends its code
        os._exit(3)

    monkeypatch.setattr(on_dask, "judge", end_worker)
    with connected(tls.address, 0, private) as client:
        ((_, _, outcome),) = grade_each(client, task(course), [("ada", b"!")])
    with pytest.raises(Lost, match="the cluster failed: KilledWorker"):
        outcome()


# ------------------------------------------------------------- a cluster of this machine's own


@pytest.mark.long
def test_a_local_cluster_is_interrupted(tmp_path: Path, start: Callable[..., Any]) -> None:
    """Does it judge, and does Ctrl-C end all of it, without a word of Dask's?"""
    process = start(plain_course(tmp_path / "course", 24), "--scheduler", "local", "--workers", "2")
    assert process.stderr.readline().startswith("1/24")
    family = psutil.Process(process.pid).children(recursive=True)
    assert any("autograder.runs.kept" in " ".join(p.as_dict(["cmdline"])["cmdline"] or ()) for p in family)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 130
    assert re.fullmatch(r"(\d+/24 .*\n)*Stopped\. \d+ of 24 submissions are done; the same command goes on\.\n", said)
    assert gone(family)
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("foreign", "said"),
    [
        (("ca-file", "client.cert", "client.key"), "certificate"),
        (("client.cert", "client.key"), "certificate|EOF|closed|reset"),
    ],
)
def test_another_authority_is_refused(
    tmp_path: Path, course: Path, shared: Dask, monkeypatch: pytest.MonkeyPatch, foreign: tuple[str, ...], said: str
) -> None:
    """The scheduler's by this machine, or this machine's by the scheduler."""
    monkeypatch.setattr(connecting, "CONNECT_SECONDS", 5)
    other, names = certificates(tmp_path / "other"), [f"distributed.comm.tls.{name}" for name in foreign]
    settings = {**shared.tls, **{name: other[name] for name in names}}
    with (
        dask.config.set(settings),
        pytest.raises(CourseError, match="cannot connect to the scheduler tls://") as caught,
    ):
        grade_course(course, NAME, scheduler=shared.address)
    assert re.search(said, caught.value.problem, re.IGNORECASE)
    assert "one authority has signed" in caught.value.fix
    for name in names:
        assert f"{name} ({other[name]})" in caught.value.fix
