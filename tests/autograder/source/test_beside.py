"""Is what stands beside a source found, and nothing of it that is secret?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.source.beside import find_beside, links_to


def test_notebooks_and_hidden_files_are_not_data(tmp_path: Path) -> None:
    for name in (
        "ps1.ipynb",
        "data.csv",
        ".secret",
        "__pycache__/x.pyc",
        ".ipynb_checkpoints/ps1-checkpoint.ipynb",
        "images/a.png",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert find_beside(tmp_path) == {"data.csv": str(tmp_path / "data.csv"), "images": str(tmp_path / "images")}


@pytest.mark.parametrize("name", ["old/ps1.ipynb", "data/.ipynb_checkpoints/ps1-checkpoint.ipynb"])
def test_a_folder_with_a_notebook_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).touch()
    with pytest.raises(CourseError, match=r"could be read by submissions(.|\n)*move it elsewhere"):
        find_beside(tmp_path)


def test_a_notebook_finds_them_in_its_folder(tmp_path: Path) -> None:
    source, box = tmp_path / "source", tmp_path / "box"
    source.mkdir()
    box.mkdir()
    (source / "it's data.csv").write_text("1,2")
    (source / "helper.py").write_text("x = 3")
    code = links_to(find_beside(source)) + """\nimport helper\nprint(helper.x, open("it's data.csv").read())"""
    done = subprocess.run([sys.executable, "-I", "-c", code], cwd=box, capture_output=True, text=True, check=True)
    assert done.stdout == "3 1,2\n"


def test_where_nothing_is_beside_modules_can_be_imported_that_a_cell_writes() -> None:
    assert "symlink" not in links_to({})
    assert "sys').path.append" in links_to({})
