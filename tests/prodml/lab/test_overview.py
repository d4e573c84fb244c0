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


def test_the_core_is_marked(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lab.parent / "notebooks" / "02_small" / "02_small.ipynb"
    about = '"core": ["rule"], "core_minutes": 3, "number": 2'
    path.write_text(path.read_text(encoding="utf-8").replace('"number": 2', about))
    progress()
    assert capsys.readouterr().out.splitlines() == [
        "A small lab (core 3 minutes, all 5)",
        "exercise  points  visible checks  attempts  part",
        "psi       4       … not tried     0         deeper",
        "rule      2       … not tried     0         core",
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
