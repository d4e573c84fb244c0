"""Does a teacher see how fast it goes, how long it takes, and what could not be judged?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.results import Status, SubmissionResult
from labs_cli.grading_progress import Tally, grading_progress

GRADED = SubmissionResult("ada", "01_lab", 2.0, 3.0, Status.GRADED, "", 0.1, ())


def test_rate_rest_and_failures() -> None:
    now = [0.0]
    tally = Tally(clock=lambda: now[0])
    now[0] = 30.0
    tally.add(replace(GRADED, unchanged=True), 1, 22)
    tally.add(GRADED, 2, 22)
    tally.add(replace(GRADED, status=Status.CRASHED), 3, 22)
    assert str(tally) == "4 a minute, 5 min left, 1 not judged to the end"
    tally.add(replace(GRADED, status=Status.NOT_SUBMITTED), 22, 22)
    assert str(tally) == "4 a minute, 1 not judged to the end"


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with grading_progress("01_lab") as on_result:
        on_result(GRADED, 1, 2)
        on_result(replace(GRADED, student="bob\x1b[2J", unchanged=True), 2, 2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["1/2  ada  graded  2/3", "2/2  bob\ufffd[2J  unchanged  2/3"]
    assert lines[2].endswith(" a minute")
