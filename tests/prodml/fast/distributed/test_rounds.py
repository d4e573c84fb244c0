"""Are the rounds of a ring read from the messages, and drawn as they were sent?"""

import numpy as np
import pytest

from prodml.fast.distributed.all_reduce import piece
from prodml.fast.distributed.rounds import Message, draw_held, draw_rounds, held, rounds_of
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


def test_what_is_no_single_piece_is_refused():
    def whole(x, rank, workers, send, receive):
        send(x)
        return receive()

    with pytest.raises(ValueError, match="no single piece"):
        rounds_of(whole, 3)


@pytest.mark.parametrize("workers", [2, 3, 6])
def test_sums_are_complete_when_they_should_be(workers):
    """Has everybody one complete piece, number rank + 1, after N - 1 rounds, and all after 2(N - 1)?"""
    counts = held(rounds_of(ring_all_reduce, workers))
    assert counts.shape == (2 * workers - 1, workers, workers)
    assert (counts[0] == 1).all()
    ranks = np.arange(workers)
    assert (counts[workers - 1] == workers).sum() == workers
    assert (counts[workers - 1][ranks, (ranks + 1) % workers] == workers).all()
    assert (counts[-1] == workers).all()
    assert not (counts[-2] == workers).all()


@pytest.mark.parametrize("workers", [2, 4, 6])
def test_what_is_held_has_a_panel_per_round(monkeypatch, workers):
    shown = {}
    monkeypatch.setattr(plots, "show", lambda fig, *, alt: shown.update(fig=fig, alt=alt))
    draw_held(rounds_of(ring_all_reduce, workers))
    panels = shown["fig"].axes
    assert len(panels) == 2 * workers - 1
    assert [text.get_text() for text in panels[-1].texts] == [str(workers)] * workers**2
    first = "1 round" if workers == 2 else f"{workers - 1} rounds"
    assert f"one complete piece each after {first}, all pieces after {2 * workers - 2} rounds" in shown["alt"]
