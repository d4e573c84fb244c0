"""The two warm parents of an assignment: what forks its learners, and what forks the base of its judges."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from autograder.errors import GraderFault
from autograder.judge.limits import FIXED, LIMITS, PASSED_ON, Limits
from autograder.judge.process import kill_group
from autograder.judge.supervisor import LEARNER_FRAME, START_SECONDS, Process
from autograder.judge.wire import MAX_FRAME, Wire, WireError, pair
from autograder.sandbox.fences import Fences, Sandbox
from autograder.sandbox.members import first_inside
from autograder.sandbox.root import BOX
from autograder.sandbox.watch import Watch

ROLES = ("learner", "base")
Started = subprocess.Popen[bytes] | None  # None: a fork of another process's


class WarmParents:
    """Forks the processes of a judgement.

    Args:
        sandbox: which each forked process enters; None for none.
        shared: folder of a SharedParents with the same modules. Its forks are this one's warm parents, ready at once;
            where it has gone, and without it, the parents are started.
    """

    def __init__(
        self,
        modules: tuple[str, ...],
        limits: Limits = LIMITS,
        sandbox: Sandbox | None = None,
        shared: Path | None = None,
    ) -> None:
        self.limits, self.sandbox = limits, sandbox
        self._home = self._logs = Path(tempfile.mkdtemp(prefix="judge-"))
        self._parents = (shared and self._join(shared)) or {role: self._start(role, modules) for role in ROLES}
        for role in self._parents:
            self._ready(role)

    def fork(self, role: str, env: dict[str, str]) -> Process:
        """A new `learner`, `examiner` or `base` process in an empty folder of its own.

        An examiner has the learner's parent, which has never opened a secret either.
        """
        _, parent = self._parents["base" if role == "base" else "learner"]
        ours, theirs = pair()
        folder = Path(BOX if self.sandbox else tempfile.mkdtemp(prefix=f"{role}-", dir=self._home))
        wire = Wire(ours, LEARNER_FRAME if role == "learner" else MAX_FRAME)
        try:
            parent.send({"role": role, "env": env, "folder": str(folder)}, (theirs.fileno(),))
            pid = parent.receive(START_SECONDS)["pid"]
        except WireError as error:
            raise GraderFault(f"the warm parent of the {role} processes ended", "run the command again") from error
        finally:
            theirs.close()
        return Process(wire, pid, folder, self._watch(wire, pid, self.sandbox.fences) if self.sandbox else None)

    def _watch(self, wire: Wire, keeper: int, fences: Fences) -> Watch:
        """Wait until the process is in its sandbox, and watch that."""
        try:
            wire.receive(START_SECONDS)
            first = first_inside(keeper)
            if first is not None:
                return Watch(first, fences)
            problem = "it is not there"
        except (WireError, OSError) as error:
            problem = str(error)
        kill_group(keeper)
        wire.close()
        raise GraderFault(f"a process did not enter its sandbox: {problem}", "run `labs doctor`")

    def close(self) -> None:
        """End both parents and everything they forked."""
        for parent, wire in self._parents.values():
            wire.close()  # a fork of a shared parent ends by this
            if parent is not None:
                parent.kill()
                parent.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _start(self, role: str, modules: tuple[str, ...]) -> tuple[Started, Wire]:
        ours, theirs = pair()
        process = start_parent(role, theirs, modules, self._home)
        theirs.close()
        return process, self._greet(ours)

    def _join(self, shared: Path) -> dict[str, tuple[Started, Wire]] | None:
        """Have the shared parents fork; None where one is gone."""
        with contextlib.ExitStack() as opened:
            sockets = {role: opened.enter_context(socket.socket(socket.AF_UNIX)) for role in ROLES}
            try:
                with _short(shared) as folder:
                    for role, sock in sockets.items():
                        sock.connect(f"{folder}/{role}")
            except OSError:
                return None
            opened.pop_all()
        self._logs = shared
        return {role: (None, self._greet(sock)) for role, sock in sockets.items()}

    def _greet(self, sock: socket.socket) -> Wire:
        wire = Wire(sock)
        wire.send(dataclasses.asdict(self.sandbox) if self.sandbox else {"fences": None})
        return wire

    def _ready(self, role: str) -> None:
        _, wire = self._parents[role]
        try:
            wire.receive(START_SECONDS)
        except WireError as error:
            said = log_of(self._logs, role).read_text(errors="replace")[-500:].strip()
            self.close()
            problem = f"the warm parent of the {role} processes did not start: {said or error}"
            raise GraderFault(problem, "run `labs doctor`") from error


class SharedParents:
    """Warm parents that wait in a folder for any number of WarmParents: modules are imported once for all workers.

    They are started without waiting for them. Their folder is its user's alone, and outside every sandbox.

    Args:
        within: where the folder is made.
    """

    def __init__(self, modules: tuple[str, ...], within: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="judge-", dir=within))
        self._parents = [self._start(role, modules) for role in ROLES]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """End them, all their forks, and what these forked."""
        for parent in self._parents:
            parent.kill()
            parent.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, role: str, modules: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with socket.socket(socket.AF_UNIX) as listening, _short(self.folder) as folder:
            listening.bind(f"{folder}/{role}")
            listening.listen()
            return start_parent(role, listening, modules, self.folder)


def start_parent(role: str, sock: socket.socket, modules: tuple[str, ...], home: Path) -> subprocess.Popen[bytes]:
    """Start a warm parent (warm.py) with a conversation, or with a socket where any number of them begin."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    env |= FIXED | {"HOME": str(home), "TMPDIR": str(home)}
    if "AUTOGRADER_DEBUG" in os.environ:
        env["AUTOGRADER_DEBUG"] = os.environ["AUTOGRADER_DEBUG"]
    command = [sys.executable, "-m", "autograder.judge.warm", role, str(sock.fileno()), *modules]
    with log_of(home, role).open("wb") as log:
        return subprocess.Popen(
            command, env=env, cwd=home, pass_fds=[sock.fileno()], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


@contextlib.contextmanager
def _short(folder: Path) -> Iterator[str]:
    """A short name of a folder: that of a Unix socket may have some 100 characters."""
    if not Path("/proc/self/fd").is_dir():
        yield str(folder)
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}"
    finally:
        os.close(opened)


def log_of(home: Path, role: str) -> Path:
    """What a warm parent says."""
    return home / f"{role}.log"
