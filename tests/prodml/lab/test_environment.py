"""Does the table say what this machine really offers, and how to mend what is short?"""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import psutil
import pytest

from prodml.lab import environment as module
from prodml.lab import records
from prodml.lab.environment import environment, environment_facts, usable_cores, usable_memory


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A container's limits: none, until a test writes one."""
    monkeypatch.setattr(module, "CGROUP", tmp_path)
    return tmp_path


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRODML_WORKSPACE", str(tmp_path))
    return tmp_path


def facts() -> dict[str, module.Fact]:
    return {f.name: f for f in environment_facts()}


def test_does_it_find_the_memory_that_psutil_finds(cgroup: Path) -> None:
    assert usable_memory() == pytest.approx(psutil.virtual_memory().total, rel=0.01)


def test_does_the_limit_of_a_container_count(cgroup: Path) -> None:
    (cgroup / "memory.max").write_text("1500000000\n")
    (cgroup / "cpu.max").write_text("50000 100000\n")
    assert usable_memory() == 1.5e9
    assert usable_cores() == 1
    assert "Some labs need 2 GB" in facts()["memory"].fix
    assert facts()["processor cores"].fix


def test_is_no_limit_no_limit(cgroup: Path) -> None:
    free = usable_memory(), usable_cores()
    (cgroup / "memory.max").write_text("max\n")
    (cgroup / "cpu.max").write_text("max 100000\n")
    assert (usable_memory(), usable_cores()) == free
    assert usable_cores() == len(psutil.Process().cpu_affinity())


def test_is_the_version_of_tensorflow_known_without_importing_it() -> None:
    code = "import sys, prodml.lab.environment as e; e.environment(); print('tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
    installed = {d.name: d.version for d in metadata.distributions() if d.name.startswith("tensorflow")}
    assert facts()["TensorFlow"].found in installed.values()


def test_is_a_missing_tensorflow_named_with_its_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TENSORFLOW", ("no-such-package",))
    assert facts()["TensorFlow"] == module.Fact("TensorFlow", "not installed", "Later labs need it: run `make lab`.")


def test_does_another_python_get_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not facts()["Python"].fix
    monkeypatch.setattr(module, "PYTHON", (3, 99))
    assert "made for Python 3.99" in facts()["Python"].fix


def test_does_it_say_where_progress_is_kept_and_how_much(workspace: Path) -> None:
    assert "nothing recorded yet" in facts()["progress"].found
    for name, said in (("a", "(1 record)"), ("b", "(2 records)")):
        records.append(records.Record("2026-01-01T00:00:00+00:00", "00_start_here", "passed", name))
        assert facts()["progress"].found.endswith(f"progress.jsonl {said}")
    assert facts()["workspace"].found.endswith(workspace.name)


def test_is_a_folder_at_home_written_short(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(workspace.parent))
    assert facts()["workspace"].found == f"~/{workspace.name}"


def test_is_a_missing_workspace_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PRODML_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    assert "labs start" in facts()["workspace"].fix
    assert facts()["progress"].found == "kept until this kernel ends"


def test_is_every_fact_and_every_fix_shown(cgroup: Path, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (cgroup / "memory.max").write_text("1000000000")
    environment()
    shown = capsys.readouterr().out
    for fact in environment_facts():
        assert fact.name in shown
        assert fact.found in shown
        assert fact.fix in shown


def test_is_nothing_shown_while_grading(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PRODML_GRADING", "1")
    environment()
    assert capsys.readouterr().out == ""
