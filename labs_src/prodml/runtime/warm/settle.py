"""Give a forked process the environment that a new one would have been started with."""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

LIMITS = tuple(name for name in dir(resource) if name.startswith("RLIMIT_"))
INLINE = "module://matplotlib_inline.backend_inline"  # what ipykernel chooses where MPLBACKEND says nothing


def surroundings() -> dict[str, Any]:
    """What a process passes on to those that it starts: limits and the mask for new files."""
    return {
        "umask": next(int(line[6:], 8) for line in _status() if line.startswith("Umask:")),
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in LIMITS},
    }


def settle(request: dict[str, Any], fds: list[int]) -> None:
    """Apply a request's streams (`fds`: output, error), `env`, `cwd`, `umask` and `limits` to this forked process."""
    for fd, stream in zip(fds, (1, 2), strict=True):
        os.dup2(fd, stream)
        os.close(fd)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()  # TZ was read when the parent started
    os.chdir(request["cwd"])
    if "umask" in request:
        os.umask(request["umask"])
    for name, limit in request.get("limits", {}).items():
        with contextlib.suppress(ValueError, OSError):  # what is lower already cannot be raised
            resource.setrlimit(getattr(resource, name), tuple(limit))
    gc.enable()
    _reseed()


def _reseed() -> None:
    """Python's own generator does it at each fork; NumPy's global one would give every kernel the same numbers."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()


def choose_backend() -> None:
    """Matplotlib read MPLBACKEND when the parent imported it."""
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is not None:
        matplotlib.rcParams["backend"] = os.environ.get("MPLBACKEND") or INLINE


def _status() -> list[str]:
    return Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
