"""Does the doctor say what is wrong, how to mend it, and whether labs can run?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from labs_cli import doctor
from labs_cli.finding import Finding

Labs = Callable[..., Any]


def test_all_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor([("one", lambda: Finding("fine")), ("two", lambda: Finding("fine too"))]) == 0
    out = capsys.readouterr().out
    assert "PASS  one" in out
    assert "2 PASS, 0 NOTE, 0 FAIL" in out


def test_a_failure_comes_with_its_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor([("one", lambda: Finding("broken", "mend it")), ("two", lambda: Finding("fine"))]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["FAIL", "one", "broken"]
    assert lines[1].split() == ["fix:", "mend", "it"]
    assert lines[2].split() == ["PASS", "two", "fine"]


def test_what_stops_no_lab_is_a_note(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.doctor([("one", lambda: Finding("old", "renew it", blocks=False))]) == 0
    assert "NOTE  one" in capsys.readouterr().out


def test_a_check_that_breaks_is_a_failed_check(capsys: pytest.CaptureFixture[str]) -> None:
    def breaks() -> Finding:
        raise RuntimeError("nobody thought of this")

    assert doctor.doctor([("one", breaks)]) == 1
    assert "FAIL  one                RuntimeError: nobody thought of this" in capsys.readouterr().out


def test_the_command_runs_every_check(labs: Labs, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [name for name, _ in doctor.all_checks()]
    assert len(names) == len(set(names)) == 13
    monkeypatch.setattr(doctor, "all_checks", lambda: [(name, lambda: Finding("fine")) for name in names])
    ran = labs("doctor")
    assert ran.code == 0
    assert all(name in ran.out for name in names)
