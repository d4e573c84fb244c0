"""Do pictures beside a source get beside the notebooks that are looked at, and nothing else?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autograder.course.pictures import find_pictures, put_pictures


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for name in ("a.png", "deep/er/b.JPG", "data.csv", "hw.ipynb", "c.png.txt", ".old/a.png"):
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "source" / "folder.png").mkdir()
    (tmp_path / "source" / "gone.png").symlink_to("nowhere")
    (tmp_path / "source" / "deep" / "link.png").symlink_to("../a.png")
    return tmp_path / "source"


def put(source: Path) -> dict[str, str]:
    folder = source.parent / "autograded"
    put_pictures(find_pictures(source), folder)
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_pictures_and_nothing_else(source: Path) -> None:
    assert put(source) == {"a.png": "a.png", "deep/er/b.JPG": "deep/er/b.JPG", "deep/link.png": "a.png"}
    assert not (source.parent / "autograded" / "deep" / "link.png").is_symlink()


@pytest.mark.parametrize("links", [True, False])
def test_one_that_changed_is_put_again(source: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    """Also on a disk that knows no links; and a picture that was linked is not written through."""
    if not links:

        def refuse(path: Path, place: Path) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)
    put(source)
    kept = source.parent / "kept.png"
    (source / "a.png").rename(kept)
    (source / "a.png").write_text("another")
    assert put(source)["a.png"] == "another"
    assert kept.read_text() == "a.png"
