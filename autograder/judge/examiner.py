"""An examining process: opens what a learner's code made and returns plain values. It holds nothing else.

It runs a function of ours whose address the judge names (an *examiner*: `address`, `run`, `refused`), for one request,
and ends.
"""

from __future__ import annotations

import importlib
import resource
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from autograder.judge.errors import CodecError
from autograder.judge.limits import Limits
from autograder.judge.values.codec import Decoder, Encoder
from autograder.judge.wire import Wire


def main(control: socket.socket) -> None:
    """Answer one request: what an examiner says of what was made, or that it refuses it."""
    wire = Wire(control)
    message = wire.receive()
    _limit(Limits(**message["limits"]))
    examiner = find(message["address"])
    args, kwargs = Decoder(refuse).value(message["given"])
    try:
        reply = {"ok": Encoder(refuse).node(examiner.run(*args, **kwargs))}
    except AssertionError as error:  # the examiner's own, in words for the learner
        reply = {"refused": [str(x) for x in error.args]}
    wire.send({**reply, "id": message["id"]})


def find(address: str) -> Any:
    """The examiner at `"module:name"`."""
    module, name = address.split(":")
    return getattr(importlib.import_module(module), name)


def known(address: str) -> Any:
    """(module, name) → dataclass of the examiner's own module, else None."""
    module = sys.modules[address.split(":")[0]]

    def look_up(where: str, name: str) -> type | None:
        found = getattr(module, name, None) if where == module.__name__ else None
        return found if isinstance(found, type) else None

    return look_up


def refuse(x: Any) -> NoReturn:
    """For what has no plain value here: an examiner neither gets nor returns objects."""
    raise CodecError(f"a {type(x).__name__} where a plain value is needed")


def _limit(limits: Limits) -> None:
    """Address space is counted from here: TensorFlow, already loaded, takes gigabytes of it."""
    here = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    seconds = int(limits.examine_seconds) + 1
    resource.setrlimit(resource.RLIMIT_AS, (here + limits.examine_memory,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.written_bytes,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
