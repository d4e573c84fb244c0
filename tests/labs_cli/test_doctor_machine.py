"""Is each weakness of a machine found?"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from labs_cli import doctor_machine as machine


@pytest.mark.parametrize("check", [machine.python, machine.disk, machine.writable, machine.port, machine.fork])
def test_this_machine_passes(check: object) -> None:
    assert check().state == "PASS"  # type: ignore[operator]


def test_another_python_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert machine.python().state == "FAIL"
    assert "3.11" in machine.python().fix


@pytest.mark.parametrize(
    ("limit", "state", "detail"),
    [
        ("1500000000\n", "FAIL", "1.5 GB"),
        ("max\n", "PASS", "8.0 GB"),
        ("4000000000", "PASS", "4.0 GB"),
        (None, "PASS", "8.0 GB"),
    ],
)
def test_memory_is_the_machines_or_the_containers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str | None, state: str, detail: str
) -> None:
    file = tmp_path / "memory.max"
    if limit is not None:
        file.write_text(limit)
    monkeypatch.setattr(machine, "CGROUP_LIMITS", (str(file),))
    monkeypatch.setattr(machine, "_physical", lambda: 8e9)
    assert (machine.memory().state, machine.memory().detail) == (state, detail)


def test_a_full_disk_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 200_000_000))
    assert machine.disk().state == "FAIL"
    assert machine.disk().detail.startswith("0.2 GB")


def test_a_workspace_that_cannot_be_written_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine.tempfile, "TemporaryFile", refuse)
    assert machine.writable().state == "FAIL"
    assert "Permission denied" in machine.writable().detail


def test_looking_makes_no_workspace(workspace: Path) -> None:
    machine.disk()
    machine.writable()
    assert not workspace.exists()


def test_no_loopback_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert machine.port().state == "FAIL"
    assert "Network is unreachable" in machine.port().detail


def test_no_fork_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    assert machine.fork().state == "FAIL"
    assert "temporarily unavailable" in machine.fork().detail
