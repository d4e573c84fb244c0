"""Is every answer judged alike, whatever hidden inputs are drawn, and as in a learner's own notebook?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.proving.agreement import compare_kernel
from autograder.proving.sheet import verify_lab
from autograder.results import AnswerResult
from labs_cli.authoring import HELPERS
from labs_cli.places import sandbox

DRAWS = 4
pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


@pytest.fixture(scope="session")
def judged(lab_dir: Path) -> list[AnswerResult]:
    """All answers of the lab, those made by machine among them."""
    return verify_lab(lab_dir, draws=DRAWS, sandbox=sandbox(), helpers=HELPERS)


def test_no_verdict_or_message_changes_with_the_draw(judged: list[AnswerResult]) -> None:
    """Right answers: all points in each draw. Wrong ones: their own message in each that hidden inputs decide."""
    drawn = {r.answer.rsplit(", draw ", 1)[-1] for r in judged if ", draw " in r.answer}
    assert drawn == {str(draw) for draw in range(1, DRAWS)}
    assert any(r.kind == "machine" for r in judged)
    assert not [f"{r.exercise}, {r.answer}: {r.message}" for r in judged if not r.ok]


def test_a_notebook_says_what_the_judge_says(lab_dir: Path, judged: list[AnswerResult], tmp_path: Path) -> None:
    compared = compare_kernel(lab_dir, judged, kernel="python3", env={"PRODML_WORKSPACE": str(tmp_path)})
    assert len(compared) >= 5
    assert not [r.message for r in compared if not r.ok]
