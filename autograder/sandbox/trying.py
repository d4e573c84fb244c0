"""Enter a sandbox, have every probe run inside, and watch it from outside as a grader does. See trial.py."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import select
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, NoReturn, TypeVar

from autograder.sandbox import members, probes
from autograder.sandbox.bubblewrap import enter_as
from autograder.sandbox.enter import Prepared, enter, prepare
from autograder.sandbox.fences import Fences, Sandbox
from autograder.sandbox.probe_limits import GREED
from autograder.sandbox.promised import Promised, outside
from autograder.sandbox.seccomp import numbers
from autograder.sandbox.watch import Watch

MEMORY, CPU_SECONDS, PROCESSES = 128 << 20, 1, 24  # so little that too much of it is soon taken
Amounts = TypeVar("Amounts", Fences, Promised)
PATIENCE = 10.0  # seconds that something which has taken too much may live
BE_ROOT, SELF_TALK = "be root of the machine", "talk to itself on 127.0.0.1"


@dataclass(frozen=True)
class Way:
    """A sandbox that is tried, and what it promises."""

    prepared: Prepared
    promised: Promised
    bubblewrap: bool


def try_every_probe(sandbox: Sandbox, file: str) -> dict[str, str | None]:
    """Name of each probe → what stopped it, or None if it got through. This process stops being root.

    Args:
        sandbox: `readable` is one folder, which the probes try to write.
        file: out of reach inside.

    Raises:
        OSError: no sandbox can be entered.
    """
    prepared, fences = prepare(sandbox), sandbox.fences
    with outside(fences, numbers(fences), file, sandbox.readable[0]) as promised:
        found = report(Way(prepared, promised, sandbox.bubblewrap))
        small = dataclasses.replace(prepared, fences=with_little(fences))
        way = Way(small, with_little(promised), sandbox.bubblewrap)
        return found | {task: greed(way, task) for task in GREED}


def with_little(amounts: Amounts) -> Amounts:
    """The same, of which too much is soon taken."""
    return dataclasses.replace(amounts, memory=MEMORY, cpu_seconds=CPU_SECONDS, processes=PROCESSES)


def report(way: Way, task: str = probes.REPORT) -> dict[str, str | None]:
    """What came of the probes that one process can try, or of the one that `task` names."""
    with started(way, task) as (said, watch):
        users = members.users(watch.first)
        text = said.readline()
    if not text:
        raise OSError(f"a probe ended the sandbox: {watch.reason}")
    told = json.loads(text)
    found: dict[str, str | None] = told["probes"]
    found[BE_ROOT] = None if 0 in users else f"it is user {users[0]}"
    return found | ({} if told["loopback"] else {SELF_TALK: None})


def greed(way: Way, task: str) -> str | None:
    """What ended something that takes more than was promised; None if nothing did."""
    with started(way, task) as (said, watch):
        answer = said.readline().strip()  # it has taken it, or could not, or is gone
        if answer.startswith(probes.REFUSED):
            return answer.removeprefix(probes.REFUSED)
        select.select([said], [], [], PATIENCE)
    return f"ended: {watch.reason}" if watch.reason == GREED[task][1] else None


@contextlib.contextmanager
def started(way: Way, task: str) -> Iterator[tuple[IO[str], Watch]]:
    """A task that is done in a sandbox, for the block: what is said inside, and what watches it.

    Raises:
        OSError: it could not be entered.
    """
    read, write = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        _do_inside(way, task, write)
    os.close(write)
    with os.fdopen(read) as said:
        word = said.readline().strip()
        first = members.first_inside(keeper) if word == probes.IN else None
        if first is None:
            os.waitpid(keeper, 0)
            raise OSError(word or "it said nothing")
        watch = Watch(first, way.prepared.fences)
        try:
            yield said, watch
        finally:
            watch.end()
            os.waitpid(keeper, 0)


def _do_inside(way: Way, task: str, answers: int) -> NoReturn:
    try:
        for fd in (1, 2):  # if it cannot be entered, the reason comes there
            os.dup2(answers, fd)
        os.closerange(3, 1 << 16)
        if way.bubblewrap:
            enter_as(way.prepared, "autograder.sandbox.probes", task, json.dumps(dataclasses.asdict(way.promised)))
        enter(way.prepared)
        probes.perform(task, way.promised)
    except OSError as error:
        print(error, flush=True)
    finally:
        os._exit(0)
