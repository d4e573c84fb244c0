"""Starts the processes of a judgement and passes questions between them; it runs no code of a learner or a check."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.judge.judging import Order, Verdict
from autograder.judge.limits import Limits
from autograder.judge.process import kill_group
from autograder.judge.wire import Closed, DeadlinePassed, Wire, WireError, pair
from autograder.judge.written import collect, frozen_group, frozen_sandbox
from autograder.sandbox.watch import Watch

LEARNER_FRAME = 1 << 16  # bytes: what a learner's process says to the supervisor is short
# Until a process of ours is there: one that ends is noticed at once, so that only the machine's load counts. With two
# cores and a load of 24, importing TensorFlow in both warm parents took more than two minutes.
START_SECONDS = 600.0


class Process:
    """A forked process with a conversation of its own.

    Attributes:
        folder: the one that it can write, as it sees it.
        watch: holds the sandbox's limits; None without a sandbox.
    """

    def __init__(self, wire: Wire, pid: int, folder: Path, watch: Watch | None = None) -> None:
        self.wire, self.pid, self.folder, self.watch = wire, pid, folder, watch
        self._numbers = itertools.count()

    def ask(self, message: dict[str, Any], seconds: float, fds: tuple[int, ...] = ()) -> dict[str, Any]:
        """Send a request and return the reply.

        Raises:
            Closed, DeadlinePassed, WireError: see wire.py. A reply to something else is a WireError, too.
        """
        deadline, number = time.monotonic() + seconds, next(self._numbers)
        self.wire.send({**message, "id": number}, fds, seconds)
        return self._reply(number, deadline - time.monotonic())

    def run_cell(self, source: str, seconds: float) -> Ran:
        """Run a cell in a learner's process, and take that process's word for how it ended."""
        reply = self.ask({"op": "run", "source": source}, seconds)
        error, points, line = reply.get("error"), reply.get("points"), reply.get("line")
        if not isinstance(error, list) or len(error) != 2 or not isinstance(error[0], list):
            error = None
        return Ran(
            [str(name)[:60] for name in error[0]] if error else None,
            str(error[1])[:1000] if error else "",
            float(points) if isinstance(points, int | float) else None,
            line if isinstance(line, int) else None,
        )

    def begin_session(self, at: str, fd: int, seconds: float) -> int:
        """Have it answer a judge at the other end of `fd`; return the number with which `ended` asks for its end.

        Args:
            at: see learner.py.

        Raises:
            Closed, DeadlinePassed: it is gone, or does not take the request.
        """
        number = next(self._numbers)
        self.wire.send({"op": "session", "at": at, "id": number}, (fd,), seconds)
        return number

    def has_ended(self, number: int, seconds: float) -> bool:
        """Whether it comes back from a session."""
        try:
            self._reply(number, seconds)
        except WireError:
            return False
        return True

    def _reply(self, number: int, seconds: float) -> dict[str, Any]:
        reply = self.wire.receive(seconds)
        if not isinstance(reply, dict) or reply.get("id") != number:
            raise WireError("a reply that is none")
        return reply

    @property
    def reason(self) -> str | None:
        """Why the sandbox was ended: `memory`, `threads` or `cpu`; else None."""
        return self.watch.reason if self.watch else None

    def collect(self, name: str, limits: Limits) -> dict[str, bytes]:
        """What was written to a folder in this process's own, while all that it started stands still.

        Raises:
            Refused: something else than regular files is there, or too much.
        """
        if self.watch is None:
            with frozen_group(self.pid):
                return collect(self.folder, name, limits)
        with frozen_sandbox(self.watch.first):
            return collect(Path(f"/proc/{self.watch.first}/root"), f"{self.folder}/{name}".lstrip("/"), limits)

    def end(self) -> None:
        """End it and everything that it started."""
        if self.watch is not None:
            self.watch.end()
        kill_group(self.pid)
        self.wire.close()
        if self.watch is None:
            shutil.rmtree(self.folder, ignore_errors=True)


@dataclasses.dataclass(frozen=True)
class Ran:
    """How a cell ended, as the learner's process says it.

    Attributes:
        raised: names of the exception's classes, the innermost first; None where it ran to its end.
        text: of the exception.
        points: the number that its last expression gave, or None.
        line: of the cell, where it raised, or None.
    """

    raised: list[str] | None
    text: str
    points: float | None
    line: int | None

    @property
    def described(self) -> str:
        """The exception in words; empty where there was none."""
        if self.raised is None:
            return ""
        name = self.raised[0] if self.raised else "Exception"
        return f"{name}: {self.text}" if self.text else name


@dataclasses.dataclass(frozen=True)
class Ended:
    """A judge ended without a verdict: its own fault, or out of time."""

    timeout: bool


def open_session(
    learner: Process,
    base: Process,
    order: Order,
    limits: Limits,
    errand: Callable[[dict[str, Any]], dict[str, Any]],
    test: str,
    at: str = "",
) -> tuple[Verdict | Ended, int]:
    """Fork a judge, connect it with the learner's process, do its errands, and wait for its verdict.

    Args:
        errand: answers a judge's request (errands.py).
        test: grade id of the check's cell.
        at: see learner.py.

    Returns:
        The verdict, and the session's number, for `has_ended`.

    Raises:
        Closed, DeadlinePassed: the learner's process is gone, or does not even begin the session.
    """
    judge_end, learner_end = pair()
    desk_end, errands_end = pair()
    try:
        number = learner.begin_session(at, learner_end.fileno(), limits.call_seconds)
        message = {"op": "judge", "at": test, "order": dataclasses.asdict(order), "limits": dataclasses.asdict(limits)}
        pid = base.ask(message, START_SECONDS, (judge_end.fileno(), desk_end.fileno()))["pid"]
    finally:
        judge_end.close()
        learner_end.close()
        desk_end.close()
    desk, deadline = Wire(errands_end), time.monotonic() + limits.check_seconds + 5
    try:
        while "verdict" not in (message := desk.receive(deadline - time.monotonic())):
            desk.send(errand(message))
        return Verdict(**message["verdict"]), number
    except DeadlinePassed:
        base.wire.send({"op": "kill", "pid": pid})
        return Ended(timeout=True), number
    except Closed:
        return Ended(timeout=False), number
    finally:
        desk.close()
