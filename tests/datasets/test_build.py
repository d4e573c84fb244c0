"""Does build.py give the committed bytes, and does it say so when it does not?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from prodml.data.checksums import checksum_lines
from prodml.data.rebuild import package_folder, rebuild
from prodml.errors import DatasetError

DATASETS = Path(__file__).resolve().parents[2] / "datasets"


def build(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DATASETS / name / "build.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", params=["flights", "digits"])
def built(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("built") / request.param
    result = build(request.param, "--out", str(out))
    assert result.returncode == 0, result.stderr
    return out


def test_same_bytes(built):
    """Are the files rebuilt byte for byte, none more and none fewer?"""
    committed = DATASETS / built.name
    assert {f.name for f in built.iterdir()} == {f.name for f in committed.glob("*.parquet")} | {"SHA256"}
    for file in built.iterdir():
        assert file.read_bytes() == (committed / file.name).read_bytes(), file.name


def test_checksums_are_of_the_committed_files(built):
    """Does SHA256 name every committed Parquet file with its checksum?"""
    committed = DATASETS / built.name
    assert (committed / "SHA256").read_text() == checksum_lines(committed.glob("*.parquet"))


def test_check_names_the_file_that_differs(built):
    """Does --check pass on good files, name a damaged one, and leave it as it is?"""
    assert build(built.name, "--check", "--out", str(built)).returncode == 0
    victim = sorted(built.glob("*.parquet"))[0]
    good = victim.read_bytes()
    victim.write_bytes(b"damaged")
    try:
        result = build(built.name, "--check", "--out", str(built))
        assert result.returncode == 1
        assert f"DIFFERS {victim}" in result.stdout
        assert result.stdout.count("DIFFERS") == 1
        assert victim.read_bytes() == b"damaged"
    finally:
        victim.write_bytes(good)


def test_size():
    """Do the flights take 12 MB at most?"""
    assert sum(f.stat().st_size for f in (DATASETS / "flights").glob("*.parquet")) <= 12e6


def test_package_missing_or_of_another_version():
    """Does a build without its package say which one to install?"""
    with pytest.raises(DatasetError, match=r"no_such_package is not installed"):
        package_folder("no_such_package", "1.0", "data")
    with pytest.raises(DatasetError, match=r"numpy .* is installed, not 0\.1"):
        package_folder("numpy", "0.1", "numpy")


def test_failed_build_writes_nothing(tmp_path, capsys):
    """Does a build that fails leave the folder alone, print the fix, and return 1?"""

    def tables():
        raise DatasetError("The package x is not installed.", "Install it.")

    assert rebuild(tmp_path, tables, []) == 1
    assert capsys.readouterr().err == "The package x is not installed.\nInstall it.\n"
    assert list(tmp_path.iterdir()) == []
