"""Do workers in threads exchange what they should, is it counted, and does nobody wait for ever?"""

from __future__ import annotations

import numpy as np
import pytest

from prodml.fast.distributed.relay import AllReduce, Ring


def test_ring_passes_on_and_counts() -> None:
    """Does each worker get what its left neighbour sent, and are bytes and calls counted by rank?"""
    ring = Ring(3)

    def work(rank: int) -> list[int]:
        send, receive = ring.ends(rank)
        send(np.full(rank + 1, rank, dtype=np.int16))
        return receive().tolist()

    assert ring.run(work) == [[2, 2, 2], [0], [1, 1]]
    assert ring.sent == [2, 4, 6]
    assert ring.calls == [1, 1, 1]
    assert ring.stuck is None
    assert ring.left_over == 0


def test_messages_are_copies_in_order() -> None:
    """Does a sender that changes its array afterwards change nothing, and does the first sent come first?"""
    ring = Ring(2)

    def work(rank: int) -> list[float]:
        send, receive = ring.ends(rank)
        x = np.zeros(1)
        for i in range(3):
            x[0] = i
            send(x)
        return [float(receive()[0]) for _ in range(3)]

    assert ring.run(work) == [[0, 1, 2], [0, 1, 2]]


def test_all_wait() -> None:
    """Are workers that all wait for a message told so?"""
    ring = Ring(3)
    assert ring.run(lambda rank: ring.ends(rank)[1]()) == [None, None, None]
    assert ring.stuck == "worker 0, worker 1, worker 2"
    assert ring.run(lambda rank: rank) == [0, 1, 2]
    assert ring.stuck is None


def test_one_returns_early() -> None:
    """Is it noticed when the one who should send has returned?"""
    ring = Ring(2)
    assert ring.run(lambda rank: ring.ends(rank)[1]() if rank else "done") == ["done", None]
    assert ring.stuck == "worker 1"


def test_left_over() -> None:
    """Does a message that nobody receives show?"""
    ring = Ring(2)
    ring.run(lambda rank: ring.ends(rank)[0]([1.0]))
    assert ring.left_over == 2


def test_an_error_says_more_than_its_consequences() -> None:
    """Is a worker's own error raised, not that of those who waited for it?"""
    ring = Ring(2)

    def work(rank: int) -> None:
        if rank == 0:
            raise KeyError("mine")
        ring.ends(rank)[1]()

    with pytest.raises(KeyError, match="mine"):
        ring.run(work)


def test_only_numbers_travel() -> None:
    """Is what is no array of numbers refused?"""
    ring = Ring(2)
    with pytest.raises(TypeError, match="arrays of numbers, not str"):
        ring.run(lambda rank: ring.ends(rank)[0]("text"))


def test_all_reduce() -> None:
    """Does everybody get the sum, the same bits for all, over several rounds?"""
    meeting = AllReduce(4)
    x = np.random.default_rng(0).normal(size=(4, 9))

    def work(rank: int) -> list[bytes]:
        all_reduce = meeting.of(rank)
        return [all_reduce(x[rank]).tobytes(), all_reduce(2 * x[rank]).tobytes()]

    got = meeting.run(work)
    assert all(g == got[0] for g in got)
    assert np.allclose(np.frombuffer(got[0][0]), x.sum(axis=0))
    assert np.allclose(np.frombuffer(got[0][1]), 2 * x.sum(axis=0))
    assert meeting.calls == [2, 2, 2, 2]
    assert meeting.sent == [144] * 4


def test_all_reduce_of_scalars() -> None:
    """Does a scalar stay one?"""
    meeting = AllReduce(2)
    assert meeting.run(lambda rank: float(meeting.of(rank)(rank + 1.0))) == [3.0, 3.0]


def test_all_reduce_without_one() -> None:
    """Is it noticed when a worker does not take part?"""
    meeting = AllReduce(3)
    assert meeting.run(lambda rank: meeting.of(rank)([1.0]) if rank != 1 else 5) == [None, 5, None]
    assert meeting.stuck == "worker 0, worker 2"


def test_all_reduce_of_unequal_shapes() -> None:
    """Are unequal shapes an error?"""
    meeting = AllReduce(2)
    with pytest.raises(ValueError, match="one shape"):
        meeting.run(lambda rank: meeting.of(rank)(np.zeros(rank + 1)))


def test_groups_are_summed_apart() -> None:
    """Does each worker get the sum of its own group only, though all wait for all?"""
    meeting = AllReduce(4, groups=["a", "b", "a", "b"])
    assert meeting.run(lambda rank: meeting.of(rank)(np.array([10**rank])).tolist()) == [[101], [1010], [101], [1010]]
    assert meeting.calls == [1, 1, 1, 1]
