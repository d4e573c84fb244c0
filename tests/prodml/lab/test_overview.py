"""Does a learner see where they stand?"""

from __future__ import annotations

from pathlib import Path

import pytest

from prodml import progress
from prodml.lab.records import append, new


def test_each_exercise_has_points_state_and_attempts(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(new("02_small", "failed", "psi", {}))
    append(new("02_small", "passed", "psi", {}))
    progress()
    assert capsys.readouterr().out.splitlines() == [
        "A small lab",
        "exercise  points  visible checks  attempts",
        "psi       4       ✓ passed        2",
        "rule      2       … not tried     0",
    ]


def test_a_failure_after_a_pass_is_shown(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(new("02_small", "passed", "rule", {}))
    append(new("02_small", "failed", "rule", {}))
    progress()
    assert "rule      2       ✗ not yet       2" in capsys.readouterr().out


def test_without_a_lab_it_says_what_to_do(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prodml.lab.session._slug", "")
    progress()
    assert "run its first cell" in capsys.readouterr().out


def test_grading_shows_nothing(lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    progress()
    assert capsys.readouterr().out == ""
