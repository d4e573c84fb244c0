"""Can this machine fence a submission in? Tries it: enters a sandbox, and runs every probe there.

    python -m autograder.sandbox.trial WAY FILE FOLDER

prints what happened as JSON. `WAY` is `python` or `bubblewrap`; `FILE` must be out of reach, `FOLDER` only to be read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox.fences import Sandbox, read_fences

SECONDS = 120.0


@dataclass(frozen=True)
class Trial:
    """How it went.

    Attributes:
        problem: why no sandbox could be entered; empty if one was.
        passed: fences that held, each with what stopped the probe. broken: probes that got through.
        bubblewrap: whether that program put up the fences, because Python may not.
    """

    problem: str
    passed: dict[str, str]
    broken: tuple[str, ...]
    bubblewrap: bool = False

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
    fences, trial = read_fences(course), try_sandbox()
    return Sandbox(fences, readable, trial.bubblewrap) if trial.usable else None


_done: list[Trial] = []
_trying = threading.Lock()


def try_sandbox() -> Trial:
    """Try every fence, put up by this Python or else by bubblewrap. Once per process: a machine does not change.

    Raises:
        OSError: there is no place for temporary files.
    """
    with _trying:
        if not _done:
            remember(_try_sandbox())
        return _done[0]


def begin_trial() -> None:
    """Begin to try, in a thread, so that `try_sandbox` is sooner done."""
    threading.Thread(target=_try_early, daemon=True).start()


def _try_early() -> None:
    with contextlib.suppress(OSError):  # as of a full disk; who calls `try_sandbox` gets it
        try_sandbox()


def remember(trial: Trial) -> None:
    """Take a trial of another process on this machine for this process's own."""
    _done[:] = [trial]


def _try_sandbox() -> Trial:
    own = try_way(bubblewrap=False)
    if own.usable or sys.platform != "linux":
        return own
    other = try_way(bubblewrap=True)
    if other.usable:
        return other
    return dataclasses.replace(own, problem=f"{own.why}; with bubblewrap: {other.why}")


def try_way(*, bubblewrap: bool) -> Trial:
    """Enter a sandbox in a fresh process, and probe it."""
    command = [sys.executable, "-P", "-m", "autograder.sandbox.trial", "bubblewrap" if bubblewrap else "python"]
    with tempfile.TemporaryDirectory() as folder:
        secret, shown = Path(folder, "secret"), Path(folder, "shown")
        secret.write_text("secret")
        shown.mkdir()
        for path, mode in ((Path(folder), 0o755), (secret, 0o644), (shown, 0o777)):
            path.chmod(mode)  # for every user: what keeps a probe away is a fence
        try:
            done = subprocess.run(
                [*command, str(secret), str(shown)],
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
    passed = {name: why for name, why in found.items() if why is not None}
    return Trial("", passed, tuple(name for name, why in found.items() if why is None), bubblewrap)


if __name__ == "__main__":
    from autograder.sandbox.trying import try_every_probe

    sandbox = Sandbox(read_fences(), (sys.argv[3],), sys.argv[1] == "bubblewrap")
    try:
        print(json.dumps(try_every_probe(sandbox, sys.argv[2])))
    except OSError as error:
        sys.exit(str(error))
