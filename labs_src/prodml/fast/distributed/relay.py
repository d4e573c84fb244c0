"""Workers in threads that talk through an object which counts: neighbours of a ring, or everybody in an all-reduce.

    ring = Ring(4)
    results = ring.run(lambda rank: my_all_reduce(parts[rank], rank, 4, *ring.ends(rank)))
    ring.sent  # bytes by rank

Nothing is timed. Who waits for something that can never come is recognised by counting: when every worker that has
not returned is waiting, all of them are told so, and `stuck` says in words who waited.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Workers:
    """Runs a function once per worker, each in a thread of its own.

    Attributes:
        workers: how many.
        sent: bytes that each worker has handed over. calls: how often each has.
        stuck: None, or who waited in vain: "worker 0, worker 2".
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.sent, self.calls = [0] * workers, [0] * workers
        self.stuck: str | None = None
        self._changed = threading.Condition()
        self._running: set[int] = set()
        self._waiting: dict[int, Callable[[], bool]] = {}

    def run(self, work: Callable[[int], Any]) -> list[Any]:
        """`work(rank)` for every rank at once; the results by rank, None for who was stuck.

        Raises:
            Exception: the first that a worker raised, unless they are stuck: then look at `stuck`.
        """
        results: list[Any] = [None] * self.workers
        errors: list[Exception] = []

        def one(rank: int) -> None:
            try:
                results[rank] = work(rank)
            except Exception as error:
                errors.append(error)
            finally:
                self._leave(rank)

        self.stuck, self._running = None, set(range(self.workers))
        threads = [threading.Thread(target=one, args=(rank,), daemon=True) for rank in range(self.workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors and self.stuck is None:
            raise errors[0]
        # Who fails leaves the others waiting: its own error says more than theirs.
        others = [error for error in errors if STUCK not in str(error)]
        if others:
            self.stuck = None
            raise others[0]
        return results

    def _hand_over(self, rank: int, x: Any) -> Array:
        """A copy of what a worker gives away, counted.

        Raises:
            TypeError: it is no array of numbers.
        """
        array = np.array(x)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"workers exchange arrays of numbers, not {type(x).__name__}")
        self.sent[rank] += array.nbytes
        self.calls[rank] += 1
        return array

    def _wait(self, rank: int, ready: Callable[[], bool]) -> None:
        """Until `ready()`; called with `_changed` held."""
        self._waiting[rank] = ready
        self._look()
        self._changed.wait_for(lambda: ready() or self.stuck is not None)
        del self._waiting[rank]
        if not ready():
            raise RuntimeError(f"{STUCK}: {self.stuck}")

    def _leave(self, rank: int) -> None:
        with self._changed:
            self._running.discard(rank)
            self._look()

    def _look(self) -> None:
        """Is everybody who has not returned waiting for what cannot come?"""
        all_wait = bool(self._running) and self._running == set(self._waiting)
        if self.stuck is None and all_wait and not any(ready() for ready in self._waiting.values()):
            self.stuck = ", ".join(f"worker {rank}" for rank in sorted(self._waiting))
        self._changed.notify_all()


STUCK = "nobody will answer any more"


class Ring(Workers):
    """Every worker sends to its right neighbour, rank + 1, and receives from its left one; sending never waits."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self._queues: list[deque[Array]] = [deque() for _ in range(workers)]

    def ends(self, rank: int) -> tuple[Callable[[Any], None], Callable[[], Array]]:
        """The functions `send(array)` and `receive()` of one worker."""
        right, queue = self._queues[(rank + 1) % self.workers], self._queues[rank]

        def send(array: Any) -> None:
            handed = self._hand_over(rank, array)
            with self._changed:
                right.append(handed)
                self._changed.notify_all()

        def receive() -> Array:
            with self._changed:
                self._wait(rank, lambda: bool(queue))
                return queue.popleft()

        return send, receive

    @property
    def left_over(self) -> int:
        """Messages that were sent and that nobody has received."""
        return sum(map(len, self._queues))


class AllReduce(Workers):
    """Every worker hands over an array of one shape, waits for the others, and gets the sum.

    Args:
        groups: of each worker, the name of the group that it is summed with; not given: all are one group. Who calls
            cannot see which is his, so that only the sum can tell him what the others of his group have.
    """

    def __init__(self, workers: int, groups: Sequence[Hashable] | None = None) -> None:
        super().__init__(workers)
        self._groups = list(groups) if groups is not None else [0] * workers
        self._rounds: list[dict[int, Array]] = []

    def of(self, rank: int) -> Callable[[Any], Any]:
        """The function `all_reduce(array)` of one worker."""

        def all_reduce(array: Any) -> Any:
            handed = self._hand_over(rank, array)
            with self._changed:
                number = self.calls[rank] - 1
                if number == len(self._rounds):
                    self._rounds.append({})
                given = self._rounds[number]
                given[rank] = handed
                self._changed.notify_all()
                self._wait(rank, lambda: len(given) == self.workers)
            shapes = {x.shape for x in given.values()}
            if len(shapes) > 1:
                raise ValueError(f"in one all-reduce all arrays have one shape, these have {sorted(shapes)}")
            # In the order of the ranks, whoever came first: all get the same bits.
            return sum(given[r] for r in range(self.workers) if self._groups[r] == self._groups[rank])

        return all_reduce
