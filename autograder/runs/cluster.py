"""Judge on a Dask cluster: bytes go to its workers, text comes back."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, TypeVar

from distributed import CancelledError, Client, as_completed
from distributed.client import ClosedClientError

from autograder.errors import CourseError
from autograder.runs.answers import Lost, read_answer
from autograder.runs.on_worker import end_run, judge
from autograder.runs.stamp import describe_task, grader_stamp
from autograder.runs.workers import AHEAD

T = TypeVar("T")
COUNT_SECONDS = 2.0  # how often the cluster's threads are counted
SCHEDULER_LOST = "the connection to the scheduler is lost, or somebody has cancelled this run's tasks there"
GO_ON = "see that the cluster runs; the same command goes on, and judges nothing twice"


def grade_each(
    client: Client, task: bytes, submissions: Iterable[tuple[T, bytes]]
) -> Generator[tuple[T, bytes, Callable[[], str]]]:
    """Judge every submission on the cluster; see workers.py.

    Args:
        task: see one.py. Bytes go to the workers, text comes back.

    Raises:
        CourseError: the scheduler is lost.

    Closing the iterator ends the run's processes on all workers.
    """
    counted, run = describe_task(task), secrets.token_hex(8)
    order = json.dumps({"run": run, "stamp": grader_stamp(counted), "task": task.decode()}).encode()
    done = as_completed(loop=client.loop)  # type: ignore[no-untyped-call]
    running: dict[object, tuple[Any, T, bytes]] = {}
    numbered = enumerate(submissions)
    room = _Room(client)
    try:
        while True:
            for number, (label, content) in itertools.islice(numbered, room.left(len(running))):
                future = _submit(client, f"labs-grade-{run}-{number}", order, content)
                running[future.key] = (future, label, content)
                done.add(future)  # type: ignore[no-untyped-call]
            if not running:
                return
            future = next(done)
            _, label, content = running.pop(future.key)
            yield label, content, functools.partial(_outcome, _fetch(future), counted)
    finally:
        _end(client, run, [future for future, _, _ in running.values()])


class _Room:
    """How many submissions may be on their way: a few for each thread of the workers that there are just now."""

    def __init__(self, client: Client) -> None:
        self._client, self._most, self._until = client, AHEAD, 0.0

    def left(self, running: int) -> int:
        """How many more; never 0 where none is on its way."""
        now = time.monotonic()
        if now >= self._until and self._client.status == "running":
            with contextlib.suppress(OSError, TimeoutError):  # what is on its way will tell
                threads = sum(self._client.nthreads().values())  # type: ignore[no-untyped-call]
                self._most = AHEAD * max(threads, 1)
            self._until = now + COUNT_SECONDS
        return max(self._most - running, 0)


def _submit(client: Client, key: str, order: bytes, content: bytes) -> Any:
    """A future of one submission's answer.

    Raises:
        CourseError: the scheduler is lost.
    """
    try:
        return client.submit(judge, order, content, key=key, pure=False)
    except ClosedClientError as error:
        raise CourseError(SCHEDULER_LOST, GO_ON) from error


def _fetch(future: Any) -> object:
    """What a worker sent, or the error that took its place.

    Raises:
        CourseError: the scheduler is lost.
    """
    try:
        return future.exception() if future.status == "error" else future.result()
    except (CancelledError, OSError, TimeoutError) as error:
        raise CourseError(SCHEDULER_LOST, GO_ON) from error


def _outcome(answer: object, counted: Mapping[str, str]) -> str:
    if isinstance(answer, BaseException):
        raise Lost(f"the cluster failed: {type(answer).__name__}: {answer}"[:500])
    return read_answer(answer, counted)


def _end(client: Client, run: str, futures: list[Any]) -> None:
    """Cancel what is under way, and end the run's processes; a cluster that is lost ends them itself."""
    with contextlib.suppress(Exception):
        client.cancel(futures, force=True)  # type: ignore[no-untyped-call]
        client.run(end_run, run, on_error="ignore")
