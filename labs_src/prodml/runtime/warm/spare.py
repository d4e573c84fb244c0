"""Processes that a running notebook gets in milliseconds: forks of its kernel as it was before the first cell.

A process may be forked from an interpreter with TensorFlow only before the first TensorFlow operation; afterwards
the child hangs. So each warm kernel keeps a *spare*: a fork of itself, made before the first cell, that never runs an
operation. It forks once more for each process that is asked for; TensorFlow is imported there already.

    here = spare()
    if here is not None:  # else start `python -m prodml.runtime.warm.target my_module:serve '[8500]'`
        worker = here.fork("my_module:serve", [8500], log_path=Path("worker.log"))

The processes are children of the spare, each in a session of its own: interrupting a cell does not reach them. They
end when they are killed, when nothing refers to their `Process` any more, and with the kernel, however it ends.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from prodml.runtime.warm import target, wire
from prodml.runtime.warm.forker import Forker
from prodml.runtime.warm.process import Process, WarmError

_spare: Spare | None = None  # this kernel's, since before its first cell


def spare() -> Spare | None:
    """The spare of this kernel; None in a stock kernel, outside of a kernel, and when the spare has ended."""
    return _spare if _spare is not None and _spare.alive() else None


class Spare:
    """A fork of this kernel, made before its first cell.

    Attributes:
        pid: its process id; it is a child of the kernel.
    """

    def __init__(self, control: socket.socket, pid: int) -> None:
        self.pid = pid
        self._control = control

    def alive(self) -> bool:
        """Whether it still forks: nobody has killed it."""
        try:
            return self._control.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def fork(
        self,
        function: str,
        args: Sequence[Any] = (),
        *,
        env: Mapping[str, str] | None = None,
        log_path: Path | None = None,
        cwd: Path | None = None,
    ) -> Process:
        """Start a process that calls a function, with the modules of the kernel's start imported already.

        Safe from several threads. The function is imported in the process, so an edited module needs a kernel
        restart only if the kernel had it from its start (TensorFlow, pandas, prodml, …).

        Args:
            function: "package.module:function". What it returns is the exit status (None: 0); an exception ends the
                process with status 1, its traceback in the log.
            args: what the function is called with; everything that JSON knows.
            env: variables to set, beside those that the kernel has now. What is read when Python starts or a
                library is imported (OMP_NUM_THREADS, TF_…, KERAS_BACKEND) comes too late.
            log_path: the file to which its standard output and error are appended; None for nowhere.
            cwd: its folder; None for the kernel's.

        Raises:
            WarmError: the spare has ended, or could not fork.
            OSError: the log cannot be opened.
            TypeError: an argument is not JSON.
        """
        request = {
            "fork": {
                "target": function,
                "args": list(args),
                "env": {**os.environ, **(env or {})},
                "cwd": os.fspath(cwd or Path.cwd()),
                "path": sys.path,
            }
        }
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        output = os.open(log_path or os.devnull, flags, 0o644)
        try:
            return Process.start(self._connect(), request, [output, output])
        finally:
            os.close(output)

    def _connect(self) -> socket.socket:
        ours, theirs = wire.pair()
        with theirs:
            try:
                wire.send_fds(self._control, [theirs.fileno()])
            except OSError as error:
                ours.close()
                problem = f"This kernel's spare process {self.pid} has ended, so it forks nothing any more."
                raise WarmError(problem, "Restart the kernel.") from error
        return ours


def start_spare() -> None:
    """Fork this process, which becomes a kernel now, and so give it its spare."""
    global _spare
    kernel = os.getpid()
    ours, theirs = wire.pair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        live(theirs, kernel)
    theirs.close()
    _spare = Spare(ours, pid)


def live(control: socket.socket, kernel: int) -> NoReturn:
    """The spare's life: it ends with its kernel, and its children end with it."""
    try:
        # No signal may cut its last work short, which is to end what its children have started: its kernel's end
        # comes over a descriptor, and nothing else ends it.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if os.getsid(0) != os.getpid():  # one that `processes` starts is a leader already
            os.setsid()
        forker = Forker(target.become)
        forker.watch(control.fileno(), lambda: _accept(forker, control))
        forker.watch(os.pidfd_open(kernel), sys.exit)
        try:
            while True:
                forker.step()
        finally:
            forker.end()
    finally:
        os._exit(0)


def _accept(forker: Forker, control: socket.socket) -> None:
    descriptors = wire.receive_fds(control)
    if not descriptors:  # the kernel has closed its end: it is ending
        sys.exit()
    for fd in descriptors:
        forker.serve(socket.socket(fileno=fd))
