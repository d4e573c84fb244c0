"""Are the rounds of a ring read from the messages, and drawn as they were sent?"""

import numpy as np
import pytest

from prodml.fast.distributed.all_reduce import piece
from prodml.fast.distributed.rounds import Message, draw_rounds, rounds_of
from prodml.lab import plots


def ring_all_reduce(x, rank, workers, send, receive):
    size = len(x)
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank - turn)])
        x[piece(size, workers, rank - turn - 1)] += receive()
    for turn in range(workers - 1):
        send(x[piece(size, workers, rank + 1 - turn)])
        x[piece(size, workers, rank - turn)] = receive()
    return x


@pytest.mark.parametrize("workers", [2, 3, 4, 5])
def test_every_message_is_read(workers):
    """Do sums grow by one worker a round, and are the finished pieces those that go round afterwards?"""
    rounds = rounds_of(ring_all_reduce, workers)
    assert [len(m.holds) for messages in rounds for m in messages[:1]] == [
        *range(1, workers),
        *[workers] * (workers - 1),
    ]
    assert rounds[0] == [Message(rank, rank, (rank,)) for rank in range(workers)]
    for messages in rounds:
        assert sorted(m.piece for m in messages) == list(range(workers))


def test_who_waits_for_ever_is_told():
    def waits(x, rank, workers, send, receive):
        return receive()

    with pytest.raises(RuntimeError, match="Left waiting"):
        rounds_of(waits, 3)


def test_the_picture_has_a_panel_per_round(monkeypatch):
    shown = {}
    monkeypatch.setattr(plots, "show", lambda fig, *, alt: shown.update(fig=fig, alt=alt))
    draw_rounds(rounds_of(ring_all_reduce, 3), "A ring of three")
    assert [ax.get_title(loc="left") for ax in shown["fig"].axes] == [f"round {i}" for i in (1, 2, 3, 4)]
    texts = [t.get_text() for t in shown["fig"].axes[1].texts]
    assert "2: 0+2" in texts
    assert shown["alt"].startswith("A ring of three. Round 1: worker 0 sends piece 0 of 1 workers")
    assert np.isfinite(shown["fig"].get_figwidth())
