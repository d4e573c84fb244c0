"""Does starting a lab give the learner a copy, and never take anything away?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_core.paths import jupyter_config_path
from jupyter_server.services.config.manager import ConfigManager
from urllib3 import PoolManager, Retry

from labs_cli import serving, start

Labs = Callable[..., Any]
AddLab = Callable[..., Path]


def test_a_lab_is_copied_with_what_stands_beside_it(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    built = add_lab("02_drift")
    (built.parent / "img").mkdir()
    (built.parent / "img" / "a.svg").write_text("<svg/>")
    (built.parent / ".ipynb_checkpoints").mkdir()
    built.chmod(0o444)
    ran = labs("start", "drift")
    copy = workspace / "02_drift" / "02_drift.ipynb"
    assert ran.code == 0
    assert str(copy) in ran.out
    assert copy.read_bytes() == built.read_bytes()
    assert copy.stat().st_mode & 0o200, "a learner can save it"
    assert (copy.parent / "img" / "a.svg").is_file()
    assert sorted(p.name for p in workspace.iterdir()) == [".prodml", "02_drift"]
    assert not (copy.parent / ".ipynb_checkpoints").exists()


def test_without_a_name_the_first_lab_is_started(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    for slug in ("11_later", "00_first"):
        add_lab(slug)
    assert labs("start").code == 0
    assert (workspace / "00_first" / "00_first.ipynb").is_file()


def test_a_second_start_changes_nothing(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    add_lab("02_drift")
    labs("start", "2")
    copy = workspace / "02_drift" / "02_drift.ipynb"
    copy.write_text('{"nbformat": 4, "cells": [], "metadata": {"lab": {"release": "r1"}}, "mine": 1}')
    before = copy.read_bytes()
    ran = labs("start", "2")
    assert (ran.code, ran.err) == (0, "")
    assert "nothing was changed" in ran.out
    assert copy.read_bytes() == before


def test_a_newer_lab_is_told_of_and_put_beside(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    add_lab("02_drift")
    labs("start", "2")
    first = workspace / "02_drift" / "02_drift.ipynb"
    first.write_text(first.read_text().replace('"pass"', '"my work"'))
    before = first.read_bytes()
    newer = add_lab("02_drift", release="r2")
    ran = labs("start", "2")
    assert "has changed since" in ran.err
    assert first.read_bytes() == before
    for folder in ("02_drift-2", "02_drift-3"):
        assert labs("start", "2", "--fresh").code == 0
        assert (workspace / folder / "02_drift.ipynb").read_bytes() == newer.read_bytes()
    assert first.read_bytes() == before
    assert "02_drift-3" in labs("start", "2").out, "the newest copy is the one to work on"
    assert labs("start", "2").err == ""


def test_a_damaged_copy_is_left_and_told_of(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    add_lab("02_drift")
    labs("start", "2")
    copy = workspace / "02_drift" / "02_drift.ipynb"
    copy.write_text('{"cells": [')
    ran = labs("start", "2")
    assert ran.code == 0
    assert "cannot be read as a notebook" in ran.err
    assert "--fresh" in ran.err
    assert copy.read_text() == '{"cells": ['


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_what_has_the_labs_name_is_never_overwritten(labs: Labs, add_lab: AddLab, workspace: Path, kind: str) -> None:
    add_lab("02_drift")
    workspace.mkdir()
    there = workspace / "02_drift"
    if kind == "file":
        there.write_text("mine")
    elif kind == "folder":
        there.mkdir()
        (there / "notes.txt").write_text("mine")
    else:
        there.symlink_to(workspace / "nowhere")
    assert labs("start", "2").code == 0
    assert (workspace / "02_drift-2" / "02_drift.ipynb").is_file()
    if kind == "file":
        assert there.read_text() == "mine"
    elif kind == "folder":
        assert [p.name for p in there.iterdir()] == ["notes.txt"]
    else:
        assert there.is_symlink()


def test_a_lab_whose_name_begins_alike_is_another(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    add_lab("02_drift")
    add_lab("02_drift_more")
    labs("start", "02_drift_more")
    ran = labs("start", "02_drift")
    assert "was copied" in ran.out
    assert (workspace / "02_drift" / "02_drift.ipynb").is_file()


def test_an_unknown_lab_names_the_known_ones(labs: Labs, add_lab: AddLab, workspace: Path) -> None:
    add_lab("02_drift")
    ran = labs("start", "7")
    assert ran.code == 1
    assert "choose one of: 02_drift" in ran.err
    assert not workspace.exists()


def test_a_workspace_that_cannot_be_made_is_an_error(
    labs: Labs, add_lab: AddLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_lab("02_drift")
    (tmp_path / "a_file").touch()
    monkeypatch.setenv("PRODML_WORKSPACE", str(tmp_path / "a_file" / "w"))
    ran = labs("start", "2")
    assert ran.code == 1
    assert "a_file" in ran.err
    assert "Traceback" not in ran.err


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be served: command, environment, folder, log."""
    given: list[Any] = []
    monkeypatch.setattr(serving, "serve", lambda *arguments: given.extend(arguments))
    return given


