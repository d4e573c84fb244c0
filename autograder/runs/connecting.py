"""A client of a Dask cluster: one that runs already, or one of this machine's own."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster
from distributed.security import Security

from autograder.errors import CourseError
from autograder.runs.workers import make_home

LOCAL = "local"
CONNECT_SECONDS = 20.0
WORKERS_SECONDS = 120.0  # until the first worker has joined
CLOSE_SECONDS = 10.0
TLS = "distributed.comm.tls."
TLS_FILES = ("ca-file", "client.cert", "client.key")
SIGNED = "that one authority has signed its certificate and yours (it may just hang up on one of another)"
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
        with dask.config.set({**config, "temporary-directory": str(home)}):
            try:
                cluster = LocalCluster(local_directory=str(home), **options)  # type: ignore[no-untyped-call]
            except (RuntimeError, OSError) as error:
                raise CourseError(f"the local cluster did not start: {error}", "judge with --workers alone") from error
            with cluster:
                yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _connect(where: Any) -> Client:
    try:
        return Client(where, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TypeError, ValueError) as error:
        why = " ".join(f"{error.__cause__ or error}".split())
        fix = "check address and network"
        if str(where).startswith("tls"):
            files = [f"{TLS}{name} ({dask.config.get(TLS + name, None)})" for name in TLS_FILES]
            fix += f", {SIGNED}, and in Dask's configuration {', '.join(files)}"
        raise CourseError(f"cannot connect to the scheduler {where}: {why}", fix) from error
