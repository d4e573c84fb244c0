"""Is exactly the saved notebook handed in, whole, to where a course looks for it?"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbgrader.apps.api import NbGraderAPI
from traitlets.config import Config

from autograder import grade
from autograder.course.attempts import attempts_of
from autograder.errors import GraderFault
from labs_cli import submit

Labs = Callable[..., Any]
Answer = Callable[[Path, str], None]


@pytest.fixture
def course(tmp_path: Path, started: Path) -> Path:
    """A course that has the small lab, as a learner sees it."""
    (tmp_path / "course" / "release" / "90_twice").mkdir(parents=True)
    return tmp_path / "course"


def test_without_a_course_there_is_one_file_and_its_checksum(labs: Labs, started: Path, workspace: Path) -> None:
    ran = labs("submit", "90")
    file = workspace / "hand-in" / "90_twice.ipynb"
    assert ran.code == 0, "what fails is handed in too"
    assert "Not done yet" in ran.out
    assert str(file) in ran.out
    assert hashlib.sha256(started.read_bytes()).hexdigest() in ran.out
    assert file.read_bytes() == started.read_bytes()
    assert "replaced" not in ran.out
    assert "replaced the file" in labs("submit", "90").out


def test_a_course_gets_the_tree_that_nbgrader_reads(labs: Labs, started: Path, course: Path) -> None:
    assert labs("submit", "90", "--course", course, "--student", "ada").code == 0
    config = Config()
    config.CourseDirectory.root = str(course)
    nbgrader = NbGraderAPI(config=config)
    assert nbgrader.get_submitted_students("90_twice") == {"ada"}
    tree = nbgrader.coursedir
    assert tree.get_existing_timestamp(tree.format_path("submitted", "ada", "90_twice"))
    folder = course / "submitted" / "ada" / "90_twice"
    assert sorted(p.name for p in folder.iterdir()) == ["90_twice.ipynb", "timestamp.txt"]
    assert (folder / "90_twice.ipynb").read_bytes() == started.read_bytes()


def test_each_attempt_is_kept(labs: Labs, started: Path, course: Path, answer: Answer) -> None:
    """Named as in the inbound folder of nbgrader's exchange?"""
    labs("submit", "90", "--course", course, "--student", "ada")
    first = started.read_bytes()
    answer(started, "def double(x):\n    return 2 * x")
    labs("submit", "90", "--course", course, "--student", "ada")
    kept = sorted((course / "attempts").iterdir())
    assert [(p / "90_twice.ipynb").read_bytes() for p in kept] == [first, started.read_bytes()]
    stamps = [(p / "timestamp.txt").read_text() for p in kept]
    assert [p.name for p in kept] == [f"ada+90_twice+{stamp}" for stamp in stamps]
    assert stamps[-1] == (course / "submitted" / "ada" / "90_twice" / "timestamp.txt").read_text()
    found = attempts_of(course, "90_twice", ("90_twice.ipynb",), "best")
    assert [each.folder for each in found["ada"]] == [kept[0], course / "submitted" / "ada" / "90_twice"]


