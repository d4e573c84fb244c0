"""Do real processes form a ring, count what they send, and end when one of them does?"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import numpy as np
import pytest

from prodml.fast.distributed.all_reduce import ring_bytes
from prodml.runtime.processes import GroupError
from prodml.runtime.processes.ring import ring_group, run_ring
from prodml.runtime.processes.shipped import ship, unpack

cloudpickle.register_pickle_by_value(sys.modules[__name__])  # processes cannot import a test


def naive(x: Any, rank: int, workers: int, send: Callable[..., None], receive: Callable[..., Any]) -> Any:
    """Whole arrays go round: (N−1) times the data. Added up by rank, so that all get the same bits."""
    came = {rank: x}
    for turn in range(workers - 1):
        send(came[(rank - turn) % workers])
        came[(rank - turn - 1) % workers] = receive()
    return sum(came[r] for r in range(workers))


def endless(x: Any, rank: int, workers: int, send: Callable[..., None], receive: Callable[..., Any]) -> Any:
    while True:
        naive(x, rank, workers, send, receive)


def failing(x: Any, rank: int, workers: int, send: Callable[..., None], receive: Callable[..., Any]) -> Any:
    if rank == 1:
        raise ValueError("as asked for")
    return naive(x, rank, workers, send, receive)


@pytest.mark.parametrize(("workers", "size"), [(2, 5), (3, 200_001)])
def test_reports(programs: Path, workers: int, size: int) -> None:
    """Are bytes counted, results equal in all processes and right? Arrays larger than a socket's buffer too."""
    reports = run_ring(naive, workers, size, rounds=2)
    assert [r.rank for r in reports] == list(range(workers))
    assert {r.sent for r in reports} == {(workers - 1) * 4 * size}
    assert {r.messages for r in reports} == {workers - 1}
    assert len({r.digest for r in reports}) == 1
    assert max(r.error for r in reports) < 1e-5
    assert reports[0].sent == pytest.approx(ring_bytes(4 * size, workers) * workers / 2)
    assert not list((programs / "temporary").iterdir())


def test_one_fails(programs: Path) -> None:
    """Do the others end too, and is there an error with a log?"""
    with pytest.raises(GroupError, match="of the ring failed"):
        run_ring(failing, 3, 1000)
    assert not list((programs / "temporary").iterdir())


def test_one_is_killed(programs: Path) -> None:
    """Do the others notice, and does nobody wait for ever?"""
    with ring_group(endless, 3, 50_000) as group:
        time.sleep(1)
        assert all(group[name].poll() is None for name in group)
        group["worker1"].kill()
        assert group["worker1"].wait() == -9
        assert [group[name].wait(30) for name in ("worker0", "worker2")] == [1, 1]
        assert "ConnectionError: the left neighbour has hung up" in group.log("worker2")
    assert not list((programs / "temporary").iterdir())


def test_ship() -> None:
    """Does a function travel with what it uses, and is too much refused?"""
    factor = 3
    assert unpack(ship(lambda x: factor * x))(14) == 42
    large = np.zeros(100_000)
    with pytest.raises(GroupError, match="pass a path"):
        ship(lambda: large)
