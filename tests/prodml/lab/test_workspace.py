"""Is a learner's workspace found, and its course file read?"""

from __future__ import annotations

from pathlib import Path

import pytest

from prodml.errors import SettingError
from prodml.lab.workspace import course_variant, find_workspace


def test_it_is_the_nearest_folder_upwards_with_a_mark(no_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_workspace() is None
    deep = no_workspace / "a" / "02_drift" / "plots"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    (no_workspace / ".prodml").mkdir()
    assert find_workspace() == no_workspace
    (no_workspace / "a" / ".prodml").mkdir()
    assert find_workspace() == no_workspace / "a"


def test_the_variable_comes_first(no_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (no_workspace / ".prodml").mkdir()
    monkeypatch.setenv("PRODML_WORKSPACE", str(no_workspace / "other"))
    assert find_workspace() == no_workspace / "other"


@pytest.mark.parametrize("text", ["{", "[]", '{"variant": "two"}', '{"variant": true}'])
def test_a_damaged_course_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "course.json").write_text(text, encoding="utf-8")
    with pytest.raises(SettingError, match=r"course\.json names no variant"):
        course_variant(tmp_path)


def test_a_course_may_have_no_variant(tmp_path: Path) -> None:
    assert course_variant(tmp_path) == 0
    (tmp_path / "course.json").write_text('{"name": "ML"}', encoding="utf-8")
    assert course_variant(tmp_path) == 0
