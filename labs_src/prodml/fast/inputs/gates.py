"""Concurrency without a clock: a `Gate` holds whoever calls until enough callers are inside at once.

A pipeline that asks one after the other is noticed because nobody else comes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

QUIET = 1.0  # seconds without a new caller after which nobody else is expected; only wrong answers meet it
SETTLE = 0.05  # seconds in which callers beyond those asked for show themselves


class Gate:
    """Counts callers, and holds the first of them until `until` are inside at once.

    It opens once and for good: when they are inside, or when nobody new came for `quiet` seconds.

    Attributes:
        calls: how many callers have come.
        most: the most that were inside at the same time.
        gave_up: whether it opened although fewer than `until` came.
    """

    def __init__(self, until: int = 1, *, quiet: float = QUIET, settle: float = SETTLE) -> None:
        self.until, self.quiet, self.settle = until, quiet, settle
        self.calls = self.most = self._inside = 0
        self.gave_up = False
        self._open = until <= 1
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        with self._changed:
            self.calls += 1
            self._inside += 1
            self.most = max(self.most, self._inside)
            self._changed.notify_all()
            if not self._open:
                self._hold()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._changed:
            self._inside -= 1

    def reached(self, calls: int) -> int:
        """Wait until so many callers have come, or nobody new comes; return how many have."""
        with self._changed:
            wait_while_new(self._changed, lambda: self.calls, lambda: self.calls >= calls, self.quiet)
            return self.calls

    def settled(self) -> int:
        """Wait until nobody new has come for a short while; return how many have."""
        with self._changed:
            wait_while_new(self._changed, lambda: self.calls, lambda: False, 2 * self.settle)
            return self.calls

    def _hold(self) -> None:
        enough = wait_while_new(
            self._changed, lambda: self.calls, lambda: self._open or self._inside >= self.until, self.quiet
        )
        if enough:
            self._changed.wait_for(lambda: self._open, self.settle)
        if not self._open:
            self._open, self.gave_up = True, not enough
            self._changed.notify_all()


def wait_while_new(
    changed: threading.Condition, count: Callable[[], int], enough: Callable[[], bool], quiet: float
) -> bool:
    """Wait until `enough()`, as long as `count()` still grows within `quiet` seconds; return `enough()`."""
    while not enough():
        seen = count()
        if not changed.wait_for(lambda: enough() or count() > seen, quiet):  # noqa: B023 (called at once)
            break
    return enough()
