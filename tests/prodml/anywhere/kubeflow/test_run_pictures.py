"""Does the picture of runs say what was executed, what came from the cache, and what did not happen?"""

from __future__ import annotations

import pytest

from prodml.anywhere.kubeflow.local_pipelines import LocalRun
from prodml.anywhere.kubeflow.run_pictures import draw_runs

FIRST = """10:00:00.000 - INFO - Executing task 'train'
10:00:02.500 - INFO - Task 'train' finished with status SUCCESS
10:00:02.500 - INFO - Executing task 'export'
10:00:04.000 - INFO - Task 'export' finished with status SUCCESS
"""
SECOND = "10:01:00.000 - INFO - Task train cache hit\n"


def test_what_happened_is_said_for_each_step_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Does who cannot see it read the seconds, the cache, and the step that was left out?"""
    draw_runs({"first": LocalRun(log=FIRST), "second": LocalRun(log=SECOND)}, ["train", "export"], "Two runs")
    said = capsys.readouterr().out
    assert "Two runs" in said
    assert "first: 2 steps executed in 4.0 s" in said
    assert "second: train from the cache; second: export not executed" in said
    assert "first: train" not in said
