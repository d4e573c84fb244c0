"""Does what is slow say so before, show how far it is, and leave nothing behind?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from prodml import slow
from prodml.errors import UsageError
from prodml.lab import waiting


class Place:
    """Keeps what is shown; `seen` waits for the next update of the thread."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._new = threading.Semaphore(0)

    def update(self, shown: dict[str, str], raw: bool) -> None:
        assert raw
        self.said.append(shown["text/plain"])
        self._new.release()

    def seen(self) -> str:
        assert self._new.acquire(timeout=60)
        return self.said[-1]


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Place:
    place = Place()

    def display(shown: dict[str, str]) -> Place:
        place.said.append(shown["text/plain"])
        return place

    monkeypatch.setattr(waiting, "_display", display)
    return place


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "prodml-slow"]


def test_it_says_so_before_while_and_after(place: Place, clock: Clock) -> None:
    with slow("Trains", seconds=20, clock=clock, tick=0.001):
        assert place.said[0] == "Trains: takes about 20 s."
        assert threads() == ["prodml-slow"]
        clock.now += 23
        while "longer" not in (said := place.seen()):
            pass
        assert said == "Trains: 23 s so far, longer than the 20 s expected."
    assert place.said[-1] == "Trains: took 23 s (about 20 s expected)."
    assert threads() == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_passes_and_no_thread_is_left(place: Place, clock: Clock, error: type[BaseException]) -> None:
    def fails() -> None:
        with slow("Trains", seconds=20, clock=clock):
            clock.now += 5
            raise error

    with pytest.raises(error):
        fails()
    assert place.said[-1] == "Trains: stopped after 5 s (about 20 s expected)."
    assert threads() == []


def test_an_interrupt_while_it_ends_leaves_no_thread(
    place: Place, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = threading.Thread.join
    interrupts = iter([KeyboardInterrupt()])

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        for error in interrupts:
            raise error
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    with pytest.raises(KeyboardInterrupt), slow("Trains", seconds=20, clock=clock):
        pass
    assert threads() == []


def test_steps_are_counted_without_a_thread(place: Place, clock: Clock) -> None:
    got = []
    for item in slow.steps("abc", "Draws", seconds=20, clock=clock):
        got.append(item)
        clock.now += 5
        assert threads() == []
    assert got == ["a", "b", "c"]
    assert place.said == [
        "Draws: takes about 20 s.",
        "Draws: 5 s of about 20 s. 1 of 3 done.",
        "Draws: 10 s of about 20 s. 2 of 3 done.",
        "Draws: 15 s of about 20 s. 3 of 3 done.",
        "Draws: took 15 s (about 20 s expected).",
    ]


def test_fast_steps_do_not_flood_the_page(place: Place, clock: Clock) -> None:
    for _ in slow.steps(range(1000), "Draws", seconds=20, clock=clock):
        clock.now += 0.01
    assert len(place.said) < 14


def test_a_loop_that_is_left_says_so(place: Place, clock: Clock) -> None:
    for _ in slow.steps(iter("abc"), "Draws", seconds=20, clock=clock):
        break
    assert place.said[-1] == "Draws: stopped after 0.0 s (about 20 s expected). 0 done."


def test_an_error_in_a_step_passes(place: Place, clock: Clock) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(slow.steps(items(), "Draws", seconds=20, clock=clock))
    assert place.said[-1] == "Draws: stopped after 0.0 s (about 20 s expected). 1 done."


def test_outside_of_a_notebook_and_while_grading_it_is_silent(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        with slow("Trains", seconds=20):
            assert threads() == []
        assert list(slow.steps([1, 2], "Draws", seconds=20)) == [1, 2]
        monkeypatch.setenv("PRODML_GRADING", "1")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("what", "seconds"), [(" ", 20), ("Trains", 0), ("Trains", -1), ("Trains", float("nan"))])
def test_it_needs_words_and_an_estimate(what: str, seconds: float) -> None:
    """Also before the first step?"""
    with pytest.raises(UsageError, match="slow"):
        slow(what, seconds=seconds)
    with pytest.raises(UsageError, match="slow"):
        slow.steps([1], what, seconds=seconds)


def test_in_a_kernel_one_output_stays(kernel: Any) -> None:
    """Is what an executed notebook holds readable, and are bars of threads shown where they belong?"""
    cells = kernel(
        "with slow('Trains', seconds=30, tick=0.01):\n    sum(range(10**7))",
        "for _ in slow.steps([1, 2], 'Draws', seconds=30, tick=0):\n    pass",
        "with slow('Fails', seconds=30):\n    1 / 0",
    )
    for cell, says in zip(cells[1:], ("Trains: took ", "Draws: took ", "Fails: stopped after "), strict=True):
        assert cell.outputs[0].data["text/plain"].startswith(says)
    assert [len(cell.outputs) for cell in cells[1:]] == [1, 1, 2]
    assert cells[3].outputs[1].ename == "ZeroDivisionError"
