"""Does opening a lab say what it is in one line?"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from prodml.grading import grading
from prodml.lab import session


def test_one_line_says_lab_versions_and_place(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session.begin("02_small")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("02 · A small lab — Python " + platform.python_version())
    assert line.endswith(f"progress is kept in {lab / '.prodml' / 'progress.jsonl'}")
    assert session.current_lab().slug == "02_small"


def test_a_home_folder_is_written_short(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(lab.parent))
    session.begin("02_small")
    assert capsys.readouterr().out.endswith("progress is kept in ~/workspace/.prodml/progress.jsonl\n")


def test_without_a_workspace_it_says_so(lab: Path, no_workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session.begin("02_small")
    assert "progress is kept until this kernel ends" in capsys.readouterr().out


def test_tensorflow_is_named_only_if_it_is_there(
    lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    session.begin("02_small")
    assert "TensorFlow" not in capsys.readouterr().out
    monkeypatch.setitem(sys.modules, "tensorflow", type("TF", (), {"__version__": "2.99"}))
    session.begin("02_small")
    assert ", TensorFlow 2.99 —" in capsys.readouterr().out


def test_grading_shows_nothing(lab: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    session.begin("02_small")
    assert capsys.readouterr().out == ""
    assert grading()
