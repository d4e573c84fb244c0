"""Does the fake cluster lose what a real one loses, and count what is asked?"""

from __future__ import annotations

import contextlib

import pytest

from prodml.fast.distributed.coordinators import PATIENCE, FakeCluster


def test_steps_run_later() -> None:
    """Is `read` without `join` incomplete, noticed, and complete after it?"""
    cluster = FakeCluster()
    cluster.connect()
    for step in (2, 0, 1, 3):
        cluster.schedule(step)
    assert cluster.read() == [0, 2]
    assert cluster.early == 1
    cluster.join()
    assert cluster.read() == [0, 1, 2, 3]
    assert (cluster.early, cluster.most, cluster.joins) == (1, 4, 1)


def test_a_loss() -> None:
    """Are weights and waiting steps gone, and does only a new cluster help?"""
    cluster = FakeCluster(losses=[1])
    cluster.connect()
    cluster.schedule(0)
    cluster.join()
    cluster.schedule(1)
    with pytest.raises(ConnectionError, match="lost"):
        cluster.join()
    for use in (lambda: cluster.schedule(1), cluster.join, cluster.read, lambda: cluster.restore([0])):
        with pytest.raises(ConnectionError, match="no cluster"):
            use()
    cluster.connect()
    assert cluster.read() == []
    cluster.restore([0])
    assert cluster.read() == [0]
    assert cluster.scheduled == [0, 1]


def test_stubborn() -> None:
    """Does trying for ever end?"""
    cluster = FakeCluster()
    for _ in range(PATIENCE):
        with pytest.raises(ConnectionError):
            cluster.join()
    with pytest.raises(RuntimeError):
        cluster.join()
    assert cluster.stubborn


@pytest.mark.parametrize(("where", "calls"), [("at_schedules", "schedule"), ("at_reads", "read")])
def test_a_loss_in_another_call(where: str, calls: str) -> None:
    """Can a server be lost while a step is scheduled or weights are read, and is it lost once?"""
    cluster = FakeCluster(**{where: [1]})
    for _ in range(2):
        cluster.connect()
        cluster.schedule(0)
        cluster.join()
        cluster.read()
        with contextlib.suppress(ConnectionError):
            cluster.schedule(1) if calls == "schedule" else cluster.read()
            break
        with pytest.raises(ConnectionError, match="no cluster"):
            cluster.join()
    assert cluster.connects == 2
    assert cluster.join() is None
