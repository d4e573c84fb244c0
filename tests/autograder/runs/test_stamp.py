"""Does everything that a result depends on change its key?"""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.runs import stamp
from autograder.runs.stamp import describe, grader_stamp, submission_key


def test_parts_keep_apart() -> None:
    keys = {submission_key(*parts) for parts in (("g", b"ab", b"c"), ("g", b"a", b"bc"), ("ga", b"b", b"c"))}
    assert len(keys) == 3


def test_a_courses_own_module_counts_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "helpers_of_a_course"
    package.mkdir()
    (package / "__init__.py").write_text("")
    before = grader_stamp(describe(["helpers_of_a_course"]))
    assert before == grader_stamp(describe(["helpers_of_a_course"]))
    (package / "inner.py").write_text("x = 1")
    assert grader_stamp(describe(["helpers_of_a_course"])) != before


def test_the_grader_counts_by_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "marking.py").write_text("points = 1")
    monkeypatch.setattr(stamp, "PACKAGE", tmp_path)
    before = grader_stamp(describe([]))
    (tmp_path / "marking.py").write_text("points = 2")
    assert grader_stamp(describe([])) != before


def test_an_upgraded_package_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = grader_stamp(describe(["numpy", "json", "no_such_module"]))
    assert "numpy" in stamp._versions()
    monkeypatch.setattr(stamp, "_versions", lambda: {"numpy": "99"})
    assert grader_stamp(describe(["numpy", "json", "no_such_module"])) != before


def test_where_the_grader_is_installed_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for place in ("here", "there"):
        (tmp_path / place / "autograder").mkdir(parents=True)
        (tmp_path / place / "autograder" / "marking.py").write_text("points = 1")
        monkeypatch.setattr(stamp, "PACKAGE", tmp_path / place / "autograder")
        found.append(describe([]))
    assert "autograder/marking.py" in found[0]
    assert found[0] == found[1]
