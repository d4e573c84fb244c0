"""Kernels as the tests of `prodml.runtime.warm` have them, and programs to start in them."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_path = Path(__file__).parents[1] / "warm" / "conftest.py"  # test folders are no packages
_spec = importlib.util.spec_from_file_location("warm_fixtures", _path)
assert _spec is not None
assert _spec.loader is not None
_warm = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_warm)
runtime, small, start, over = _warm.runtime, _warm.small, _warm.start, _warm.over

PROGRAMS = '''
"""Programs for a group."""
import os, signal, socket, sys, time

def serve(port):
    print("serves <b>&</b>", os.environ.get("FLAVOUR"))
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            server.accept()[0].close()

def fail():
    raise ValueError("as asked for")

def deaf(port):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", port)):
        time.sleep(600)
'''


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one worker: those with kernels share a parent."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("warm"))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path with programs.py; temporary folders are made in it."""
    (tmp_path / "programs.py").write_text(PROGRAMS)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.fixture(params=["prodml", "python3"])
def kernel(request: pytest.FixtureRequest, small: Path, start: Callable[..., Any], programs: Path) -> Any:
    """A warm and a stock kernel in that folder, with a quick start."""
    found = start(request.param, cwd=str(programs), env=dict(os.environ))
    ran = found.run(
        "from prodml.runtime.processes import *; from prodml.runtime.warm import spare; print(spare() is not None)"
    )
    assert ran.text == f"{request.param == 'prodml'}\n", ran.reply
    return found
