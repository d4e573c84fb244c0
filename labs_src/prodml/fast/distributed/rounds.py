"""The rounds of a ring, from the messages that somebody's own functions sent: read, added up, drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prodml.fast.distributed.relay import Ring
from prodml.lab import plots

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.0  # inches of a picture
PANELS = 7  # that stand side by side at most


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
        ValueError: a message is no single piece.
    """
    ring, base = Ring(workers), 2**workers
    sent: list[list[float]] = [[] for _ in range(workers)]

    def work(rank: int) -> Any:
        send, receive = ring.ends(rank)

        def noted(array: Any) -> None:
            numbers = np.ravel(array)
            if len(numbers) != 1 or not 1 <= numbers[0] < base**workers:
                raise ValueError(f"Worker {rank} has sent {numbers.tolist()}, which is no single piece.")
            sent[rank].append(float(numbers[0]))
            send(array)

        return all_reduce(2.0**rank * float(base) ** np.arange(workers), rank, workers, noted, receive)

    ring.run(work)
    if ring.stuck is not None:
        raise RuntimeError(f"Left waiting for a message that nobody will send any more: {ring.stuck}.")
    return [
        [_read(rank, numbers[turn], base) for rank, numbers in enumerate(sent)] for turn in range(min(map(len, sent)))
    ]


def held(rounds: list[list[Message]]) -> NDArray[np.int64]:
    """How many workers' numbers each worker has in each piece: [rounds + 1, workers, pieces]; 0: before any."""
    workers = len(rounds[0])
    numbers = [[{rank} for _ in range(workers)] for rank in range(workers)]
    counts = [[[1] * workers for _ in range(workers)]]
    for messages in rounds:
        for m in messages:
            receiver = (m.sender + 1) % workers
            numbers[receiver][m.piece] = {receiver, *m.holds}
        counts.append([[len(piece) for piece in row] for row in numbers])
    return np.array(counts)


def draw_rounds(rounds: list[list[Message]], title: str) -> None:
    """Draw each round: workers on a circle, and on each arrow the piece and whose numbers are in it."""
    columns = min(3, len(rounds))
    rows = -(-len(rounds) // columns)
    fig = _empty((2.5 * columns, 2.5 * rows + 0.3), title)
    for at, messages in enumerate(rounds, 1):
        _draw_ring(fig.add_subplot(rows, columns, at), messages)
        fig.axes[-1].set_title(f"round {at}", fontsize=10)
    words = (
        f"Round {at}: "
        + ", ".join(f"worker {m.sender} sends piece {m.piece} of {len(m.holds)} workers" for m in messages)
        for at, messages in enumerate(rounds, 1)
    )
    plots.show(fig, alt=f"{title}. {'. '.join(words)}.")


def draw_held(rounds: list[list[Message]]) -> None:
    """Draw after each round, for each worker and piece, how many workers' numbers are in it."""
    counts = held(rounds)
    workers = counts.shape[1]
    whole = (counts == workers).sum(axis=2)
    one, all_of_them = (_first(whole.min(axis=1) >= enough) for enough in (1, workers))
    title = f"{workers} workers: one complete piece each after {one}, all pieces after {all_of_them}"
    columns = len(counts) if len(counts) <= PANELS else -(-len(counts) // 2)
    rows, side = -(-len(counts) // columns), WIDTH / columns
    fig = _empty((WIDTH, rows * (min(side, 1.6) + 0.3) + 0.7), title)
    for at, grid in enumerate(counts):
        ax = fig.add_subplot(rows, columns, at + 1)
        ax.imshow(grid, cmap="Blues", vmin=0, vmax=2.2 * workers)
        for (y, x), count in np.ndenumerate(grid):
            weight = "bold" if count == workers else "normal"
            ax.text(x, y, str(count), ha="center", va="center", fontsize=8, weight=weight)
        ax.set_title("before" if at == 0 else f"round {at}", fontsize=9)
        ax.set_xticks(range(workers))
        ax.set_yticks(range(workers) if at % columns == 0 else [])
        ax.tick_params(length=0, labelsize=8)
        ax.grid(False)
    fig.supxlabel("piece", fontsize=9)
    fig.supylabel("worker", fontsize=9)
    alt = f"After each round, of how many workers the numbers are, by worker and piece. {title}."
    plots.show(fig, alt=alt)


def _read(sender: int, number: float, base: int) -> Message:
    piece = int(math.log(number, base) + 1e-9)
    bits = round(number / base**piece)
    return Message(sender, piece, tuple(rank for rank in range(base.bit_length()) if bits >> rank & 1))


def _first(reached: NDArray[np.bool_]) -> str:
    turns = np.flatnonzero(reached)
    if not len(turns):
        return "no round"
    return "1 round" if turns[0] == 1 else f"{turns[0]} rounds"


def _empty(size: tuple[float, float], title: str) -> Figure:
    fig, whole = plots.figure("", figsize=size)
    whole.remove()
    fig.suptitle(title, x=0.01, ha="left", fontsize=12)
    return fig


def _draw_ring(ax: Axes, messages: list[Message]) -> None:
    angles = np.pi / 2 - 2 * np.pi * np.arange(len(messages)) / len(messages)
    places = np.column_stack([np.cos(angles), np.sin(angles)])
    for m in messages:
        start, end = places[m.sender], places[(m.sender + 1) % len(messages)]
        whole_sum = len(m.holds) == len(messages)
        colour = plots.BLUE if whole_sum else plots.GREY
        arrow = {"arrowstyle": "-|>", "color": colour, "shrinkA": 13, "shrinkB": 13, "linewidth": 1.5}
        ax.annotate("", end, start, arrowprops=arrow)
        x, y = 0.82 * (start + end)
        said = "all" if whole_sum else "+".join(map(str, m.holds))
        ax.text(x, y, f"{m.piece}: {said}", ha="center", va="center", fontsize=9, color=colour)
    for rank, (x, y) in enumerate(places):
        circle = {"boxstyle": "circle", "fc": "#E5E5E5", "ec": "none"}
        ax.text(x, y, str(rank), ha="center", va="center", bbox=circle)
    ax.set_xlim(-1.55, 1.55)
    ax.set_ylim(-1.3, 1.3)
    ax.set_aspect("equal")
    ax.axis("off")
