"""Run JupyterLab in the foreground: its log in a file, its address on the screen, and nothing left when it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from labs_cli.errors import ServerEnded
from labs_cli.lab_server import TELL
from prodml.linux import die_with

LAST_LINES = 15
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(
    command: Sequence[str], env: Mapping[str, str], folder: Path, log: Path, on_address: Callable[[str], None]
) -> None:
    """Run JupyterLab until it ends by itself, or until Ctrl+C or SIGTERM end it.

    Whatever ends this process ends JupyterLab too. The log of the run before is kept as `NAME.1`.

    Args:
        command: starts it; it writes its address into the pipe that the variable LABS_TELL names.
        folder: where it runs.
        on_address: called with the address once it listens there.

    Raises:
        ServerEnded: it ended by itself, and not well.
    """
    with contextlib.suppress(FileNotFoundError):
        log.replace(log.with_name(f"{log.name}.1"))  # a server that still writes there goes on undisturbed
    reader, writer = os.pipe()
    with open(log, "wb", opener=_private) as said:
        parent = os.getpid()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**env, TELL: str(writer)},
            stdin=subprocess.DEVNULL,  # at a terminal, Jupyter would ask before it ends
            stdout=said,
            stderr=subprocess.STDOUT,
            pass_fds=[writer],
            start_new_session=True,  # Ctrl+C comes from us alone
            preexec_fn=lambda: die_with(parent, signal.SIGTERM),
        )
    os.close(writer)
    with _stopped_with_us(process) as stopped:
        with os.fdopen(reader, encoding="utf-8") as end:
            address = end.read()  # until it listens, or has ended
        if address:
            on_address(address)
        code = process.wait()
    if not stopped and (code or not address):
        when = "while it ran" if address else "before it listened"
        problem = f"JupyterLab ended {when}, with code {code}. Its last lines:\n{last_lines(log)}"
        raise ServerEnded(problem, f"mend what they say and start it again; the whole log: {log}")


def _private(path: str, flags: int) -> int:
    """Opens what only its owner may read: Jupyter logs its token."""
    return os.open(path, flags, 0o600)


@contextlib.contextmanager
def _stopped_with_us(process: subprocess.Popen[bytes]) -> Iterator[list[int]]:
    """The signals that came; each is handed on as SIGTERM."""
    came: list[int] = []

    def stop(number: int, frame: object) -> None:
        came.append(number)
        process.terminate()

    ignored = [number for number in STOPPING if signal.getsignal(number) is signal.SIG_IGN]  # nohup
    before = {number: signal.signal(number, stop) for number in STOPPING if number not in ignored}
    try:
        yield came
    finally:
        process.terminate()  # where `on_address` failed
        process.wait()
        for number, handler in before.items():
            signal.signal(number, handler)


def last_lines(log: Path) -> str:
    """The end of a log."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return "".join(deque(lines, LAST_LINES)).rstrip()
