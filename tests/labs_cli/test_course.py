"""Does a lab go from release to a grade that nbgrader reads, with the exit code that says how it went?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from autograder import grade
from autograder.results import ExerciseResult, Status, SubmissionResult
from autograder.runs import one
from autograder.sandbox import trial

Labs = Callable[..., Any]
Answer = Callable[[Path, str], None]
KEYS = [
    "student",
    "assignment",
    "score",
    "max_score",
    "status",
    "message",
    "seconds",
    "exercises",
    "notebook",
    "unchanged",
    "submitted",
    "attempt",
    "late_penalty",
]
EXERCISE_KEYS = ["name", "score", "max_score", "message", "grade_id", "weak", "in_place"]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course with an assignment that nobody released."""
    (tmp_path / "course" / "source" / "90_twice").mkdir(parents=True)
    return tmp_path / "course"


@pytest.fixture
def graded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Let grading end with these results."""

    def let(*results: SubmissionResult) -> None:
        def grade_course(*_: object, on_result: Callable[..., None], **__: object) -> list[SubmissionResult]:
            for done, result in enumerate(results, 1):
                on_result(result, done, len(results))
            return list(results)

        monkeypatch.setattr(grade, "grade_course", grade_course)

    return let


def result(student: str, status: Status, score: float | None, message: str = "") -> SubmissionResult:
    exercises = (ExerciseResult("double", score, 3.0, "said \x1b[31m[red]"),) if score is not None else ()
    return SubmissionResult(student, "90_twice", score, 3.0, status, message, 0.1, exercises)


def test_from_release_to_the_gradebook(labs: Labs, started: Path, answer: Answer, tmp_path: Path) -> None:
    course, table = tmp_path / "course", tmp_path / "grades.json"
    released = labs("release", "90", "--course", course)
    assert released.code == 0
    assert (course / "release" / "90_twice" / "90_twice.ipynb").is_file()
    for student, text in {"ada": "2 * x", "bob": "abs(2 * x)"}.items():
        answer(started, f"def double(x):\n    return {text}")
        assert labs("submit", "90", "--course", course, "--student", student).code == 0
    ran = labs("grade", "90", "--course", course, "--json", table)
    assert ran.code == 0
    grades = json.loads(table.read_text())
    assert all(list(g) == KEYS for g in grades)
    assert all(list(e) == EXERCISE_KEYS for g in grades for e in g["exercises"])
    assert {g["student"]: g["score"] for g in grades} == {"ada": 3, "bob": 0}
    assert "Negative numbers can be doubled too." in ran.out
    assert "2 submissions of 90_twice: 2 graded." in ran.out
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("90_twice", "ada").score == 3
    one = labs("grade", "90", "--course", course, "--student", "ada")
    assert "1 submission of 90_twice" in one.out


def test_other_peoples_code_is_not_run_unasked(labs: Labs, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no sandbox is possible?"""
    monkeypatch.setattr(trial, "try_sandbox", lambda: trial.Trial("no namespaces here", {}, ()))
    monkeypatch.setattr(one, "try_sandbox", trial.try_sandbox)
    ran = labs("grade", "90", "--course", course)
    assert ran.code == 1
    assert "--trust-submissions" in ran.err


