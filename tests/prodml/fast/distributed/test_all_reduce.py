"""Does the cost model say what papers and arithmetic say?"""

from __future__ import annotations

import numpy as np
import pytest

from prodml.fast.distributed.all_reduce import (
    REAL,
    central_seconds,
    efficiency,
    piece,
    ring_bytes,
    ring_seconds,
    step_seconds,
)


@pytest.mark.parametrize(("size", "pieces"), [(10, 4), (8, 4), (3, 5), (0, 2), (1_000_003, 4)])
def test_pieces_cover_the_array(size: int, pieces: int) -> None:
    """Does each element lie in exactly one piece, and do sizes differ by at most one?"""
    parts = [np.arange(size)[piece(size, pieces, i)] for i in range(pieces)]
    assert np.array_equal(np.concatenate(parts), np.arange(size))
    lengths = [len(part) for part in parts]
    assert max(lengths) - min(lengths) <= 1
    assert piece(size, pieces, -1) == piece(size, pieces, pieces - 1) == piece(size, pieces, 2 * pieces - 1)


def test_no_pieces() -> None:
    """Is less than one piece an error?"""
    with pytest.raises(ValueError, match="at least one piece"):
        piece(3, 0, 0)


def test_bytes_by_simulation() -> None:
    """Is 2(N-1)/N what workers send who follow the schedule of the ring?"""
    for workers in (2, 3, 7):
        lengths = [len(range(1001)[piece(1001, workers, i)]) for i in range(workers)]
        rounds = range(workers - 1)
        sent = [
            sum(lengths[(r - t) % workers] + lengths[(r + 1 - t) % workers] for t in rounds) for r in range(workers)
        ]
        assert np.mean(sent) == pytest.approx(ring_bytes(1001, workers))


def test_goyal_2017() -> None:
    """The paper's own sum: 100 MB of gradients in the 125 ms of the backward pass need 12.8 Gbit/s."""
    bandwidth = 12.8e9 / 8
    assert ring_seconds(100e6, 256, bandwidth, 0) == pytest.approx(0.125, rel=0.01)


def test_seconds() -> None:
    """Latency counts per message; a ring of one sends nothing; the root's link carries everything."""
    assert ring_seconds(1e6, 1, 1e9, 1e-3) == 0 == central_seconds(1e6, 1, 1e9, 1e-3)
    assert ring_seconds(0, 5, 1e9, 1e-3) == pytest.approx(8e-3)
    assert central_seconds(1e6, 5, 1e9, 0) == pytest.approx(8e-3)
    assert ring_seconds(1e6, 2, 1e9, 0) * 2 == pytest.approx(central_seconds(1e6, 2, 1e9, 0))


def test_hidden_communication() -> None:
    """Does only what is not hidden cost time?"""
    assert step_seconds(1.0, 0.5) == 1.5
    assert step_seconds(1.0, 0.5, hidden=0.2) == 1.3
    assert step_seconds(1.0, 0.5, hidden=0.9) == 1.0
    assert efficiency(1.0, 1.0) == 0.5


@pytest.mark.parametrize("cluster", REAL, ids=lambda c: c.name)
def test_published_figures_lie_in_between(cluster) -> None:
    """Is what was measured between nothing hidden and all of the backward pass (two thirds) hidden?"""
    assert cluster.predicted(0) <= cluster.measured <= cluster.predicted(2 / 3)


def test_parameters_of_keras() -> None:
    """Are the sizes those of Keras Applications, as its documentation rounds them?"""
    assert {c.name: c.parameters for c in REAL} == {"Inception V3": 23.9, "VGG-16": 138.4}
