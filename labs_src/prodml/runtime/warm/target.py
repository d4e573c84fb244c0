"""Call a function by name in a process of its own: `python -m prodml.runtime.warm.target MODULE:FUNCTION [ARGS]`.

A stock kernel starts a process with this command, a warm kernel's spare forks one (`Spare.fork`): the same function
does for both. ARGS is a JSON list.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any

from prodml.runtime.warm.settle import settle


def call(target: str, args: Sequence[Any] = ()) -> int | None:
    """Import and call "package.module:function"; returns its exit status."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # who looks at the log sees all of it
    module, _, name = target.partition(":")
    status = getattr(importlib.import_module(module), name)(*args)
    return None if status is None else int(status)


def become(request: dict[str, Any], fds: list[int]) -> int | None:
    """What a fork of the spare does."""
    settle(request, fds)
    sys.path[:] = request["path"]
    sys.argv = [request["target"]]
    return call(request["target"], request["args"])


if __name__ == "__main__":
    sys.exit(call(sys.argv[1], json.loads(sys.argv[2]) if len(sys.argv) > 2 else ()))
