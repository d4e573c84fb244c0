"""What runs in a worker of a Dask cluster: bytes in, text out. Another process judges (kept.py)."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from dataclasses import dataclass, field

from distributed import get_worker

from autograder.judge.wire import WireError
from autograder.runs.answers import lost
from autograder.runs.keeper import TRIES, Kept


@dataclass
class Run:
    """The processes of one run of `labs grade` here: as many as threads of this worker judge at once."""

    idle: list[Kept] = field(default_factory=list)
    busy: list[Kept] = field(default_factory=list)
    ended: bool = False


_runs: dict[str, Run] = {}
_lock = threading.Lock()


def judge(order: bytes, submission: bytes) -> str:
    """Judge one submission: the task that Dask runs.

    Args:
        order: JSON with `run`, `stamp` and `task` (see cluster.py).

    Returns:
        What `grade_one` writes, or what answers.py has.
    """
    told = json.loads(order)
    worker = str(get_worker().address)
    sent = {"task": told["task"].encode(), "stamp": told["stamp"], "worker": worker, "submission": submission}
    status: int | None = None
    for _ in range(TRIES):
        kept = _take(told["run"])
        if kept is None:
            return lost("the run has ended")
        try:
            answer = kept.judge(sent)
        except WireError:
            kept.end()
            status = kept.ended
        else:
            return answer
        finally:
            _give_back(told["run"], kept)
    return lost(f"the process that judges on {worker} ended {TRIES} times (status {status})")


async def end_run(run: str) -> None:
    """End a run's processes here, also those that are at work; for `Client.run`."""
    with _lock:
        found = _runs.setdefault(run, Run())
        found.ended = True
        kept, found.idle, found.busy = [*found.idle, *found.busy], [], []
    await asyncio.gather(*(asyncio.to_thread(each.end) for each in kept))


def _take(run: str) -> Kept | None:
    """A process that waits, or a new one; None if the run has ended."""
    with _lock:
        found = _runs.setdefault(run, Run())
        if found.ended:
            return None
        kept = found.idle.pop() if found.idle else None
    if kept is None or kept.ended is not None:
        if kept:
            kept.end()
        kept = Kept()
    with _lock:
        if not found.ended:
            found.busy.append(kept)
            return kept
    kept.end()
    return None


def _give_back(run: str, kept: Kept) -> None:
    with _lock:
        found = _runs[run]
        if kept in found.busy:
            found.busy.remove(kept)
            if kept.ended is None:
                found.idle.append(kept)


def dask_setup(worker: object) -> None:
    """What a worker of a local cluster does first: an interrupt is the client's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
