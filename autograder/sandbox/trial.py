"""Can this machine fence a submission in? Tries it: enters a sandbox, and runs every probe there.

    python -m autograder.sandbox.trial

prints what happened as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.fences import Fences, Sandbox, read_fences

SECONDS = 60.0


@dataclass(frozen=True)
class Trial:
    """How it went.

    Attributes:
        problem: why no sandbox could be entered; empty if one was.
        passed: fences that held, each with what stopped the probe. broken: probes that got through.
    """

    problem: str
    passed: dict[str, str]
    broken: tuple[str, ...]

    @property
    def why(self) -> str:
        """Why it is not usable; empty if it is."""
        return self.problem or ", ".join(f"submissions could {probe}" for probe in self.broken)

    @property
    def usable(self) -> bool:
        """Whether others' submissions may be judged here."""
        return not self.problem and not self.broken


def sandbox_here(readable: tuple[str, ...] = (), course: Path | None = None) -> Sandbox | None:
    """The sandbox of a course, or None where this machine cannot fence anything in.

    Raises:
        CourseError: the course's fences.toml is not as it must be.
    """
    fences = read_fences(course)
    return Sandbox(fences, readable) if try_sandbox().usable else None


_done: list[Trial] = []


def try_sandbox() -> Trial:
    """Enter a sandbox in a fresh process, and probe it. Once per process: a machine does not change."""
    if not _done:
        remember(_try_sandbox())
    return _done[0]


def remember(trial: Trial) -> None:
    """Take a trial of another process on this machine for this process's own."""
    _done[:] = [trial]


def _try_sandbox() -> Trial:
    command = [sys.executable, "-m", "autograder.sandbox.trial"]
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "secret"
        secret.write_text("secret")
        try:
            done = subprocess.run(
                [*command, str(secret), str(os.getpid())],
                env={"PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Trial(f"it did not answer within {SECONDS:.0f} s", {}, ())
    try:
        found = json.loads(done.stdout)
    except ValueError:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return Trial(said, {}, ())
    broken = [name for name, why in found["probes"].items() if why is None]
    broken += [] if found["loopback"] else ["talk to itself on 127.0.0.1"]
    return Trial("", {name: why for name, why in found["probes"].items() if why is not None}, tuple(broken))


def _enter_and_probe(fences: Fences, file: str, process: str) -> None:
    from autograder.sandbox import probes
    from autograder.sandbox.enter import enter, prepare

    given = probes.Secrets(file, int(process))
    prepared = prepare(Sandbox(fences))
    read, write = os.pipe()
    if os.fork() == 0:
        try:
            enter(prepared)
            os.write(write, probes.report(given))
        except OSError as error:
            os.write(write, f"no sandbox: {error}".encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.wait()
    if text.startswith("no sandbox: "):
        sys.exit(text.removeprefix("no sandbox: "))
    print(text)


if __name__ == "__main__":
    _enter_and_probe(read_fences(), *sys.argv[1:])
