"""Named processes as one context manager: ready when entered, gone when left.

    port, = free_ports(1)
    with Group({"store": Program("my_module:serve", [port], ready=accepts(port))}) as group:
        group.show()
        group["store"].kill()
        group.restart("store")
        print(group.log("store"))

On a warm kernel its spare forks them, in milliseconds; elsewhere they are plain subprocesses. They end when the block
is left, whatever the reason, and with this process, also when that is killed with −9.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from prodml.runtime.memory import tree_memory
from prodml.runtime.processes import table
from prodml.runtime.processes.errors import GroupError
from prodml.runtime.processes.folders import OwnFolder
from prodml.runtime.processes.forks import Forks
from prodml.runtime.processes.running import Running
from prodml.runtime.warm import Spare, spare

GRACE = 2.0  # seconds from SIGTERM to SIGKILL
BETWEEN = 0.01  # seconds between two looks at whether a process is ready
TAIL = 20_000  # bytes of a log that are looked at for its last lines


@dataclass(frozen=True)
class Program:
    """What a process of a group does.

    Attributes:
        function: "package.module:function"; its result is the exit status (None: 0).
        args: what it is called with; everything that JSON knows.
        env: variables to set. On a warm kernel, what is read when Python starts or a library is imported
            (OMP_NUM_THREADS, most of TF_…) comes too late.
        ready: called again and again until it is true; None: ready as soon as it is started. See `ports.accepts`.
    """

    function: str
    args: Sequence[Any] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None


class Group:
    """Processes by name, as long as the `with` block runs.

    Attributes:
        folder: holds their logs; removed when the block is left.
    """

    folder: Path

    def __init__(self, programs: Mapping[str, Program], *, patience: float = 60.0, preload: Sequence[str] = ()) -> None:
        """Args: the programs by name; `patience`, seconds until all must be ready; `preload`, imports.

        With `preload`, one process imports these modules where there is no spare, and forks the others: they share
        its memory, and the import is paid for once.
        """
        self._programs = dict(programs)
        self._patience = patience
        self._running: dict[str, Running] = {}
        self._place: OwnFolder | None = None
        self._live: list[table.Live] = []
        self._preload = list(preload)
        self._forker: Forks | None = None

    def __enter__(self) -> Group:
        """Start them all.

        Raises:
            GroupError: one has ended or is not ready in time; its log's end is in the message, all are stopped.
        """
        if self._place is not None:
            raise GroupError("This group of processes runs already.", "Make a second Group.")
        # Plain processes end with the thread that starts them, so that is one which lives as long as the group, and
        # from which an interrupt cannot take a process that nobody knows of yet.
        self._starter = ThreadPoolExecutor(1, "group-starter")
        try:
            self._place = OwnFolder("prodml-group-")
            self.folder = self._place.path
            if self._preload and spare() is None:
                self._forker = self._starter.submit(Forks, self._preload, self.folder / "forks.log").result()
            list(self._starter.map(self._start, self._programs))
            self._wait_until_ready(self._programs)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def __getitem__(self, name: str) -> Running:
        """The process of that name; after a restart a new one."""
        self._known(name)
        if name not in self._running:
            raise GroupError(f"The process {name!r} has not been started.", "Use it in `with Group(…) as group:`.")
        return self._running[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._programs)

    def restart(self, name: str) -> Running:
        """End a process if it still runs, start it again with the same arguments (so on the same port), ready.

        Raises:
            GroupError: it has ended or is not ready in time. The others go on.
        """
        stop([self[name]])
        self._starter.submit(self._start, name).result()
        self._wait_until_ready([name])
        return self[name]

    def kill(self, name: str) -> int:
        """Kill a process, as a crash of its machine would; returns its exit status, −9, or what it was before."""
        running = self[name]
        running.kill()
        return running.wait()

    def wait(self, seconds: float) -> dict[str, int]:
        """Until all have ended by themselves; their exit statuses by name.

        Raises:
            subprocess.TimeoutExpired: one still runs after so many seconds.
        """
        deadline = time.monotonic() + seconds
        return {name: self[name].wait(max(0.0, deadline - time.monotonic())) for name in self}

    def log(self, name: str, lines: int = 20) -> str:
        """The last lines of what a process has written to its standard output and error, also before a restart."""
        self._known(name)
        path = self.folder / f"{name}.log"
        if not path.exists():
            return ""
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])

    def rows(self) -> list[table.Row]:
        """How they are now."""
        return [
            table.Row(
                name,
                running.pid,
                running.state,
                tree_memory(running.pid) / 1e6,
                table.last_line(self.log(name)),
            )
            for name, running in list(self._running.items())
        ]

    def show(self, *, buttons: bool = False) -> None:
        """Display name, state, memory and last words of each process; kept up to date while the block runs.

        Args:
            buttons: with buttons that kill and restart each process.
        """
        live = table.show(self.rows, self._buttons() if buttons else None)
        if live is not None:
            self._live.append(live)

    def _buttons(self) -> dict[str, table.Button]:
        made: dict[str, table.Button] = {}
        for name in self._programs:
            made[f"Kill {name}"] = partial(self.kill, name)
            made[f"Restart {name}"] = partial(self.restart, name)
        return made

    def _known(self, name: str) -> None:
        if name not in self._programs:
            names = ", ".join(map(repr, self._programs))
            raise GroupError(f"There is no process {name!r} in this group.", f"Its processes are: {names}.")

    def _start(self, name: str) -> None:
        program = self._programs[name]
        log_path = self.folder / f"{name}.log"
        self._running[name] = Running.start(program.function, program.args, program.env, log_path, self._forks())

    def _forks(self) -> Spare | None:
        return self._forker.spare if self._forker is not None else None

    def _wait_until_ready(self, names: Iterable[str]) -> None:
        deadline = time.monotonic() + self._patience
        for name in names:
            running, ready = self._running[name], self._programs[name].ready
            while ready is not None and not ready():
                if time.monotonic() > deadline:
                    raise self._unready(name, f"is not ready after {self._patience:g} seconds")
                if _ends_within(running, BETWEEN):
                    raise self._unready(name, f"has ended before it was ready ({running.state})")

    def _unready(self, name: str, what: str) -> GroupError:
        program = self._programs[name]
        return GroupError(
            f"The process {name!r} ({program.function}) {what}. The end of its log:\n{self.log(name) or '(empty)'}",
            "Correct what the log says, or give a larger `patience=`.",
        )

    def _end(self) -> None:
        try:
            self._starter.submit(int).result()  # what is being started is in `_running` then
            stop(self._running.values())
        finally:  # also after a second interrupt
            for running in self._running.values():
                running.kill()
            for live in self._live:
                live.end()
            self._live.clear()
            self._starter.shutdown()
            for running in self._running.values():
                running.wait()
            if self._forker is not None:
                self._forker.end()
            self._forker = None
            if self._place is not None:
                self._place.remove()
            self._place = None


def stop(processes: Collection[Running]) -> None:
    """SIGTERM, SIGKILL for those that still run after `GRACE`, until all have ended."""
    deadline = time.monotonic() + GRACE
    for running in processes:
        running.terminate()
    for running in processes:
        if not _ends_within(running, deadline - time.monotonic()):
            running.kill()
            running.wait()


def _ends_within(running: Running, seconds: float) -> bool:
    try:
        running.wait(max(seconds, 0))
    except subprocess.TimeoutExpired:
        return False
    return True
