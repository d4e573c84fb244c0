"""Is every answer judged alike, whatever hidden inputs are drawn?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.proving.sheet import verify_lab
from labs_cli.places import sandbox

DRAWS = 4


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_verdict_or_message_changes_with_the_draw(lab_dir: Path) -> None:
    """Right answers: all points in each draw. Wrong ones: their own message in each that hidden inputs decide."""
    results = verify_lab(lab_dir, draws=DRAWS, sandbox=sandbox())
    drawn = {r.answer.rsplit(", draw ", 1)[-1] for r in results if ", draw " in r.answer}
    assert drawn == {str(draw) for draw in range(1, DRAWS)}
    assert not [f"{r.exercise}, {r.answer}: {r.message}" for r in results if not r.ok]
