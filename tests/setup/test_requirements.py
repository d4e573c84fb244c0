"""Do the locks fit together, the files that they are made from, and this Python?"""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PAIRS = [("requirements.in", "requirements.txt"), ("requirements-test.in", "requirements-test.txt")]


def read(name: str) -> dict[str, Requirement]:
    """The requirements of a file, by canonical name."""
    lines = [line.split(" #")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(r.name): r for r in found}


@pytest.mark.parametrize(("direct", "lock"), PAIRS)
def test_the_lock_holds_every_direct_dependency(direct: str, lock: str) -> None:
    """Is each there, at a version that was asked for?"""
    locked = read(lock)
    assert len(locked) > len(read(direct)) > 5
    for name, asked in read(direct).items():
        version = next(iter(locked[name].specifier)).version
        assert asked.specifier.contains(version, prereleases=True), f"{name}: run `make lock`"


def test_the_two_locks_agree() -> None:
    """Does a package that is in both have one version?"""
    learner, tests = read("requirements.txt"), read("requirements-test.txt")
    assert [n for n in learner.keys() & tests.keys() if learner[n].specifier != tests[n].specifier] == []


def test_every_direct_dependency_has_its_reason() -> None:
    """Is there a word on each line?"""
    lines = (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#") and " # " not in line] == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-test.txt"])
def test_every_locked_package_is_installed_and_takes_this_python(lock: str) -> None:
    """Also by its upper limit, which uv overlooks and Binder's pip does not?"""
    for name, locked in read(lock).items():
        if locked.marker and not locked.marker.evaluate():
            continue
        found = metadata.metadata(name)
        assert locked.specifier.contains(found["Version"], prereleases=True), f"{name}: not what {lock} says"
        takes = SpecifierSet(found.get("Requires-Python") or "")
        assert takes.contains(platform.python_version()), f"{name} {found['Version']} wants Python {takes}"
