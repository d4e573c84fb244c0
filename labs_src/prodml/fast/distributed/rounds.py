"""The rounds of a ring, from the messages that somebody's own functions sent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from prodml.fast.distributed.relay import Ring
from prodml.lab import plots


@dataclass(frozen=True)
class Message:
    """What one worker sent to its right neighbour in one round.

    Attributes:
        piece: number of the piece that travelled.
        holds: the workers whose numbers are in it.
    """

    sender: int
    piece: int
    holds: tuple[int, ...]


def rounds_of(all_reduce: Callable[..., Any], workers: int) -> list[list[Message]]:
    """Run `all_reduce(x, rank, workers, send, receive)` on a ring, one number a piece, and read what was sent.

    Worker r begins with 2^r in each of its pieces, and piece i is multiplied by (2^workers)^i: a message's number tells
    which piece it is, and whose numbers are in it.

    Returns:
        Round by round, the messages in the order of their senders.

    Raises:
        RuntimeError: workers were left waiting for one another.
    """
    ring, base = Ring(workers), 2**workers
    sent: list[list[float]] = [[] for _ in range(workers)]

    def work(rank: int) -> Any:
        send, receive = ring.ends(rank)

        def noted(array: Any) -> None:
            sent[rank].append(float(np.asarray(array)[0]))
            send(array)

        return all_reduce(2.0**rank * float(base) ** np.arange(workers), rank, workers, noted, receive)

    ring.run(work)
    if ring.stuck is not None:
        raise RuntimeError(f"Left waiting for a message that nobody will send any more: {ring.stuck}.")
    return [
        [_read(rank, numbers[turn], base) for rank, numbers in enumerate(sent)] for turn in range(min(map(len, sent)))
    ]


def _read(sender: int, number: float, base: int) -> Message:
    piece = int(math.log(number, base) + 1e-9)
    bits = round(number / base**piece)
    return Message(sender, piece, tuple(rank for rank in range(base.bit_length()) if bits >> rank & 1))


def draw_rounds(rounds: list[list[Message]], title: str) -> None:
    """Draw each round: workers on a circle, and on each arrow the piece and whose numbers are in it."""
    columns = -(-len(rounds) // 2)
    fig, whole = plots.figure("", figsize=(2.9 * columns, 5.6))
    whole.remove()
    fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    for at, messages in enumerate(rounds, 1):
        ax = fig.add_subplot(2, columns, at)
        angles = np.pi / 2 - 2 * np.pi * np.arange(len(messages)) / len(messages)
        places = np.column_stack([np.cos(angles), np.sin(angles)])
        for m in messages:
            start, end = places[m.sender], places[(m.sender + 1) % len(messages)]
            whole_sum = len(m.holds) == len(messages)
            colour = plots.BLUE if whole_sum else plots.GREY
            arrow = {"arrowstyle": "-|>", "color": colour, "shrinkA": 13, "shrinkB": 13, "linewidth": 1.5}
            ax.annotate("", end, start, arrowprops=arrow)
            x, y = 0.74 * (start + end)
            said = "all" if whole_sum else "+".join(map(str, m.holds))
            ax.text(x, y, f"{m.piece}: {said}", ha="center", va="center", fontsize=9, color=colour)
        for rank, (x, y) in enumerate(places):
            ax.text(
                x, y, str(rank), ha="center", va="center", bbox={"boxstyle": "circle", "fc": "#E5E5E5", "ec": "none"}
            )
        ax.set_title(f"round {at}", fontsize=10)
        ax.set_xlim(-1.45, 1.45)
        ax.set_ylim(-1.3, 1.3)
        ax.set_aspect("equal")
        ax.axis("off")
    words = (
        f"Round {at}: "
        + ", ".join(f"worker {m.sender} sends piece {m.piece} of {len(m.holds)} workers" for m in messages)
        for at, messages in enumerate(rounds, 1)
    )
    plots.show(fig, alt=f"{title}. {'. '.join(words)}.")
