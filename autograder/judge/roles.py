"""What a process of a judgement needs to know before it knows anything secret, and what it then does."""

from __future__ import annotations

import importlib
import socket
import sys
from typing import Any

from autograder.judge import base, examiner, learner


def load(modules: tuple[str, ...]) -> list[str]:
    """Import an assignment's modules; those that could not be."""
    missing = []
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:  # the setup cell itself will say what is wrong, where it can be reported
            missing.append(name)
    return missing


def new_shell() -> Any:
    """An IPython shell that has run nothing, for a learner."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):  # type: ignore[misc]
        """Knows the magics that a notebook's kernel knows."""

        def enable_gui(self, gui: Any = None) -> None:
            """There is no window here: `%matplotlib inline` draws into memory."""

        def showtraceback(self, *args: Any, **kwargs: Any) -> None:
            """Nobody reads it: what a cell raised is in its result."""

        def showsyntaxerror(self, *args: Any, **kwargs: Any) -> None:
            """See showtraceback."""

    config = Config()
    config.HistoryManager.enabled = False  # its thread would not survive the fork
    config.InteractiveShell.colors = "nocolor"
    return Shell.instance(config=config)


def serve(role: str, child: socket.socket, shell: Any) -> None:
    """Be a `base`, `learner` or `examiner` until the supervisor hangs up."""
    if role == "base":
        base.main(child)
    sys.argv, sys.path[:] = [""], [p for p in sys.path if p]
    if role == "learner":
        learner.main(child, shell)
    else:
        examiner.main(child)
