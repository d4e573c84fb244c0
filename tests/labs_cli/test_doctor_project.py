"""Is each missing or damaged part of the project found?"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labs_cli import doctor_project as project
from labs_cli import places

Labs = Callable[..., Any]


@pytest.fixture
def dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small dataset's file."""
    folder = tmp_path / "datasets" / "tiny"
    folder.mkdir(parents=True)
    (folder / "tiny.parquet").write_bytes(b"data")
    (folder / "SHA256").write_text(f"{hashlib.sha256(b'data').hexdigest()}  tiny.parquet\n")
    monkeypatch.setenv("PRODML_DATASETS", str(tmp_path / "datasets"))
    return folder / "tiny.parquet"


def test_the_locked_packages_are_here() -> None:
    assert project.packages().state == "PASS", project.packages().detail


def test_a_missing_package_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "KEY_PACKAGES", ("numpy", "no-such-package-of-ours"))
    assert project.packages().state == "FAIL"
    assert project.packages().detail == "missing: no-such-package-of-ours"


def test_another_version_than_the_locked_one_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# by uv\nNumPy==0.0.1 ; python_version > '3'\n    # via x\nrich==1 \\\n"
    )
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    monkeypatch.setattr(project, "KEY_PACKAGES", ("numpy",))
    assert project.packages().state == "NOTE"
    assert "(locked: 0.0.1)" in project.packages().detail


def test_without_a_lock_presence_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "CHECKOUT", tmp_path)
    assert project.packages().state == "PASS"
    assert "locked" not in project.packages().detail


def test_the_kernel_is_found() -> None:
    assert project.kernel().state == "PASS"


def test_a_missing_kernel_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_client import kernelspec

    def missing(_: object, name: str) -> None:
        raise kernelspec.NoSuchKernel(name)

    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", missing)
    assert project.kernel().state == "FAIL"
    assert "ipykernel install" in project.kernel().fix


@pytest.mark.parametrize(
    ("code", "out", "err", "state", "said"),
    [
        (0, "2.21.0\n", "noise", "PASS", "2.21.0 can be imported"),
        (1, "", "Traceback\nImportError: no", "FAIL", "ImportError: no"),
        (-4, "", "", "FAIL", "AVX"),
        (-9, "", "", "FAIL", "exit code -9"),
    ],
)
def test_tensorflow_is_imported_in_another_process(
    monkeypatch: pytest.MonkeyPatch, code: int, out: str, err: str, state: str, said: str
) -> None:
    monkeypatch.setattr(project.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], code, out, err))
    assert project.tensorflow().state == state
    assert said in project.tensorflow().detail


def test_a_tensorflow_that_hangs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("python", 300)

    monkeypatch.setattr(project.subprocess, "run", hang)
    assert project.tensorflow().state == "FAIL"


def test_datasets_are_held_against_their_checksums(dataset: Path) -> None:
    assert project.datasets().detail == "1 file in 1 dataset, checksums right"
    dataset.write_bytes(b"dat4")
    assert project.datasets().state == "FAIL"
    assert "damaged" in project.datasets().detail
    dataset.unlink()
    assert "missing" in project.datasets().detail


def test_no_dataset_at_all_fails(dataset: Path) -> None:
    dataset.with_name("SHA256").unlink()
    assert project.datasets().state == "FAIL"


def test_notebooks_that_are_not_built_fail() -> None:
    assert project.notebooks().state == "FAIL"
    assert "labs build" in project.notebooks().fix


def test_notebooks_are_compared_where_sources_are(labs: Labs, source: Path) -> None:
    labs("build")
    assert project.notebooks().detail == "1 lab, built from their sources"
    lab = source / "lab.py"
    lab.write_text(lab.read_text().replace("Twice x, a number", "Two times x"))
    assert project.notebooks().state == "NOTE"
    lab.write_text("x = 1")
    assert project.notebooks().state == "NOTE", "an author's mistake stops no learner"
    lab.unlink()
    assert "no sources here" in project.notebooks().detail
