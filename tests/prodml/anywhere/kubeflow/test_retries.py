"""Does a faulty step fail when told to, and remember what was done to it?"""

from __future__ import annotations

import pytest

from prodml.anywhere.kubeflow.retries import ROWS, Clock, FaultyStep, write_rows
from prodml.runtime.processes import Group, Program


def test_a_failed_attempt_leaves_half_its_rows() -> None:
    """Do folders that are used twice keep the rows of both attempts?"""
    step = FaultyStep([TimeoutError("slow")])
    with pytest.raises(TimeoutError, match="slow"):
        step.run("a")
    step.run("a")
    step.run("b")
    assert (step.runs, step.rows, step.seen) == (["a", "a", "b"], {"a": 15, "b": 10}, None)
    step.publish("a")
    assert step.seen == 15


def test_publishing_can_fail_afterwards() -> None:
    """Is the folder published although the answer got lost?"""
    step = FaultyStep(publishing=ConnectionError("dropped"))
    step.run("a")
    with pytest.raises(ConnectionError, match="dropped"):
        step.publish("a")
    assert (step.published, step.seen) == (["a"], 10)


def test_a_clock_only_writes_down() -> None:
    """Are waits kept in their order?"""
    clock = Clock()
    clock.sleep(1)
    clock.sleep(2)
    assert clock.waits == [1.0, 2.0]


def test_a_real_step_dies_after_a_row(tmp_path) -> None:
    """Does the process end itself after that row, and does the file keep all rows up to it?"""
    path = tmp_path / "rows"
    with Group({"step": Program("prodml.anywhere.kubeflow.retries:write_rows", [str(path), 599])}) as group:
        assert group["step"].wait() == -9
    assert path.read_text().split() == [str(i) for i in range(600)]
    write_rows(str(path), None)
    assert len(path.read_text().split()) == 600 + ROWS
