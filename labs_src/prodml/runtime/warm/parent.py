"""The warm parent: imports what labs need, runs none of it, and forks a kernel per request.

Started by `reach`, on a socket that listens already. It ends when it is no longer of use: without kernels for a
while, with nobody connected for a shorter while, or at once when the environment has been upgraded under it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodml.linux import die_with
from prodml.runtime.heap import unmap_clean
from prodml.runtime.warm import kernel
from prodml.runtime.warm.forker import Forker
from prodml.runtime.warm.places import Place, stamp
from prodml.runtime.warm.reach import locked, peer

# Never matplotlib_inline.backend_inline: its import ties itself to the kernel, which is not there yet.
PRELOAD = (
    *("numpy", "pandas", "pyarrow.parquet", "scipy.stats", "sklearn.ensemble", "sklearn.linear_model"),
    *("matplotlib.pyplot", "ipywidgets", "psutil", "tensorflow", "keras"),
    *("prodml", "prodml.data", "prodml.lab.plots"),
    *("ipykernel.debugger", "ipykernel.displayhook", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect", "IPython.extensions.storemagic"),
    *("jedi", "sqlite3", "tornado.locks", "tornado.platform.asyncio", "tornado.queues"),
)
LOOK = 10.0  # seconds between two looks at whether the environment has changed, while there is no kernel


@dataclass(frozen=True)
class Orders:
    """What `reach` says when it starts a parent.

    Attributes:
        idle: seconds without a kernel after which it ends.
        linger: the same, while nobody is connected.
    """

    place: Place
    listener: int
    idle: float
    linger: float

    @classmethod
    def read(cls, text: str) -> Orders:
        about = json.loads(text)
        place = Place(Path(about["folder"]), about["key"], about["stamp"])
        return cls(place, about["listener"], about["idle"], about["linger"])


def main() -> None:
    """Import, then fork on request until there is no more use for it."""
    orders = Orders.read(sys.argv[1])
    sys.path.remove("")
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    started = time.monotonic()
    missing = preload()
    still()
    facts = {"pid": os.getpid(), "missing": missing, "seconds": round(time.monotonic() - started, 2)}
    print(f"warm parent ready: {facts}", flush=True)
    Parent(orders, facts).run()


def preload() -> dict[str, str]:
    """Import PRELOAD, or what PRODML_WARM_PRELOAD lists; returns what could not be, with the reason."""
    names = os.environ.get("PRODML_WARM_PRELOAD")
    missing = {}
    for name in PRELOAD if names is None else names.split():
        try:
            importlib.import_module(name)
        except Exception as error:  # whatever a package does when it is imported
            missing[name] = f"{type(error).__name__}: {error}"
    return missing


def still() -> None:
    """Come to one thread, and leave the imported objects' pages alone from now on."""
    parent = os.getpid()
    child = os.fork()  # OpenBLAS ends its threads before a fork, and starts them anew when it computes
    if child == 0:
        die_with(parent)
        os._exit(0)
    os.waitpid(child, 0)
    gc.collect()
    gc.disable()
    gc.freeze()  # a collection in a kernel would write to, and so copy, every page of the parent
    unmap_clean()


class Parent:
    """Forks kernels for those who connect."""

    def __init__(self, orders: Orders, facts: dict[str, Any]) -> None:
        self._orders = orders
        self._facts = facts
        self._used = time.monotonic()  # when there was last a kernel, or anybody came or went
        self._listener = socket.socket(fileno=orders.listener)
        self._forker = Forker(kernel.become, self._about)
        self._forker.watch(self._listener.fileno(), self._accept)

    def run(self) -> None:
        """Serve until there is no more use for it; take the kernels along."""
        try:
            while True:
                before = self._clients()
                self._forker.step(None if self._forker.children else min(LOOK, max(0.0, self._left())))
                if self._clients() != before:
                    self._used = time.monotonic()
                if self._left() <= 0 and self._leave():
                    return
        finally:
            self._forker.end()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        if peer(connection) == os.geteuid():
            self._forker.serve(connection)
        else:
            connection.close()

    def _about(self) -> dict[str, Any]:
        return {**self._facts, "kernels": len(self._forker.children)}

    def _clients(self) -> tuple[int, int, int]:
        return len(self._forker.new), len(self._forker.held), len(self._forker.children)

    def _left(self) -> float:
        """Seconds until it is to end, if nothing happens."""
        if self._forker.children or self._forker.new:
            return float("inf")
        if stamp() != self._orders.place.stamp:
            return 0.0
        limit = self._orders.idle if self._forker.held else self._orders.linger
        return self._used + limit - time.monotonic()

    def _leave(self) -> bool:
        """Remove the socket, unless somebody is about to connect."""
        with contextlib.suppress(BlockingIOError), locked(self._orders.place, wait=False):
            self._listener.setblocking(False)
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                self._orders.place.socket.unlink(missing_ok=True)
                self._orders.place.log.unlink(missing_ok=True)
                self._listener.close()
                return True
            self._listener.setblocking(True)
            self._forker.serve(connection)
        return False
