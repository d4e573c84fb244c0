"""Does every lab run from top to bottom with its reference solutions, cleanly and within its budget, on both kernels?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


def test_runs_to_its_end(reference_run) -> None:
    """Does it end without an error?"""
    assert not reference_run.failure


def test_warns_of_nothing(reference_run) -> None:
    """Is there no warning from prodml or from the notebook?"""
    assert reference_run.warnings == []


def test_memory_is_within_the_limit(
    lab_dir: Path, kernel: str, reference_run, limits, report: Callable[..., None]
) -> None:
    """Do all its processes together stay within the limit? Its seconds are reported, not judged: machines differ."""
    cost = {"seconds": round(reference_run.seconds, 1), "GB": round(reference_run.peak_memory / 1e9, 2)}
    report("labs", lab_dir.name, kernel, **cost)
    assert 0 < reference_run.peak_memory <= limits.memory


@pytest.mark.long
@pytest.mark.parametrize("variant", [1, 2])
def test_other_variants_run_too(reference, run_notebook, variant: int) -> None:
    """Does it run to its end, without a warning, for those who get another variant?"""
    run = run_notebook(reference, variant)
    assert not run.failure
    assert run.warnings == []
