"""`slow`: says what takes long before it begins, shows how far it is, and how long it took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from types import TracebackType
from typing import Any, TypeVar

from prodml.errors import UsageError
from prodml.grading import grading
from prodml.lab.output import in_notebook
from prodml.lab.progress_bars import Mime, Steps, ended, running

T = TypeVar("T")
Clock = Callable[[], float]

TICK = 1.0  # seconds between two updates


class slow:  # noqa: N801 (it reads as a function)
    """`with slow("Trains four models", seconds=20):` around what takes more than five seconds.

    In a notebook it shows a bar against the estimate; elsewhere, and while grading, nothing. Errors pass through.
    A thread of this process moves the bar until the block ends: where the block itself forks, use `slow.steps`.

    Args:
        what: happens in the block, as the beginning of a sentence.
        seconds: that it takes, about, as measured.
        clock: gives seconds.
        tick: seconds between two updates.

    Raises:
        UsageError: `what` is empty, or `seconds` is not above 0.
    """

    def __init__(self, what: str, *, seconds: float, clock: Clock = time.monotonic, tick: float = TICK) -> None:
        _refuse(what, seconds)
        self._what, self._seconds, self._clock, self._tick = what, seconds, clock, tick
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        self._start = self._clock()
        self._place = _display(running(self._what, self._seconds, 0.0))
        if self._place is not None:
            self._over.clear()
            self._thread = threading.Thread(target=self._move, name="prodml-slow", daemon=True)
            self._thread.start()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if self._thread is None:
            return
        self._over.set()
        try:
            self._thread.join()
        finally:
            self._thread.join()  # again, where an interrupt ended the first
            self._thread = None
            elapsed = self._clock() - self._start
            self._place.update(ended(self._what, self._seconds, elapsed, whole=kind is None), raw=True)

    def _move(self) -> None:
        while not self._over.wait(self._tick):
            self._place.update(running(self._what, self._seconds, self._clock() - self._start), raw=True)

    @staticmethod
    def steps(
        items: Iterable[T], what: str, *, seconds: float, clock: Clock = time.monotonic, tick: float = TICK
    ) -> Iterator[T]:
        """`for rate in slow.steps(rates, "Draws 60 rates", seconds=20):` counts the steps, without a thread.

        Args:
            items: what to go through; where it has a length, steps are counted against it.
            what, seconds, clock, tick: as above, of the whole loop.

        Raises:
            UsageError: as above.
        """
        _refuse(what, seconds)
        return _steps(items, what, seconds, clock, tick)


def _steps(items: Iterable[T], what: str, seconds: float, clock: Clock, tick: float) -> Iterator[T]:
    steps = Steps(0, len(items) if isinstance(items, Sized) else None)
    start = last = clock()
    place = _display(running(what, seconds, 0.0, steps))
    whole = False
    try:
        for item in items:
            yield item
            steps = Steps(steps.done + 1, steps.many)
            if place is not None and clock() - last >= tick:
                last = clock()
                place.update(running(what, seconds, last - start, steps), raw=True)
        whole = True
    finally:  # also where the loop is left
        if place is not None:
            place.update(ended(what, seconds, clock() - start, steps, whole=whole), raw=True)


def _refuse(what: str, seconds: float) -> None:
    if not what.strip():
        raise UsageError("slow: what happens is not said.", 'Say it: slow("Trains four models", seconds=20).')
    if not seconds > 0:
        raise UsageError(f"slow({what!r}): seconds is {seconds!r}.", "Give about how long it takes, as measured.")


def _display(shown: Mime) -> Any:
    """A handle of what is displayed; None where nothing is."""
    if grading() or not in_notebook():
        return None
    from IPython.display import display

    return display(shown, raw=True, display_id=True)
