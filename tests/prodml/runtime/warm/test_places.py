"""Has a kernel another parent exactly where a fork could not make up for the difference?"""

from __future__ import annotations

from pathlib import Path

import pytest

from prodml.runtime.warm import places
from prodml.runtime.warm.places import find_place, parents_env, read_once

PYTHON = ["/usr/bin/python3"]


@pytest.mark.parametrize(
    "name",
    ["PYTHONHASHSEED", "OMP_NUM_THREADS", "TF_ENABLE_ONEDNN_OPTS", "KERAS_BACKEND", "HOME", "LC_ALL", "LD_PRELOAD"],
)
def test_read_once(small: Path, name: str) -> None:
    """Do variables that are read at a start or an import lead to another parent, which has them?"""
    assert find_place(PYTHON, {name: "1"}).key != find_place(PYTHON, {name: "2"}).key
    assert parents_env({name: "1"})[name] == "1"


@pytest.mark.parametrize("name", ["PYTHONPATH", "TZ", "PRODML_VARIANT", "MPLBACKEND", "JPY_SESSION_NAME", "PATH"])
def test_set_in_the_fork(small: Path, name: str) -> None:
    """Do variables that a fork can set share a parent?"""
    assert find_place(PYTHON, {name: "1"}).key == find_place(PYTHON, {name: "2"}).key


def test_secrets_do_not_leak() -> None:
    """Does a parent get nothing of a server's environment but what is in its key?"""
    assert "JUPYTER_TOKEN" not in parents_env({"JUPYTER_TOKEN": "secret"})
    assert read_once({"JUPYTER_TOKEN": "secret"}) == {}


def test_other_python(small: Path) -> None:
    """Is the interpreter part of the key?"""
    assert find_place(PYTHON, {}).key != find_place(["/usr/bin/python3.12"], {}).key


def test_other_namespace(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a container, network or control group part of the key?"""
    here = find_place(PYTHON, {}).key
    monkeypatch.setattr(places, "_namespaces", lambda: ["net:[1]"])
    assert find_place(PYTHON, {}).key != here


def test_edited_source(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Does an edit of prodml itself change the stamp, so that authors see it after a restart?"""
    (tmp_path / "module.py").write_text("")
    monkeypatch.setattr(places.prodml, "__file__", str(tmp_path / "__init__.py"))
    before = places.stamp()
    assert places.stamp() == before
    (tmp_path / "another.py").write_text("")
    assert places.stamp() != before
