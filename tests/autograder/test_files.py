"""Is a file written whole or not at all?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.files import write_whole


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder").mkdir()
    return tmp_path / "folder"


def test_a_file_is_replaced_in_one_step(folder: Path) -> None:
    path = folder / "a.txt"
    path.write_bytes(b"old")
    with path.open("rb") as reader:
        write_whole(path, b"new")
        assert reader.read() == b"old", "who had the old file open keeps it"
    assert path.read_bytes() == b"new"
    assert [p.name for p in folder.iterdir()] == ["a.txt"]


def test_others_of_the_course_can_read_it(folder: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(folder / "a.txt", b"x")
        assert os.umask(0o022) == 0o022, "the umask is as it was"
    finally:
        os.umask(before)
    assert (folder / "a.txt").stat().st_mode & 0o777 == 0o644


def test_a_failure_leaves_the_old_file_and_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "a.txt"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert [p.name for p in folder.iterdir()] == ["a.txt"]
    assert path.read_bytes() == b"old"