def test_grading_by_bubblewrap_is_said_to_be_slower(
    labs: Labs, started: Path, answer: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And grades."""
    course = tmp_path / "course"
    labs("release", "90", "--course", course)
    answer(started, "def double(x):\n    return 2 * x")
    labs("submit", "90", "--course", course, "--student", "ada")
    monkeypatch.setattr(trial, "try_sandbox", lambda: trial.try_way(bubblewrap=True))
    ran = labs("grade", "90", "--course", course)
    assert ran.code == 0
    assert "grading is slower" in ran.err
    assert "1 submission of 90_twice: 1 graded." in ran.out
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("90_twice", "ada").score == 3


def test_a_second_release_says_what_becomes_of_the_first(labs: Labs, source: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    assert "earlier release" not in labs("release", "90", "--course", course).out
    first = json.loads((course / "release" / "90_twice" / "90_twice.ipynb").read_text())["metadata"]["lab"]["release"]
    lab = source / "lab.py"
    lab.write_text(lab.read_text().replace("points=3", "points=4"))
    ran = labs("release", "90", "--course", course)
    assert f"What was made from an earlier release ({first}) is graded as that one says." in ran.out
    assert 'write withdrawn = "earlier" into' in ran.out


@pytest.mark.usefixtures("source")
def test_more_time_for_one_student(labs: Labs, tmp_path: Path) -> None:
    course = tmp_path / "course"
    labs("release", "90", "--course", course)
    assert "90_twice of ada has no due date yet." in labs("extend", "90", "--course", course, "--student", "ada").out
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment("90_twice", duedate="2026-12-01 23:59 Europe/Berlin")
    ran = labs("extend", "90", "--course", course, "--student", "ada", "--days", "2", "--hours", "1.5")
    assert "90_twice of ada is due at 2026-12-04 00:29:00 UTC." in ran.out
    refused = labs("extend", "90", "--course", course, "--student", "=1+1", "--days", "2")
    assert (refused.code, "a student's id cannot be '=1+1'" in refused.err) == (1, True)
    (course / "source" / "91_other").mkdir()
    unknown = labs("extend", "91", "--course", course, "--student", "ada", "--days", "2")
    assert (unknown.code, "the gradebook has no assignment 91_other" in unknown.err) == (1, True)


def test_a_late_penalty_is_told(labs: Labs, course: Path, graded: Callable[..., None]) -> None:
    graded(replace(result("ada", Status.GRADED, 3.0, "Well."), late_penalty=1.5))
    assert "Late: 1.5 points are taken off. Well." in labs("grade", "90", "--course", course).out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grade", "90", "--course", "nowhere"], "does not exist"),
        (["grade", "7", "--course", "course"], "there is no assignment '7'"),
        (["grade", "90", "--course", "course", "--json", "no/where.json"], "the folder of no/where.json"),
        (["release", "90", "--course", "a_file"], "is not a folder"),
    ],
)
def test_a_mistake_in_what_was_asked_ends_with_1(
    labs: Labs, course: Path, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "a_file").touch()
    ran = labs(*arguments)
    assert ran.code == 1
    assert said in ran.err


def test_all_are_those_that_somebody_has_handed_in(labs: Labs, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are told, and stop nothing."""
    asked: list[str] = []

    def grade_course(_: Path, assignment: str, **__: object) -> list[SubmissionResult]:
        asked.append(assignment)
        return []

    monkeypatch.setattr(grade, "grade_course", grade_course)
    (course / "source" / "91_later").mkdir()
    none = labs("grade", "all", "--course", course)
    assert none.code == 1
    assert "nobody has handed in anything" in none.err
    (course / "submitted" / "ada" / "90_twice").mkdir(parents=True)
    ran = labs("grade", "all", "90", "--course", course)
    assert ran.code == 0
    assert "Nobody has handed in 91_later: left out." in ran.err
    assert asked == ["90_twice"]
    (course / "attempts" / "bob+91_later+2026-03-02 12:00:00 UTC").mkdir(parents=True)
    assert "left out" in labs("grade", "all", "--course", course).err
    (course / "course.toml").write_text('attempts = "best"\n')
    assert "left out" not in labs("grade", "all", "--course", course).err
    assert asked[-2:] == ["90_twice", "91_later"]


def test_weak_proof_is_told_once_for_each_check(labs: Labs, course: Path, graded: Callable[..., None]) -> None:
    exercises = (ExerciseResult("lucky", 2.0, 2.0, "", weak=True), ExerciseResult("sure", 1.0, 1.0, ""))
    weak = [SubmissionResult(name, "90_twice", 3.0, 3.0, Status.GRADED, "", 0.1, exercises) for name in ("ada", "bob")]
    graded(*weak)
    assert labs("grade", "90", "--course", course).err.count("Weak proof: lucky. In ") == 1
    graded(result("ada", Status.GRADED, 3.0))
    assert "Weak proof" not in labs("grade", "90", "--course", course).err


def test_a_fault_of_ours_ends_with_3(labs: Labs, course: Path, graded: Callable[..., None]) -> None:
    graded(result("ada", Status.GRADED, 3.0), result("bob", Status.GRADER_ERROR, None, "the judge broke"))
    ran = labs("grade", "90", "--course", course)
    assert ran.code == 3
    assert "1 graded, 1 grader_error" in ran.out
    assert "nobody lost points" in ran.err


def test_a_cluster_in_the_clear_is_warned_of(
    labs: Labs, course: Path, graded: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time, and what was asked for reaches the grader?"""
    graded(result("ada", Status.GRADED, 3.0))
    asked: list[Any] = []
    let = grade.grade_course
    monkeypatch.setattr(grade, "grade_course", lambda *a, **k: asked.append(k) or let(*a, **k))  # type: ignore[func-returns-value]
    ran = labs("grade", "90", "--course", course, "--scheduler", "tcp://h:1", "--insecure-scheduler")
    assert ran.code == 0
    assert "WARNING: tcp://h:1 is not encrypted." in ran.err
    ran = labs("grade", "90", "--course", course, "--scheduler", "tls://h:1")
    assert "WARNING" not in ran.err
    assert [(k["scheduler"], k["insecure_scheduler"]) for k in asked] == [("tcp://h:1", True), ("tls://h:1", False)]


def test_a_clusters_workers_are_not_ours_to_count(labs: Labs, course: Path) -> None:
    ran = labs("grade", "90", "--course", course, "--scheduler", "tls://h:1", "--workers", "2")
    assert ran.code == 2
    assert "a cluster judges with the workers that it has" in ran.err


def test_other_ends_of_a_submission_are_grades(labs: Labs, course: Path, graded: Callable[..., None]) -> None:
    graded(result("ada", Status.TIMEOUT, 0.0), result("bob", Status.NOT_SUBMITTED, None, "nothing"))
    ran = labs("grade", "90", "--course", course)
    assert ran.code == 0
    assert [line.split()[:4] for line in ran.out.splitlines()[1:4]] == [
        ["ada", "timeout", "(all)", "0"],
        ["ada", "double", "0", "3"],
        ["bob", "not_submitted", "(all)", "–"],
    ]
    assert "2/2  bob  not_submitted" in ran.err


def test_a_students_text_cannot_steer_the_terminal(labs: Labs, course: Path, graded: Callable[..., None]) -> None:
    graded(result("a\x1b[2Jda", Status.GRADED, 3.0))
    ran = labs("grade", "90", "--course", course)
    assert "\x1b" not in ran.out + ran.err
    assert "said \ufffd[31m[red]" in ran.out


def test_progress_in_a_terminal_is_a_bar(
    labs: Labs, course: Path, graded: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    graded(result("[red]ada", Status.GRADED, 3.0))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    ran = labs("grade", "90", "--course", course)
    assert ran.code == 0
    assert "a minute" in ran.err
    assert "1/1  [red]ada" not in ran.err
