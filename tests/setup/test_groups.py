"""Do tests of one group share a worker, so that a notebook that several tests look at runs once?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GROUPED = """
import pathlib, pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(6))
def test_grouped(number, worker_id):
    with pathlib.Path("workers").open("a") as seen:
        seen.write(worker_id + " ")

@pytest.mark.parametrize("number", range(6))
def test_other(number): pass
"""


def test_a_group_stays_on_one_worker(tmp_path: Path) -> None:
    """As `make test` runs them, with this pytest and this xdist? Where they do not fit it fails in silence."""
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    workers = (tmp_path / "workers").read_text().split()
    assert (len(workers), len(set(workers))) == (6, 1)
