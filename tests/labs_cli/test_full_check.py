"""Does somebody who learns alone get the truth: the hidden tests, on fresh inputs, and only about this answer?"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder import grade
from autograder.results import Status, SubmissionResult
from prodml.lab import records

Labs = Callable[..., Any]
Answer = Callable[[Path, str], None]

RIGHT = "def double(x):\n    return 2 * x"
HALF = "def double(x):\n    return abs(2 * x)"  # which the visible check does not see
SENTENCE = "Negative numbers can be doubled too."


def test_a_hidden_test_says_its_sentence_and_nothing_else(labs: Labs, started: Path, answer: Answer) -> None:
    answer(started, HALF)
    before = started.read_bytes()
    ran = labs("check", "90", "--full")
    assert ran.code == 1
    assert SENTENCE in ran.out
    assert "0 of 1 exercise passed all checks" in ran.out
    assert not [word for word in ("assert", "hidden_rng", "secret", "- 10") if word in ran.out + ran.err]
    assert started.read_bytes() == before


def test_a_right_answer_is_fully_checked_until_it_changes(
    labs: Labs, started: Path, answer: Answer, workspace: Path
) -> None:
    answer(started, RIGHT)
    assert labs("check", "90", "--full").code == 0
    assert "fully checked" in labs("progress").out
    answer(started, f"# a comment\n{RIGHT}")
    assert "fully checked" in labs("progress").out
    answer(started, RIGHT.replace("2 * x", "x + x"))
    said = labs("progress").out
    assert "not tried; changed since the full check" in said
    assert "0 of 3 points" in said
    records.append(records.new("90_twice", "passed", "double", {}), workspace)
    assert "visible checks passed; changed since the full check" in labs("progress").out
    assert labs("check", "90", "--full").code == 0
    assert "Fully checked: 1." in labs("progress").out


def test_the_hidden_tests_word_counts_more_than_the_visible_ones(
    labs: Labs, started: Path, answer: Answer, workspace: Path
) -> None:
    records.append(records.new("90_twice", "passed", "double", {}), workspace)
    answer(started, HALF)
    assert "3 of 3 points" in labs("progress").out
    labs("check", "90", "--full")
    said = labs("progress").out
    assert "failed the full check" in said
    assert "0 of 3 points" in said


def test_the_answer_of_a_copy_that_is_gone_is_not_vouched_for(labs: Labs, started: Path, answer: Answer) -> None:
    answer(started, RIGHT)
    labs("check", "90", "--full")
    shutil.rmtree(started.parent)
    assert "changed since the full check" in labs("progress").out


def test_each_run_draws_anew_and_a_seed_repeats_a_draw(
    labs: Labs, started: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[bytes] = []
    result = SubmissionResult("you", "90_twice", 3, 3, Status.GRADED, "", 0.1, ())
    monkeypatch.setattr(grade, "check_notebook", lambda *_, draw, **__: drawn.append(draw) or result)
    said = labs("check", "90", "--full").out
    labs("check", "90", "--full")
    assert drawn[0] != drawn[1]
    labs("check", "90", "--full", "--seed", re.search(r"`--seed (\d+)`", said)[1])
    assert drawn[2] == drawn[0]


def test_without_the_sources_it_says_what_can_be_done(labs: Labs, started: Path, source: Path) -> None:
    """As on Binder, where the sources are removed."""
    shutil.rmtree(source.parent)
    ran = labs("check", "90", "--full")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("error: ") == 1
    assert "the hidden tests of 90_twice are not here" in ran.err
    assert "`labs check 90` runs the visible checks" in ran.err
    assert "--full" not in labs("check", "90").out


def test_stubs_and_faults_of_the_judges_are_not_recorded(
    labs: Labs, started: Path, answer: Answer, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert labs("check", "90", "--full").code == 1
    answer(started, RIGHT)
    fault = SubmissionResult("you", "90_twice", None, 3, Status.GRADER_ERROR, "the judge broke", 0.1, ())
    monkeypatch.setattr(grade, "check_notebook", lambda *_, **__: fault)
    assert labs("check", "90", "--full").code == 3
    assert records.read(workspace) == []


def test_progress_that_cannot_be_saved_is_told(
    labs: Labs, started: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("the disk is full")

    answer(started, RIGHT)
    monkeypatch.setattr(records, "append", full)
    ran = labs("check", "90", "--full")
    assert ran.code == 0
    assert "could not be recorded: the disk is full" in ran.err
