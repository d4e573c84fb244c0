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


class CellOutOfTime(Exception):
    """Raised when a learner's cell ran too long."""


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
            Closed, DeadlinePassed, WireError: see wire.py.
        """
        self.wire.send(message, fds)
        reply = self.wire.receive(seconds)
        if not isinstance(reply, dict):
            raise WireError("a reply that is none")
        return reply

    def run_cell(self, source: str, seconds: float) -> list[Any] | None:
        """Run a learner's cell; return what it raised as `[base classes' names, text]`, or None."""
        reply = self.ask({"op": "run", "id": next(self._numbers), "source": source}, seconds)
        error = reply.get("error")
        return error if isinstance(error, list) and len(error) == 2 else None

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
class Ended:
    """A judge ended without a verdict: its own fault, or out of time."""

    timeout: bool


def open_session(
    learner: Process, base: Process, order: Order, limits: Limits, errand: Callable[[dict[str, Any]], dict[str, Any]]
) -> Verdict | Ended:
    """Fork a judge, connect it with the learner's process, do its errands, and wait for its verdict.

    Args:
        errand: answers a judge's request (errands.py).

    Raises:
        Closed: the learner's process is gone (it cannot even begin the session).
    """
    judge_end, learner_end = pair()
    desk_end, errands_end = pair()
    try:
        learner.wire.send({"op": "session", "id": order.name}, (learner_end.fileno(),))
        message = {"op": "judge", "order": dataclasses.asdict(order), "limits": dataclasses.asdict(limits)}
        pid = base.ask(message, START_SECONDS, (judge_end.fileno(), desk_end.fileno()))["pid"]
    finally:
        judge_end.close()
        learner_end.close()
        desk_end.close()
    desk, deadline = Wire(errands_end), time.monotonic() + limits.check_seconds + 5
    try:
        while "verdict" not in (message := desk.receive(deadline - time.monotonic())):
            desk.send(errand(message))
        return Verdict(**message["verdict"])
    except DeadlinePassed:
        base.wire.send({"op": "kill", "pid": pid})
        return Ended(timeout=True)
    except Closed:
        return Ended(timeout=False)
    finally:
        desk.close()


def wait_until_ended(learner: Process, seconds: float) -> bool:
    """Whether the learner's process came back from its session."""
    try:
        learner.wire.receive(seconds)
    except (Closed, DeadlinePassed, WireError):
        return False
    return True
