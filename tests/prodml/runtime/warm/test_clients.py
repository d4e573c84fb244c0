"""Do the programs that run notebooks use the warm kernel by its name: JupyterLab, Notebook 7, nbclient, papermill?"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

NAMES = ("prodml", "python3")


@pytest.mark.parametrize("name", NAMES)
def test_nbclient(small: Path, name: str) -> None:
    """Does nbclient run a notebook?"""
    notebook = new_notebook(cells=[new_code_cell("print(6 * 7)")])
    NotebookClient(notebook, kernel_name=name, timeout=60).execute()
    assert notebook.cells[0].outputs[0].text == "42\n"


@pytest.mark.parametrize("name", NAMES)
def test_nbclient_notices_a_death(small: Path, name: str) -> None:
    """Does a kernel's death end the run?"""
    notebook = new_notebook(cells=[new_code_cell("import os; os._exit(1)")])
    with pytest.raises(DeadKernelError):
        NotebookClient(notebook, kernel_name=name, timeout=60).execute()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore::DeprecationWarning:papermill")
def test_papermill(small: Path, tmp_path: Path, name: str) -> None:
    """Does papermill run a notebook, and fail where a cell fails?"""
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("print(6 * 7)")]), good)
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), bad)
    done = papermill.execute_notebook(good, None, kernel_name=name, progress_bar=False)
    assert done.cells[0].outputs[0].text == "42\n"
    with pytest.raises(papermill.PapermillExecutionError, match="ZeroDivisionError"):
        papermill.execute_notebook(bad, tmp_path / "out.ipynb", kernel_name=name, progress_bar=False)


class Server:
    """A Jupyter server, and its REST API."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self._url = url

    def __call__(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "token secret"}
        request = urllib.request.Request(f"{self._url}api/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")


@pytest.fixture(params=["jupyterlab", "notebook"])
def server(
    request: pytest.FixtureRequest, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """JupyterLab or Notebook 7, which has just been started, with this environment's own configuration."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    options = ["--ServerApp.token=secret", "--ServerApp.port_retries=200", "--no-browser"]
    command = [sys.executable, "-m", request.param, *options]
    root = ["--allow-root"] if os.geteuid() == 0 else []
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen([*command, *root, f"--ServerApp.root_dir={tmp_path}"], stdout=log, stderr=log) as process,
    ):
        try:
            yield Server(process, until(lambda: told_url(small.parent)))
        finally:
            process.kill()


def told_url(folder: Path) -> str | None:
    """The address of the server whose file is in a folder, once that is written to its end."""
    for path in folder.glob("jpserver-*.json"):
        with contextlib.suppress(json.JSONDecodeError):
            return str(json.loads(path.read_text())["url"])
    return None


def until(look: Callable[[], Any]) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)  # a look at files of another process: nothing to wait on
    raise AssertionError("nothing found")


def test_server(server: Server, small: Path, tmp_path: Path, over: Callable[[int], bool]) -> None:
    """Has it a parent before the first kernel; are kernels forked, interrupted, restarted, and gone with it?"""
    until(lambda: b"the parent is process" in (tmp_path / "log").read_bytes())
    parent = int((tmp_path / "log").read_text().partition("the parent is process ")[2].partition(".")[0])
    assert children(parent) == set()
    kernel = server("POST", "kernels", {"name": "prodml"})["id"]
    (first,) = children(parent)
    until(lambda: ignores_interrupts(first))
    server("POST", f"kernels/{kernel}/interrupt")
    assert children(parent) == {first}
    server("POST", f"kernels/{kernel}/restart")
    (second,) = children(parent)
    assert second != first
    server("DELETE", f"kernels/{kernel}")
    assert children(parent) == set()
    server("POST", "kernels", {"name": "prodml"})
    ending = [os.pidfd_open(pid) for pid in (parent, *children(parent))]
    server.process.kill()
    assert all(over(descriptor) for descriptor in ending)


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def ignores_interrupts(pid: int) -> bool:
    """Whether a kernel is so far that an interrupt between cells does nothing; before, it ends any kernel."""
    status = Path(f"/proc/{pid}/status").read_text()
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    return bool(ignored >> (signal.SIGINT - 1) & 1)
