"""What a fork of the warm parent does to become a kernel: the rest of `python -m ipykernel_launcher …`."""

from __future__ import annotations

import atexit
import importlib.util
import os
import sys
import threading
from typing import Any

from prodml.runtime.warm.settle import choose_backend, settle
from prodml.runtime.warm.spare import start_spare

LAUNCHER = "ipykernel_launcher"


def become(request: dict[str, Any], fds: list[int]) -> None:
    """Run ipykernel until it is shut down. The request's `args` are those after `ipykernel_launcher`."""
    settle(request, fds)
    parent = os.getppid()
    os.environ["JPY_PARENT_PID"] = str(parent)
    _python_path()
    sys.argv = [_launcher(), *request["args"]]
    sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
    choose_backend()
    start_spare()

    from ipykernel.kernelapp import IPKernelApp

    # The default was read from JPY_PARENT_PID when the parent imported the class.
    IPKernelApp.launch_instance(argv=[*request["args"], f"--IPKernelApp.parent_handle={parent}"])
    threading._shutdown()  # type: ignore[attr-defined]  # as at the end of a Python process
    atexit._run_exitfuncs()


def _python_path() -> None:
    """PYTHONPATH comes first, as in a new process; IPython puts the current folder before it."""
    folders = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.path[:0] = [os.path.abspath(folder) for folder in folders]  # noqa: PTH100 (Python's own way: links are kept)


def _launcher() -> str:
    spec = importlib.util.find_spec(LAUNCHER)
    return spec.origin if spec and spec.origin else LAUNCHER
