"""Judge on a Dask cluster: one that runs already, or one of this machine's own."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import logging
import secrets
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import dask
from distributed import CancelledError, Client, LocalCluster, as_completed
from distributed.security import Security

from autograder.errors import CourseError
from autograder.runs.answers import read_answer
from autograder.runs.on_worker import end_run, judge
from autograder.runs.stamp import describe_task, grader_stamp
from autograder.runs.workers import AHEAD, Lost, make_home

T = TypeVar("T")
LOCAL = "local"
CONNECT_SECONDS = 20.0
WORKERS_SECONDS = 120.0  # until the first worker has joined
CLOSE_SECONDS = 10.0
COUNT_SECONDS = 2.0  # how often the cluster's threads are counted
TLS = "distributed.comm.tls."
TLS_FILES = ("ca-file", "client.cert", "client.key")
GO_ON = "see that the cluster runs; the same command goes on, and judges nothing twice"
QUIET = {"distributed.admin.large-graph-warning-threshold": "64 MiB"}  # an order and a submission may be 20 MiB


def check_address(scheduler: str, *, insecure: bool) -> None:
    """Refuse a scheduler that should not be given secrets, before anything is begun.

    Args:
        scheduler: `local`, `tls://HOST:PORT` or `tcp://HOST:PORT`.
        insecure: also a connection that is not encrypted.

    Raises:
        CourseError: the address, or Dask's configuration for it, is not as it must be.
    """
    if scheduler == LOCAL:
        return
    if scheduler.startswith("tls://"):
        _check_tls()
    elif not scheduler.startswith("tcp://"):
        fix = "name local, tls://HOST:PORT, or tcp://HOST:PORT with --insecure-scheduler"
        raise CourseError(f"{scheduler!r} is no address of a scheduler", fix)
    elif not insecure:
        problem = (
            f"{scheduler} is not encrypted: whoever is on that network can read the hidden tests, and send code to "
            "scheduler, workers and this machine"
        )
        raise CourseError(problem, "start the cluster with TLS, and name tls://…; or accept it: --insecure-scheduler")


def _check_tls() -> None:
    if dask.config.get("distributed.client.security-loader", None):
        return
    for name in TLS_FILES:
        setting = TLS + name
        path = dask.config.get(setting, None)
        if name == "client.key" and path is None:
            continue  # it may stand in the certificate's file
        variable = "DASK_" + setting.upper().replace(".", "__").replace("-", "_")
        fix = f"set {setting} in Dask's configuration, or the variable {variable}, to a file in PEM format"
        if not path:
            raise CourseError(f"tls:// needs Dask's setting {setting}, which is not set", fix)
        if "\n" in str(path):
            continue  # the certificate itself
        try:
            with Path(path).open("rb"):
                pass
        except OSError as error:
            raise CourseError(f"Dask's setting {setting} names {path}: {error.strerror}", fix) from None


@contextlib.contextmanager
def connected(scheduler: str, workers: int, private: Path, *, insecure: bool = False) -> Iterator[Client]:
    """A client of a cluster with at least one worker.

    Args:
        scheduler, insecure: see `check_address`.
        workers: processes of a local cluster.
        private: folder that remembers what a run that was killed has left behind.

    Raises:
        CourseError: there is no connection, or no worker.
    """
    check_address(scheduler, insecure=insecure)
    with contextlib.ExitStack() as stack:
        for name in ("distributed", "tornado"):
            stack.enter_context(_silenced(logging.getLogger(name)))  # what they log, our errors say
        stack.enter_context(dask.config.set(QUIET))
        where: Any = stack.enter_context(_local_cluster(workers, private)) if scheduler == LOCAL else scheduler
        client = _connect(where)
        stack.callback(client.close, CLOSE_SECONDS)
        try:
            client.wait_for_workers(1, WORKERS_SECONDS)
        except TimeoutError:
            problem = f"no worker has joined {scheduler} within {WORKERS_SECONDS:.0f} s"
            raise CourseError(problem, "start workers, or look at their logs") from None
        yield client


@contextlib.contextmanager
def _silenced(logger: logging.Logger) -> Iterator[None]:
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextlib.contextmanager
def _local_cluster(workers: int, private: Path) -> Iterator[LocalCluster]:
    """Worker processes on 127.0.0.1, with certificates that exist in their memory only, and without web pages."""
    options: dict[str, Any] = {
        "n_workers": workers,
        "threads_per_worker": 1,
        "host": "127.0.0.1",
        "security": Security.temporary(),  # type: ignore[no-untyped-call]
        "dashboard_address": None,
        "scheduler_kwargs": {"dashboard_address": "127.0.0.1:0"},
        "memory_limit": None,
        "preload": ["autograder.runs.on_worker"],  # calls its dask_setup
        "silence_logs": logging.CRITICAL,
    }
    home = make_home(private)
    config: dict[str, Any] = {f"distributed.{role}.http.routes": [] for role in ("scheduler", "worker")}
    try:
        with (
            dask.config.set({**config, "temporary-directory": str(home)}),
            LocalCluster(local_directory=str(home), **options) as cluster,  # type: ignore[no-untyped-call]
        ):
            yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _connect(where: Any) -> Client:
    try:
        return Client(where, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TypeError, ValueError) as error:
        why = " ".join(f"{error.__cause__ or error}".split())
        files = [f"{TLS}{name} ({dask.config.get(TLS + name, None)})" for name in TLS_FILES]
        tls = f", and in Dask's configuration {', '.join(files)}" if str(where).startswith("tls") else ""
        raise CourseError(
            f"cannot connect to the scheduler {where}: {why}", f"check address and network{tls}"
        ) from error


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
                key = f"labs-grade-{run}-{number}"
                future = client.submit(judge, order, content, key=key, pure=False)
                running[key] = (future, label, content)
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
        self._client, self._most, self._until = client, 0, 0.0

    def left(self, running: int) -> int:
        """How many more."""
        now = time.monotonic()
        if now >= self._until:
            with contextlib.suppress(OSError, TimeoutError):  # a scheduler that is lost cancels what is running
                threads = sum(self._client.nthreads().values())  # type: ignore[no-untyped-call]
                self._most = AHEAD * max(threads, 1)
            self._until = now + COUNT_SECONDS
        return max(self._most - running, 0)


def _fetch(future: Any) -> object:
    """What a worker sent, or the error that took its place.

    Raises:
        CourseError: the scheduler is lost.
    """
    try:
        return future.exception() if future.status == "error" else future.result()
    except (CancelledError, OSError, TimeoutError) as error:
        problem = "the connection to the scheduler is lost, or somebody has cancelled this run's tasks there"
        raise CourseError(problem, GO_ON) from error


def _outcome(answer: object, counted: Mapping[str, str]) -> str:
    if isinstance(answer, BaseException):
        raise Lost(f"the cluster failed: {type(answer).__name__}: {answer}"[:500])
    return read_answer(answer, counted)


def _end(client: Client, run: str, futures: list[Any]) -> None:
    """Cancel what is under way, and end the run's processes; a cluster that is lost ends them itself."""
    with contextlib.suppress(Exception):
        client.cancel(futures, force=True)  # type: ignore[no-untyped-call]
        client.run(end_run, run, on_error="ignore")
