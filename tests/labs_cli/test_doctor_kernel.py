"""Does `labs doctor` say whether kernels are forked, and if not, why?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from jupyter_client import kernelspec

from labs_cli import doctor_kernel
from prodml.runtime.warm import reach


@pytest.fixture(autouse=True)
def own_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parent of this test's own, which imports little and ends at once."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PRODML_WARM_LINGER", "0")
    monkeypatch.setenv("PRODML_WARM_PRELOAD", "json")
    monkeypatch.delenv("PRODML_WARM", raising=False)


def test_warm() -> None:
    """Does it pass where a parent runs or can be started?"""
    found = doctor_kernel.warm()
    assert found.state == "PASS"
    assert "forked from process" in found.detail


def test_package_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a package that the parent could not import named?"""
    monkeypatch.setenv("PRODML_WARM_PRELOAD", "no_such_package")
    found = doctor_kernel.warm()
    assert found.state == "NOTE"
    assert "no_such_package (ModuleNotFoundError" in found.detail


def test_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is the variable that switches it off named?"""
    monkeypatch.setenv("PRODML_WARM", "0")
    found = doctor_kernel.warm()
    assert found.state == "NOTE"
    assert "PRODML_WARM is 0" in found.detail


def test_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is another system than Linux a reason, not an error?"""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "Linux" in doctor_kernel.warm().detail


def test_parent_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Does the reason stand there when the parent cannot be started?"""
    monkeypatch.setattr(reach, "LAUNCH", "raise SystemExit(3)")
    found = doctor_kernel.warm()
    assert found.state == "NOTE"
    assert "exit status 3" in found.detail
    assert str(Path(os.environ["JUPYTER_RUNTIME_DIR"])) in found.fix


def test_no_kernelspec(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a missing kernelspec named, with how to install it?"""

    def none(self: kernelspec.KernelSpecManager, name: str) -> None:
        raise kernelspec.NoSuchKernel(name)

    monkeypatch.setattr(kernelspec.KernelSpecManager, "get_kernel_spec", none)
    found = doctor_kernel.warm()
    assert "no kernel prodml" in found.detail
    assert "make lab" in found.fix
