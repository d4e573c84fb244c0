"""Are datasets/ and notebooks/ found in a checkout, in a wheel, and where a variable says?"""

from __future__ import annotations

from pathlib import Path

import pytest

from prodml import paths
from prodml.errors import NotFound

FOLDERS = {
    "datasets": (paths.datasets_dir, "PRODML_DATASETS"),
    "notebooks": (paths.notebooks_dir, "PRODML_NOTEBOOKS"),
}


@pytest.fixture(params=FOLDERS, autouse=True)
def named(request, monkeypatch):
    """Name of the folder, the function that finds it, the variable that overrides it (unset)."""
    find, variable = FOLDERS[request.param]
    monkeypatch.delenv(variable, raising=False)
    return request.param, find, variable


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An empty installed package without a checkout around it."""
    package = tmp_path / "site-packages" / "prodml"
    package.mkdir(parents=True)
    monkeypatch.setattr(paths, "PACKAGE", package)
    monkeypatch.setattr(paths, "CHECKOUT", tmp_path)
    return package


def test_checkout_is_this_one():
    """Is the checkout the folder that holds labs_src and pyproject.toml?"""
    assert Path(__file__).resolve().parents[2] == paths.CHECKOUT


def test_beside_the_checkout(named, installed):
    """Is the folder of the checkout found?"""
    name, find, _ = named
    (paths.CHECKOUT / name).mkdir()
    assert find() == paths.CHECKOUT / name


def test_in_a_wheel(named, installed):
    """Is the wheel's own copy found, and taken before a folder that happens to lie two levels up?"""
    name, find, _ = named
    (paths.CHECKOUT / name).mkdir()
    (installed / f"_{name}").mkdir()
    assert find() == installed / f"_{name}"


def test_variable_wins(named, installed, tmp_path, monkeypatch):
    """Does the variable override all other places?"""
    name, find, variable = named
    (installed / f"_{name}").mkdir()
    chosen = tmp_path / "elsewhere"
    chosen.mkdir()
    monkeypatch.setenv(variable, str(chosen))
    assert find() == chosen


def test_variable_names_no_folder(named, tmp_path, monkeypatch):
    """Is a wrong variable an error that names it, and not silently passed over?"""
    _, find, variable = named
    monkeypatch.setenv(variable, str(tmp_path / "missing"))
    with pytest.raises(NotFound, match=rf"{variable} names .*missing, which is not a folder"):
        find()


def test_nowhere(named, installed):
    """Does the error say where it looked and which variable helps?"""
    name, find, variable = named
    with pytest.raises(NotFound) as caught:
        find()
    for part in (str(installed / f"_{name}"), str(paths.CHECKOUT / name), variable):
        assert part in str(caught.value)
