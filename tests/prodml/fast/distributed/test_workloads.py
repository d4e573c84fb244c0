"""Do the prices agree with a simulation of a ring and of workers, and is every verdict the one that was drawn?"""

from __future__ import annotations

import math

import numpy as np
import pytest

from prodml.fast.distributed.workloads import (
    CLEAR,
    PS,
    VERDICTS,
    all_reduce_seconds,
    draw,
    margin,
    parameter_server_seconds,
    verdict,
)

USUAL = {
    "workers": 4,
    "servers": 2,
    "dense": 100,
    "embedding": 300,
    "touched": 1,
    "memory": 16_000,
    "bandwidth": 1000,
    "compute": 0.2,
    "slowest": 3.0,
    "extra": 1.0,
}


def test_ring_by_messages() -> None:
    """Does counting the messages of a ring, chunk by chunk, give the same seconds?"""
    workers, megabytes = 4, 400
    sent = sum(megabytes / workers for _ in range(2 * (workers - 1)))
    assert all_reduce_seconds(USUAL) == pytest.approx(0.2 * 3 + sent / 1000)
    assert math.isinf(all_reduce_seconds({**USUAL, "embedding": 16_000}))


def test_workers_by_events() -> None:
    """Do four simulated workers, one of them slow, finish batches at that rate?"""
    moved = 2 * 101 / 1000
    periods = [0.2 + moved] * 3 + [0.6 + moved]
    batches = sum(int(10_000 / period) for period in periods)
    many = {**USUAL, "servers": 1000}
    assert parameter_server_seconds(many) == pytest.approx(4 * 10_000 / batches, rel=1e-3)
    one = {**USUAL, "servers": 1}
    assert parameter_server_seconds(one) == pytest.approx(4 * moved)
    assert parameter_server_seconds({**one, "extra": 1.5}) == pytest.approx(6 * moved)


@pytest.mark.parametrize("wanted", VERDICTS)
def test_drawn(wanted: tuple[str, str]) -> None:
    """Is it that verdict, clearly, and does asking what-if give the reason?"""
    generator = np.random.default_rng(3)
    for _ in range(50):
        w = draw(wanted, generator)
        assert verdict(w) == wanted
        assert margin(w) >= CLEAR
        best = min(all_reduce_seconds(w), parameter_server_seconds(w))
        mine = parameter_server_seconds(w) if wanted[0] == PS else all_reduce_seconds(w)
        assert mine == best
        if wanted[1] == "staleness":
            assert parameter_server_seconds({**w, "extra": 1}) < best
        if wanted[1] == "stragglers":
            assert all_reduce_seconds({**w, "slowest": 1}) < parameter_server_seconds({**w, "slowest": 1})


def test_no_such_verdict() -> None:
    """Is a verdict that does not exist an error, and no endless search?"""
    with pytest.raises(ValueError, match="none of"):
        draw((PS, "staleness"), np.random.default_rng())
