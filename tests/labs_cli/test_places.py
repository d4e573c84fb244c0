"""Are the workspace and the sources found where they are?"""

from __future__ import annotations

from pathlib import Path

import pytest

from labs_cli import places
from labs_cli.errors import NotFound
from prodml.lab.workspace import find_workspace


def test_a_variable_names_the_workspace(workspace: Path) -> None:
    assert not workspace.exists()
    assert places.workspace() == workspace
    assert (workspace / ".prodml").is_dir()


def test_a_workspace_around_the_current_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRODML_WORKSPACE")
    below = tmp_path / "mine" / "00_one"
    (tmp_path / "mine" / ".prodml").mkdir(parents=True)
    below.mkdir()
    monkeypatch.chdir(below)
    assert places.workspace() == tmp_path / "mine"


@pytest.mark.parametrize(("pyproject", "where"), [(True, "checkout/workspace"), (False, "here/workspace")])
def test_else_it_is_made_in_the_checkout_or_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pyproject: bool, where: str
) -> None:
    monkeypatch.delenv("PRODML_WORKSPACE")
    monkeypatch.setattr(places, "CHECKOUT", tmp_path / "checkout")
    for name in ("checkout", "here"):
        (tmp_path / name).mkdir()
    if pyproject:
        (tmp_path / "checkout" / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "here")
    assert places.workspace() == tmp_path / where
    monkeypatch.chdir(tmp_path / where)
    assert find_workspace() == tmp_path / where, "a kernel inside finds it too"


def test_this_checkout_is_found() -> None:
    assert (places.CHECKOUT / "pyproject.toml").is_file()


def test_without_sources_an_author_is_told_where_they_are() -> None:
    with pytest.raises(NotFound) as error:
        places.lab_dirs()
    assert "checkout" in error.value.fix
