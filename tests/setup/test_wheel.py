"""Does the wheel hold what a learner needs, and nothing that gives answers away?"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from importlib import util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "uv", "build", "--wheel", "--quiet", "--out-dir", folder, ROOT]
    subprocess.run(build, check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl"))).namelist()


def test_wheel_holds_data_and_notebooks(wheel: list[str]) -> None:
    """Do the labs work where there is no checkout?"""
    notebooks = [f"prodml/_notebooks/{path.parent.name}/{path.name}" for path in ROOT.glob("notebooks/*/*.ipynb")]
    assert notebooks
    assert {*notebooks, "prodml/_datasets/flights/flights.parquet", "labs_cli/main.py"} <= set(wheel)


def test_wheel_holds_no_solutions(wheel: list[str]) -> None:
    """Are sources of labs, and tests, left out?"""
    folders = {name.split("/")[0] for name in wheel}
    packages = {folder for folder in folders if not folder.endswith((".dist-info", ".data"))}
    assert packages == {"prodml", "labs_cli", "autograder"}
    assert not [name for name in wheel if name.endswith(("lab.py", "answers.py")) and "autograder" not in name]


def test_checkout_is_what_is_imported() -> None:
    """Is the editable installation's prodml the checkout's, not a folder of data in site-packages?"""
    found = util.find_spec("prodml")
    assert Path(found.origin) == ROOT / "labs_src" / "prodml" / "__init__.py"
