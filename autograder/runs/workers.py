"""A pool of worker processes, each with warm parents of its own, that judge submissions side by side."""

from __future__ import annotations

import functools
import itertools
import shutil
import signal
import tempfile
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from autograder.judge.process import die_with_parent
from autograder.runs.one import grade_one
from autograder.sandbox import trial

T = TypeVar("T")
Judge = Callable[[bytes, bytes], str]
AHEAD = 2  # submissions per worker that are read before they are judged
PREFIX = "grading-"
TRIES = 2  # for a submission whose worker died


@dataclass(frozen=True)
class Job(Generic[T]):
    """A submission on its way. `label` is the caller's."""

    label: T
    submission: bytes
    tries: int = 1


class Lost(Exception):
    """Raised where nothing was judged, by our own fault: the worker died again and again, or failed."""


def grade_each(
    task: bytes, submissions: Iterable[tuple[T, bytes]], workers: int, private: Path, judge: Judge = grade_one
) -> Generator[tuple[T, bytes, Callable[[], str]]]:
    """Judge every submission; give each as it is done.

    Args:
        task: see one.py.
        submissions: read as they are needed, not all at once.
        private: folder that remembers what a run that was killed has left behind.

    Yields:
        The label, the submission, and a function that returns what `grade_one` wrote or raises Lost.

    Closing the iterator ends all processes.
    """
    home = make_home(private)
    jobs = (Job(label, content) for label, content in submissions)
    tried = trial.try_sandbox()
    pool = ProcessPool(workers, initializer=_begin, initargs=(tried, str(home)), context=get_context("spawn"))
    running: dict[Future[str], Job[T]] = {}

    def start(job: Job[T]) -> None:
        running[pool.schedule(judge, args=(task, job.submission))] = job

    try:
        for job in itertools.islice(jobs, AHEAD * workers):
            start(job)
        while running:
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                if isinstance(future.exception(), ProcessExpired) and job.tries < TRIES:
                    start(Job(job.label, job.submission, job.tries + 1))
                    continue
                for following in itertools.islice(jobs, 1):
                    start(following)
                yield job.label, job.submission, functools.partial(_outcome, future)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
        shutil.rmtree(home, ignore_errors=True)


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
        return future.result()
    except ProcessExpired as error:
        raise Lost(f"the worker process ended {TRIES} times (status {error.exitcode})") from error
    except Exception as error:  # must not stop the run: every other submission can be judged
        raise Lost(f"the worker failed: {type(error).__name__}: {error}") from error


def _begin(tried: trial.Trial, home: str) -> None:
    """What a worker does first."""
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the parent's affair
    tempfile.tempdir = home
    trial.remember(tried)  # the same machine
