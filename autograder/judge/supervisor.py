"""Starts the processes of a judgement and passes questions between them; it runs no code of a learner or a check."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autograder.errors import GraderFault
from autograder.judge.judging import Order, Verdict
from autograder.judge.limits import FIXED, LIMITS, PASSED_ON, Limits
from autograder.judge.process import kill_group
from autograder.judge.wire import Closed, DeadlinePassed, Wire, WireError, pair

LEARNER_FRAME = 1 << 16  # bytes: what a learner's process says to the supervisor is short
# Until a process of ours is there: one that ends is noticed at once, so that only the machine's load counts. With two
# cores and a load of 24, importing TensorFlow in both warm parents took more than two minutes.
START_SECONDS = 600.0


class CellOutOfTime(Exception):
    """Raised when a learner's cell ran too long."""


class Process:
    """A forked process with a conversation of its own."""

    def __init__(self, wire: Wire, pid: int, folder: Path) -> None:
        self.wire, self.pid, self.folder = wire, pid, folder
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

    def end(self) -> None:
        kill_group(self.pid)
        self.wire.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class WarmParents:
    """The two warm parents of an assignment: one forks learners, one forks the base of the judges."""

    def __init__(self, modules: tuple[str, ...], limits: Limits = LIMITS) -> None:
        self.limits = limits
        self._home = Path(tempfile.mkdtemp(prefix="judge-"))
        self._parents = {role: self._start(role, modules) for role in ("learner", "base")}
        for role in self._parents:
            self._ready(role)

    def fork(self, role: str, env: dict[str, str]) -> Process:
        """A new `learner` or `base` process in an empty folder of its own."""
        _parent, wire = self._parents[role]
        ours, theirs = pair()
        folder = Path(tempfile.mkdtemp(prefix=f"{role}-", dir=self._home))
        try:
            wire.send({"env": env, "folder": str(folder)}, (theirs.fileno(),))
            pid = wire.receive(START_SECONDS)["pid"]
        except WireError as error:
            raise GraderFault(f"the warm parent of the {role} processes ended", "run the command again") from error
        finally:
            theirs.close()
        return Process(Wire(ours, LEARNER_FRAME if role == "learner" else 1 << 24), pid, folder)

    def close(self) -> None:
        """End both parents and everything they forked."""
        for parent, wire in self._parents.values():
            wire.close()
            parent.kill()
            parent.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _start(self, role: str, modules: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], Wire]:
        ours, theirs = pair()
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        env |= FIXED | {"HOME": str(self._home), "TMPDIR": str(self._home)}
        if "AUTOGRADER_DEBUG" in os.environ:
            env["AUTOGRADER_DEBUG"] = os.environ["AUTOGRADER_DEBUG"]
        command = [sys.executable, "-m", "autograder.judge.warm", role, str(theirs.fileno()), *modules]
        with self._log(role).open("wb") as log:
            process = subprocess.Popen(
                command,
                env=env,
                cwd=self._home,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        theirs.close()
        return process, Wire(ours)

    def _log(self, role: str) -> Path:
        return self._home / f"{role}.log"

    def _ready(self, role: str) -> None:
        _, wire = self._parents[role]
        try:
            wire.receive(START_SECONDS)
        except WireError as error:
            said = self._log(role).read_text(errors="replace")[-500:].strip()
            self.close()
            problem = f"the warm parent of the {role} processes did not start: {said or error}"
            raise GraderFault(problem, "run `labs doctor`") from error


@dataclasses.dataclass(frozen=True)
class Ended:
    """A judge ended without a verdict: its own fault, or out of time."""

    timeout: bool


def open_session(learner: Process, base: Process, order: Order, limits: Limits) -> Verdict | Ended:
    """Fork a judge, connect it with the learner's process, and wait for its verdict.

    Raises:
        Closed: the learner's process is gone (it cannot even begin the session).
    """
    judge_end, learner_end = pair()
    read_end, write_end = os.pipe()
    try:
        learner.wire.send({"op": "session", "id": order.name}, (learner_end.fileno(),))
        message = {"op": "judge", "order": dataclasses.asdict(order), "limits": dataclasses.asdict(limits)}
        pid = base.ask(message, START_SECONDS, (judge_end.fileno(), write_end))["pid"]
    finally:
        judge_end.close()
        learner_end.close()
        os.close(write_end)
    try:
        text = _read_all(read_end, limits.check_seconds + 5)
    except TimeoutError:
        kill_group(pid)
        return Ended(timeout=True)
    finally:
        os.close(read_end)
    return Verdict(**json.loads(text)) if text else Ended(timeout=False)


def wait_until_ended(learner: Process, seconds: float) -> bool:
    """Whether the learner's process came back from its session."""
    try:
        learner.wire.receive(seconds)
    except (Closed, DeadlinePassed, WireError):
        return False
    return True


def _read_all(fd: int, seconds: float) -> bytes:
    deadline, data = time.monotonic() + seconds, bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            raise TimeoutError
        part = os.read(fd, 1 << 16)
        if not part:
            return bytes(data)
        data += part
