"""A model server in a process of its own: KServe's, with a LiteRT model, asked over the Open Inference Protocol (V2).

    with model_server("model.tflite", "delays") as server:
        minutes = server.infer(rows)

Source of the protocol: github.com/kserve/open-inference-protocol.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prodml.runtime.processes import Group, Program, Running, free_ports
from prodml.runtime.processes.ports import LOOPBACK
from prodml.runtime.processes.shipped import ship

SERVE, SERVE_SHIPPED = (f"prodml.anywhere.kubeflow._serve_model:{name}" for name in ("main", "shipped"))
ENV = {"TF_CPP_MIN_LOG_LEVEL": "3"}


@dataclass(frozen=True)
class ModelServer:
    """A running server.

    Attributes:
        url: its address, `http://127.0.0.1:PORT`.
        model: name of its one model.
        process: the process.
    """

    url: str
    model: str
    process: Running

    def get(self, path: str) -> Any:
        """What a GET of `path` answers, parsed from JSON."""
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=10) as answer:
            return json.load(answer)

    def infer(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """The model's answer to `rows`, float32 [n, columns]: float32 [n, …].

        Raises:
            urllib.error.HTTPError: the server refuses the question.
        """
        asked = urllib.request.Request(
            f"{self.url}/v2/models/{self.model}/infer", question(rows), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            said = json.load(answer)["outputs"][0]
        return np.asarray(said["data"], dtype=np.float32).reshape(said["shape"])


def question(rows: NDArray[Any]) -> bytes:
    """What V2 sends to ask for `rows`, float32 [n, …]: numbers as JSON. The HTTP head comes on top."""
    rows = np.asarray(rows, dtype=np.float32)
    tensor = {"name": "rows", "shape": list(rows.shape), "datatype": "FP32", "data": rows.ravel().tolist()}
    return json.dumps({"inputs": [tensor]}).encode()


@contextmanager
def model_server(
    file: str | Path | bytes, model: str = "delays", serve: Callable[[str, str, int], None] | None = None
) -> Iterator[ModelServer]:
    """Start a server for the LiteRT model in `file`, wait until it is ready, and end it whatever happens.

    Args:
        file: a path, or the bytes of the model, which then are on no disk.
        serve: what its process does, called with path, model and port; it imports what it needs. None: KServe's
            ModelServer with a Model that gives the rows to LiteRT's Interpreter.

    Raises:
        GroupError: it does not come up; the message holds what it said last.
    """
    (port,) = free_ports(1)
    url = f"http://{LOOPBACK}:{port}"
    with _path_of(file) as path:
        function, args = (SERVE_SHIPPED, [ship(serve)]) if serve else (SERVE, [])
        ready = _ready(f"{url}/v2/models/{model}/ready")
        program = Program(function, [*args, path, model, port], env=ENV, ready=ready)
        with Group({"server": program}) as group:
            yield ModelServer(url, model, group["server"])


@contextmanager
def _path_of(file: str | Path | bytes) -> Iterator[str]:
    """A path that another process of this user can open."""
    if not isinstance(file, bytes):
        yield str(file)
        return
    with os.fdopen(os.memfd_create("model"), "wb") as memory:
        memory.write(file)
        memory.flush()
        yield f"/proc/{os.getpid()}/fd/{memory.fileno()}"


def _ready(address: str) -> Callable[[], bool]:
    def ready() -> bool:
        with suppress(OSError), urllib.request.urlopen(address, timeout=10) as answer:
            return bool(json.load(answer)["ready"])
        return False

    return ready
