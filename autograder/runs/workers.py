"""Processes of this machine that judge submissions side by side."""

from __future__ import annotations

import functools
import itertools
import shutil
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from autograder.judge.parents import SharedParents
from autograder.judge.wire import WireError
from autograder.runs.answers import Lost, read_answer
from autograder.runs.keeper import PREFIX, TRIES, Kept

T = TypeVar("T")
AHEAD = 2  # submissions per worker that are read before they are judged


class Worker(Protocol):
    """What judges one submission at a time; see keeper.py."""

    @property
    def ended(self) -> int | None: ...
    def judge(self, order: Mapping[str, object]) -> str: ...
    def hang_up(self) -> None: ...
    def end(self) -> None: ...


Start = Callable[[Path, Path], Worker]  # folder for temporary files, folder of SharedParents


def grade_each(
    task: bytes,
    submissions: Iterable[tuple[T, bytes]],
    workers: int,
    private: Path,
    modules: tuple[str, ...] = (),
    *,
    start: Start = Kept,
) -> Generator[tuple[T, bytes, Callable[[], str]]]:
    """Judge every submission; give each as it is done.

    Args:
        task: see one.py.
        submissions: read as they are needed, not all at once.
        private: folder that remembers what a run that was killed has left behind.
        modules: what the task's assignment imports.
        start: starts a worker.

    Yields:
        The label, the submission, and a function that returns what `grade_one` wrote or raises Lost.

    Closing the iterator ends all processes.
    """
    home = make_home(private)
    left = iter(submissions)
    running: dict[Future[str], tuple[T, bytes]] = {}
    with SharedParents(modules, home) as parents, _Workers(workers, home, parents.folder, start) as pool:
        while True:
            for label, content in itertools.islice(left, AHEAD * workers - len(running)):
                running[pool.judge(task, content)] = (label, content)
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield *running.pop(future), functools.partial(_outcome, future)


class _Workers:
    """Worker processes, a thread for each, and the folder of their temporary files. A worker that dies is replaced."""

    def __init__(self, workers: int, home: Path, shared: Path, start: Start) -> None:
        self._start, self._home = functools.partial(start, home, shared), home
        self._threads = ThreadPoolExecutor(workers)
        self._idle: list[Worker] = []
        self._all: list[Worker] = []
        self._closed = False
        self._lock = threading.Lock()

    def judge(self, task: bytes, submission: bytes) -> Future[str]:
        """Have the next worker judge that is free."""
        return self._threads.submit(self._judge, {"task": task, "submission": submission})

    def _judge(self, order: Mapping[str, object]) -> str:
        status = None
        for _ in range(TRIES):
            worker = self._take()
            try:
                answer = worker.judge(order)
            except WireError:
                worker.end()
                status = worker.ended
                continue
            with self._lock:
                self._idle.append(worker)
            return answer
        raise Lost(f"the worker process ended {TRIES} times (status {status})")

    def _take(self) -> Worker:
        with self._lock:
            if self._closed:
                raise Lost("the run has ended")
            while self._idle:
                worker = self._idle.pop()
                if worker.ended is None:
                    return worker
                worker.end()
            worker = self._start()
            self._all.append(worker)
            return worker

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with self._lock:
            self._closed = True
            for worker in self._all:
                worker.hang_up()  # wakes the thread that waits for it
        self._threads.shutdown(cancel_futures=True)
        for worker in self._all:
            worker.end()
        shutil.rmtree(self._home, ignore_errors=True)


def make_home(private: Path) -> Path:
    """A temporary folder for the workers; that of a run that was killed is removed."""
    note = private / "home"
    if note.is_file() and Path(old := note.read_text()).name.startswith(PREFIX):
        shutil.rmtree(old, ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix=PREFIX))
    home.chmod(0o711)
    note.write_text(str(home))
    return home


def _outcome(future: Future[str]) -> str:
    try:
        return read_answer(future.result())
    except Lost:
        raise
    except Exception as error:  # such as no memory for another worker; must not stop the run
        raise Lost(f"no worker could judge: {type(error).__name__}: {error}") from error
