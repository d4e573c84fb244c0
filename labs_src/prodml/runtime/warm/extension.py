"""Lets a Jupyter server start the warm parent when it starts itself, so that the first lab does not wait for it."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Mapping
from typing import Any

from prodml.runtime.warm.places import find_place
from prodml.runtime.warm.process import WarmError
from prodml.runtime.warm.reach import inquire, reach

_held: list[socket.socket] = []  # open as long as this server runs: the parent stays for it


def load(server: Any) -> threading.Thread:
    """Start the parent in the background; what goes wrong is logged, and the first kernel starts cold."""

    def work() -> None:
        try:
            facts = hold(os.environ)
        except WarmError as error:
            server.log.warning("Kernels start cold. %s", error.problem)
        else:
            server.log.info("Warm kernels: the parent is process %s.", facts["pid"])

    thread = threading.Thread(target=work, name="prodml-warm", daemon=True)
    thread.start()
    return thread


def hold(env: Mapping[str, str]) -> dict[str, Any]:
    """Connect to the parent and stay connected; returns what it says of itself.

    Raises:
        WarmError: there is no parent, and none can be started.
    """
    if sys.platform != "linux" or env.get("PRODML_WARM") == "0":
        raise WarmError("Warm kernels need Linux, and that PRODML_WARM is not 0.", "Use the kernel python3.")
    interpreter = [sys.executable]
    end = reach(find_place(interpreter, env), interpreter, env)
    _held.append(end)
    return inquire(end, {"hold": True})


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "prodml.runtime.warm.extension"}]


_load_jupyter_server_extension = load