def test_where_attempts_cannot_be_kept_it_is_handed_in_all_the_same(
    labs: Labs, started: Path, course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root can write everywhere, so the refusal is acted."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(course / "attempts"))

    monkeypatch.setattr(submit, "keep_attempt", refuse)
    ran = labs("submit", "90", "--course", course, "--student", "ada")
    assert ran.code == 0
    assert "attempts cannot be written: this attempt is handed in, but not kept" in ran.err
    assert (course / "submitted" / "ada" / "90_twice" / "90_twice.ipynb").read_bytes() == started.read_bytes()


def test_the_timestamp_is_nbgraders_and_in_utc(labs: Labs, course: Path) -> None:
    labs("submit", "90", "--course", course, "--student", "ada")
    text = (course / "submitted" / "ada" / "90_twice" / "timestamp.txt").read_text()
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f %Z").replace(tzinfo=UTC)
    assert text.endswith(" UTC")
    assert abs(datetime.now(UTC) - moment) < timedelta(hours=1)


def test_a_second_submission_replaces_the_first_and_says_so(
    labs: Labs, started: Path, course: Path, answer: Answer
) -> None:
    first = labs("submit", "90", "--course", course, "--student", "ada")
    stamp = course / "submitted" / "ada" / "90_twice" / "timestamp.txt"
    before = stamp.read_text()
    answer(started, "def double(x):\n    return 2 * x")
    second = labs("submit", "90", "--course", course, "--student", "ada")
    assert "replaced" not in first.out
    assert "It replaced what you had handed in before." in second.out
    assert "1 of 1 exercise passed" in second.out
    assert stamp.with_name("90_twice.ipynb").read_bytes() == started.read_bytes()
    assert stamp.read_text() > before


@pytest.mark.parametrize(
    "student",
    [
        "..",
        ".",
        "",
        "../ada",
        "ada/../../x",
        "/tmp/x",
        "a\\b",
        ".hidden",
        "-x",
        "a b",
        "a\n",
        "a\0b",
        "a" * 65,
        "=1+1",
        "+a",
        "@a",
    ],
)
def test_a_students_id_cannot_lead_elsewhere(labs: Labs, course: Path, student: str) -> None:
    before = sorted(course.rglob("*"))
    ran = labs("submit", "90", "--course", course, f"--student={student}")
    assert ran.code == 1
    assert "a student's id cannot be" in ran.err
    assert sorted(course.rglob("*")) == before


@pytest.mark.parametrize("student", ["ada", "ada.lovelace", "ada@school.edu", "a-1_b+c", "_x", "李雷"])
def test_usual_ids_are_taken(labs: Labs, course: Path, student: str) -> None:
    assert labs("submit", "90", "--course", course, "--student", student).code == 0
    assert (course / "submitted" / student / "90_twice" / "90_twice.ipynb").is_file()


@pytest.mark.parametrize("part", ["submitted", "submitted/ada", "submitted/ada/90_twice"])
def test_a_link_in_the_course_is_not_followed(labs: Labs, course: Path, tmp_path: Path, part: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (course / part).parent.mkdir(parents=True, exist_ok=True)
    (course / part).symlink_to(elsewhere)
    ran = labs("submit", "90", "--course", course, "--student", "ada")
    assert ran.code == 1
    assert "not a folder of its own" in ran.err
    assert not list(elsewhere.iterdir())


def test_a_course_without_the_lab_names_those_that_it_has(labs: Labs, course: Path) -> None:
    (course / "release" / "90_twice").rename(course / "release" / "ps1")
    ran = labs("submit", "90", "--course", course, "--student", "ada")
    assert ran.code == 1
    assert "has no assignment 90_twice; assignments there: ps1" in ran.err
    assert not (course / "submitted").exists()


@pytest.mark.parametrize("alone", [["--course", "x"], ["--student", "ada"]])
def test_course_and_student_belong_together(labs: Labs, alone: list[str]) -> None:
    ran = labs("submit", "90", *alone)
    assert ran.code == 2
    assert "belong together" in ran.err


def test_a_half_saved_notebook_is_not_handed_in(labs: Labs, started: Path, course: Path) -> None:
    started.write_bytes(started.read_bytes()[:-100])
    ran = labs("submit", "90", "--course", course, "--student", "ada")
    assert ran.code == 1
    assert "was it saved to its end?" in ran.err
    assert not (course / "submitted").exists()


def test_the_notebook_of_another_lab_is_not_handed_in(labs: Labs, started: Path, workspace: Path) -> None:
    started.write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')
    ran = labs("submit", "90")
    assert ran.code == 1
    assert "Was another notebook handed in?" in ran.err
    assert not (workspace / "hand-in").exists()


def test_a_fault_of_the_judges_stops_nobody(
    labs: Labs, started: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise GraderFault("no process can be forked", "run `labs doctor`")

    monkeypatch.setattr(grade, "check_notebook", broken)
    ran = labs("submit", "90")
    assert ran.code == 0
    assert "no process can be forked" in ran.err
    assert (workspace / "hand-in" / "90_twice.ipynb").is_file()
