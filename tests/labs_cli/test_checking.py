"""Do the visible checks of a saved notebook say what its kernel would say?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder import grade
from autograder.results import ExerciseResult, Status, SubmissionResult
from labs_cli import places

Labs = Callable[..., Any]
Answer = Callable[[Path, str], None]


def test_an_untouched_notebook_fails(labs: Labs, started: Path) -> None:
    ran = labs("check", "90")
    assert ran.code == 1
    assert "not started" in ran.out
    assert "Not done yet" in ran.out
    assert "0 of 1 exercise passed" in ran.out


def test_one_that_was_begun_is_told_from_it(labs: Labs, started: Path, answer: Answer) -> None:
    answer(started, "def double(x):\n    y = 2 * x\n    raise NotImplementedError")
    said = labs("check", "90").out
    assert "not done" in said
    assert "not started" not in said
    assert "failed" not in said


def test_a_wrong_answer_gets_its_message(labs: Labs, started: Path, answer: Answer) -> None:
    answer(started, "def double(x):\n    return x + 2")
    ran = labs("check", "twice")
    assert ran.code == 1
    assert "Twice 3 is 6, yours is 5.0. Do you add instead of multiplying?" in ran.out


def test_a_right_answer_passes_and_nothing_more_is_promised(labs: Labs, started: Path, answer: Answer) -> None:
    answer(started, "def double(x):\n    return abs(2 * x)")
    before = started.read_bytes()
    ran = labs("check", "90")
    assert ran.code == 0
    assert "Hidden checks decide when it is graded" in ran.out
    assert "`labs check 90 --full` runs the hidden tests too" in ran.out
    assert started.read_bytes() == before


def test_the_newest_copy_is_checked_unless_another_is_named(labs: Labs, started: Path, answer: Answer) -> None:
    labs("start", "90", "--fresh")
    answer(started, "def double(x):\n    return 2 * x")
    assert labs("check", "90").code == 1
    ran = labs("check", "90", "--notebook", started)
    assert ran.code == 0
    assert str(started) in ran.out


def test_a_copy_of_another_release_is_told_of(labs: Labs, started: Path) -> None:
    content = json.loads(started.read_text())
    content["metadata"]["lab"]["release"] = "older"
    started.write_text(json.dumps(content))
    assert "another release" in labs("check", "90").err


def test_a_half_saved_notebook_is_an_error(labs: Labs, started: Path) -> None:
    started.write_bytes(started.read_bytes()[:-100])
    ran = labs("check", "90")
    assert ran.code == 1
    assert "not complete JSON" in ran.err
    assert "Traceback" not in ran.err


def test_a_lab_that_was_not_started_names_the_command(labs: Labs, source: Path) -> None:
    labs("build")
    ran = labs("check", "90")
    assert ran.code == 1
    assert "labs start 90" in ran.err


def test_the_notebook_of_another_lab_fails(labs: Labs, started: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.ipynb"
    other.write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')
    ran = labs("check", "90", "--notebook", other)
    assert ran.code == 1
    assert "Was another notebook handed in?" in ran.out


def test_a_fault_of_the_judges_is_not_the_learners(labs: Labs, started: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = SubmissionResult("you", "90_twice", None, 3, Status.GRADER_ERROR, "the judge broke", 0.1, ())
    monkeypatch.setattr(grade, "check_notebook", lambda *_, **__: fault)
    ran = labs("check", "90")
    assert ran.code == 3
    assert "not of yours" in ran.err


def test_a_learners_text_cannot_steer_the_terminal(labs: Labs, started: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = ExerciseResult("double", 0.0, 3.0, "yours is \x1b]0;title\x07[red]")
    result = SubmissionResult("you", "90_twice", 0, 3, Status.GRADED, "", 0.1, (exercise,))
    monkeypatch.setattr(grade, "check_notebook", lambda *_, **__: result)
    out = labs("check", "90").out
    assert "yours is \ufffd]0;title\ufffd[red]" in out


@pytest.mark.parametrize(("chosen", "judged"), [(None, 3), ("1", 1), ("0", 0)])
def test_the_courses_variant_is_judged_unless_the_environment_names_another(
    labs: Labs, started: Path, monkeypatch: pytest.MonkeyPatch, chosen: str | None, judged: int
) -> None:
    (places.workspace() / "course.json").write_text('{"variant": 3}')
    monkeypatch.delenv("PRODML_VARIANT", raising=False)
    if chosen is not None:
        monkeypatch.setenv("PRODML_VARIANT", chosen)
    seen: list[int] = []
    result = SubmissionResult("you", "90_twice", 3, 3, Status.GRADED, "", 0.1, ())
    monkeypatch.setattr(grade, "check_notebook", lambda *_, variant, **__: seen.append(variant) or result)
    labs("check", "90")
    assert seen == [judged]