def test_open_runs_jupyterlab_in_the_workspace(
    labs: Labs, add_lab: AddLab, workspace: Path, served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "none")
    add_lab("02_drift")
    assert labs("start", "2", "--open").code == 0
    command, env, folder, log, _ = served
    assert command[:3] == [sys.executable, "-m", "labs_cli.lab_server"]
    assert f"--ServerApp.root_dir={workspace}" in command
    assert "--LabApp.default_url=/lab/tree/02_drift/02_drift.ipynb" in command
    assert "--no-browser" in command
    assert env["PRODML_WORKSPACE"] == str(workspace)
    assert env["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert (folder, log) == (workspace, workspace / ".prodml" / "jupyter.log")


def test_learners_do_not_see_what_is_for_instructors(
    labs: Labs, add_lab: AddLab, served: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Are nbgrader's panels off in the JupyterLab that `labs start` runs, and on in one that somebody else starts?"""
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/somewhere/of/mine")
    add_lab("02_drift")
    labs("start", "2", "--open")
    paths = served[1]["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert paths[-1] == "/somewhere/of/mine"
    assert disabled(Path(paths[0])) == {"@jupyter/nbgrader": True}
    assert "@jupyter/nbgrader" not in disabled(*map(Path, jupyter_config_path()))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A person's, with a token of their own, no browser window and a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {"BROWSER": "none", "JUPYTER_PORT": str(port), "JUPYTER_TOKEN": "a token", "PRODML_WARM": "0"}
    return os.environ | own | {"JUPYTER_CONFIG_DIR": str(tmp_path / "config")}


def test_jupyterlab_starts_with_few_words_and_ends_without_a_question(
    add_lab: AddLab, workspace: Path, environment: dict[str, str]
) -> None:
    """Is the address printed once it listens, and do Ctrl+C's signal and one second end server and kernel?"""
    add_lab("02_drift")
    command = [sys.executable, "-m", "labs_cli.main", "start", "2", "--open"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as labs:
        said = []
        for line in labs.stdout:
            said.append(line)
            if line.startswith("Ctrl+C"):
                break
        address = said[-2].split()[1]
        assert address.endswith("/lab/tree/02_drift/02_drift.ipynb?token=a+token")
        pool = PoolManager(retries=Retry(connect=0, redirect=5))
        assert pool.request("GET", address).status == 200
        wanted = {"path": "a.ipynb", "name": "a", "type": "notebook", "kernel": {"name": "python3"}}
        root = address.partition("/lab/")[0]
        session = pool.request("POST", f"{root}/api/sessions", headers={"Authorization": "token a token"}, json=wanted)
        assert session.status == 201
        (server,) = psutil.Process(labs.pid).children()
        kernels = [p for p in server.children(recursive=True) if "ipykernel_launcher" in p.cmdline()]
        assert kernels
        labs.send_signal(signal.SIGINT)
        said += labs.stdout
    assert labs.returncode == 0
    assert [p for p in [server, *kernels] if p.is_running()] == []
    assert said[-1] == "JupyterLab has ended.\n"
    assert len(said) == 7
    assert "is running at" in (workspace / ".prodml" / "jupyter.log").read_text()


def test_a_jupyterlab_that_cannot_start_says_why(add_lab: AddLab, workspace: Path, environment: dict[str, str]) -> None:
    add_lab("02_drift")
    command = [sys.executable, "-m", "labs_cli.main", "start", "2", "--open"]
    done = subprocess.run(command, env=environment | {"JUPYTER_PORT": "http"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "error: JupyterLab ended before it listened" in done.stderr
    assert "'http'" in done.stderr, "the log's last lines"
    assert str(workspace / ".prodml" / "jupyter.log") in done.stderr


def disabled(*folders: Path) -> dict[str, bool]:
    """Extensions that these configuration folders switch off, read as JupyterLab does."""
    found: dict[str, bool] = {}
    for folder in folders:
        manager = ConfigManager(read_config_path=[str(folder / "labconfig")])
        found |= manager.get("page_config").get("disabledExtensions", {})
    return found


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_allowed_only_for_root(
    monkeypatch: pytest.MonkeyPatch, workspace: Path, user: int, allowed: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.delenv("BROWSER", raising=False)
    command = start.jupyter_command(workspace, workspace / "a" / "a.ipynb")
    assert ("--allow-root" in command) is allowed
    assert "--no-browser" not in command
