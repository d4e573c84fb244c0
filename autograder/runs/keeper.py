"""Starts the process that judges (kept.py), talks with it, and ends it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from autograder.judge.wire import Wire, pair
from autograder.sandbox.trial import try_sandbox

PREFIX = "grading-"
TRIES = 2  # for a submission whose process ended
ENDING_SECONDS = 30.0


class Kept:
    """A process that judges one submission at a time; it ends when this one does, however that ends.

    Args:
        within: where its temporary folder is made; None for the machine's own place.
        shared: see WarmParents.
    """

    def __init__(self, within: Path | None = None, shared: Path | None = None) -> None:
        ours, theirs = pair()
        self._home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=within))
        self._home.chmod(0o711)
        command = [sys.executable, "-P", "-m", "autograder.runs.kept", str(theirs.fileno()), str(self._home), _tried()]
        self._process = subprocess.Popen(
            [*command, str(shared or "")],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self._wire = Wire(ours)

    @property
    def ended(self) -> int | None:
        """Its status, once it has ended."""
        return self._process.poll()

    def judge(self, order: Mapping[str, object]) -> str:
        """What it answers.

        Raises:
            WireError: it has ended.
        """
        self._wire.send(order)
        return str(self._wire.receive())

    def hang_up(self) -> None:
        """Have it end, without waiting for that."""
        self._wire.close()

    def end(self) -> None:
        """End it and all that it has started."""
        self.hang_up()
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)  # it was killed


_trying = threading.Lock()


def _tried() -> str:
    """How the sandbox was tried on this machine, once for all; empty where it must be tried again."""
    with _trying:
        found = try_sandbox()
    return json.dumps(asdict(found)) if found.usable else ""
